"""Random values of any shape of the declaration, from the schema itself: a new field is drawn without a line here."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from bucketpass.model.record import Record
from bucketpass.model.shape import Boolean, Choice, Count, Duration, Either, ListOf, MapOf, Moment, Shape, Text

# Characters that IAM can write; what a file cannot hold is not drawn.
CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0xFF)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values that the shape takes, as Python holds them."""
    match shape:
        case Record():
            return _record(shape)
        case Text():
            return st.from_regex(re.compile(shape.pattern, re.ASCII), fullmatch=True, alphabet=CHARACTERS).filter(
                lambda text: len(text) < 40
            )
        case Boolean():
            return st.booleans()
        case Count() | Duration():
            return st.integers(shape.low, shape.high)
        case Moment():
            return st.datetimes(timezones=st.sampled_from([UTC, UTC]))
        case Choice():
            words = st.sampled_from([shape.build(option) for option in shape.options])
            return words if shape.other is None else words | values(shape.other)
        case ListOf():
            return st.lists(values(shape.item), max_size=2).map(tuple)
        case MapOf():
            return st.dictionaries(values(shape.key), values(shape.item), max_size=2)
        case Either():
            return values(shape.scalar)
    raise TypeError(f"no strategy for {shape!r}")


def _record(record: Record) -> st.SearchStrategy[Any]:
    known = {one.name for one in record.fields}
    others = st.dictionaries(st.sampled_from(["subject", "repository", "branch"]), values(Text()), max_size=2)
    drawn = {one.attribute: others if one.rest else values(one.shape) for one in record.fields}
    assert known.isdisjoint({"subject", "repository", "branch"})
    required = {name: drawn.pop(name) for name in [one.attribute for one in record.required]}
    return st.fixed_dictionaries(required, optional=drawn).map(lambda fields: record.build(**fields))
