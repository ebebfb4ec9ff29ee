"""Lists and tags of a form, as IAM's and STS's query protocol writes them: `Tags.member.1.Key`.

Source: IAM API reference, "Query requests" [A].
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["listed", "tags_of"]

_MEMBER = re.compile(r"(?P<list>\w+)\.member\.(?P<number>[0-9]{1,4})(?:\.(?P<field>Key|Value))?")


def listed(form: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the members of a list parameter, in their order."""
    return tuple(_members(form, name, None).values())


def tags_of(form: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return keys and values of `Tags`, in their order; a tag without one of the two has an empty text there."""
    keys, values = _members(form, "Tags", "Key"), _members(form, "Tags", "Value")
    return tuple((keys.get(number, ""), values.get(number, "")) for number in sorted({*keys, *values}))


def _members(form: Mapping[str, str], name: str, field: str | None) -> dict[int, str]:
    matches = ((_MEMBER.fullmatch(parameter), value) for parameter, value in form.items())
    found = {int(match["number"]): value for match, value in matches if match and match["list"] == name and match["field"] == field}
    return dict(sorted(found.items()))
