"""How the rules write down what is wrong."""

from __future__ import annotations

import re

from bucketpass.errors import Diagnostic, Place

__all__ = ["mistake", "printable", "unwritable"]

WRITABLE = re.compile(r"[^\x00-\x1f\ud800-\udfff]*")


def mistake(path: str, message: str, remedy: str = "") -> Diagnostic:
    """Something in the declaration that cannot be compiled."""
    return Diagnostic("declaration", printable(message), remedy, Place(path=path))


def printable(text: str) -> str:
    """The text in one line that a terminal shows as it is."""
    # SECURITY: a declaration of somebody else could otherwise move the cursor and hide what is told about it.
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)


def unwritable(text: str) -> bool:
    """Whether the text has characters that IAM cannot write: control characters and lone surrogates.

    Those beyond U+00FF are written as JSON escapes, which AWS takes [L].
    """
    return WRITABLE.fullmatch(text) is None
