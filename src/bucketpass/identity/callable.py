"""A token that the program itself makes or keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bucketpass.errors import IdentityError
from bucketpass.secret import Secret

__all__ = ["CallableSource"]


class CallableSource(NamedTuple):
    """What a function returns, as text or `Secret`. It is called at each exchange, from a thread of its own."""

    function: Callable[[], object]
    name: str = "callable"

    def describe(self) -> str:
        """The function's name."""
        return f"function {getattr(self.function, '__qualname__', 'without a name')}"

    def fetch(self) -> Secret:
        """The function's answer."""
        value = self.function()
        text = value.reveal() if isinstance(value, Secret) else value
        if not isinstance(text, str) or not text.strip():
            raise IdentityError(
                f"the {self.describe()} returned `{type(value).__name__}`, expected a token", remedy="return the token as text"
            )
        return Secret(text.strip())
