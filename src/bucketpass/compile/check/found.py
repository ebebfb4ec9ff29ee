"""What a search for findings gives, before it is known where in the file each stands."""

from __future__ import annotations

__all__ = ["Found"]

# The finding's code, the path in the declaration, the message, and the remedy; "" is the registry's.
Found = tuple[str, str, str, str]
