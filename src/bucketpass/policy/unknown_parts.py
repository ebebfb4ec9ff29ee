"""How a document shows a value that is only known once another resource is made: `<bucket of "datasets">`."""

from __future__ import annotations

import json
import re

__all__ = ["has_unknown_parts", "unknown_part"]

UNSHOWN = re.compile(r'[^ -~]|[<>"\\]')
PART = re.compile(r'<[a-z_]+ of \\*"[^<>"\\]*\\*">')


def unknown_part(name: str, owner: str) -> str:
    """Return what stands for a value in the text of a JSON document. owner: the resource or argument that it belongs to."""
    return json.dumps(f'<{name} of "{UNSHOWN.sub("", owner)}">')[1:-1]


def has_unknown_parts(text: str) -> bool:
    """Whether a document shows a value that is not known: a preview of it, about which nothing can be proved."""
    return PART.search(text) is not None
