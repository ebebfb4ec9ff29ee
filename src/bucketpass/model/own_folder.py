"""`per` of a grant: the folder below the prefix that a session has for itself, by the values of its tags.

`tenant` is one folder that the tag names. `{tenant}/models/{team}` is a template: each tag in braces is a folder of its own, so that two
sessions whose tags differ never have the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["OWN_FOLDER", "own_folder", "own_parts", "own_tags"]

_TAG = r"[\w.:/=+@-]{1,128}"
_FOLDER = rf"(\{{{_TAG}\}}|[^{{}}/*?$\s]+)"
OWN_FOLDER = rf"{_TAG}|(?=.*\{{){_FOLDER}(/{_FOLDER})*/?"
_PART = re.compile(r"\{([^{}]+)\}|([^{}/]+)")


def own_parts(per: str | None) -> tuple[tuple[str, bool], ...]:
    """Return the folders from the prefix down: each one's name, and whether that is the name of a session tag."""
    if per is None or "{" not in per:
        return ((per, True),) if per else ()
    return tuple((match[1] or match[2], match[1] is not None) for match in _PART.finditer(per))


def own_tags(per: str | None) -> tuple[str, ...]:
    """Return the session tags that name the folders."""
    return tuple([name for name, is_tag in own_parts(per) if is_tag]) if per else ()


def own_folder(per: str | None, written: Callable[[str], str]) -> str:
    """Return the folder, with each tag as `written` writes it; empty without `per`."""
    return "".join([f"{written(name) if is_tag else name}/" for name, is_tag in own_parts(per)]) if per else ""
