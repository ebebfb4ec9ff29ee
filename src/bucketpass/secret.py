"""Text that must not be seen: tokens and keys.

A `Secret` masks itself wherever Python would show it, refuses to be pickled, and compares in constant time.
`reveal()` is the one way to the text, so that every use can be found by its name. What only some uses need is
imported there: a credential process imports this module in its 45 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["Secret", "same_text"]


def same_text(one: str, other: str) -> bool:
    """Whether the two are the same, whatever characters a caller sent."""
    import hmac

    # SECURITY: a comparison that stops at the first difference tells a caller how much was right.
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


class Secret:
    """A piece of secret text. Falsy where the text is empty."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def random(cls, size: int = 32) -> Secret:
        """A new secret of `size` random bytes, URL-safe."""
        import secrets

        return cls(secrets.token_urlsafe(size))

    def reveal(self) -> str:
        """The text itself. Hand it straight to what needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return same_text(self._text, other._text)

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> NoReturn:
        # SECURITY: a pickle is a file or a message in clear text.
        raise TypeError("a Secret cannot be pickled or copied into another process")
