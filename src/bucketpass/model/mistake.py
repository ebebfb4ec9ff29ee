"""How the rules write down what is wrong."""

from __future__ import annotations

import re

from bucketpass.errors import Diagnostic, Place
from bucketpass.findings import printable

__all__ = ["mistake", "unwritable"]

WRITABLE = re.compile(r"[^\x00-\x1f\ud800-\udfff]*")


def mistake(path: str, message: str, remedy: str = "") -> Diagnostic:
    """Something in the declaration that cannot be compiled."""
    return Diagnostic("declaration", printable(message), remedy, Place(path=path))


def unwritable(text: str) -> bool:
    """Whether the text has characters that IAM cannot write: control characters and lone surrogates.

    Those beyond U+00FF are written as JSON escapes, which AWS takes [L].
    """
    return WRITABLE.fullmatch(text) is None
