"""How the rules write down what is wrong."""

from __future__ import annotations

from bucketpass.errors import Diagnostic, Place

__all__ = ["mistake"]


def mistake(path: str, message: str, remedy: str = "") -> Diagnostic:
    """Something in the declaration that cannot be compiled."""
    return Diagnostic("declaration", message, remedy, Place(path=path))
