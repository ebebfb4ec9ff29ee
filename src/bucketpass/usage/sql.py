"""Pieces of SQL with their parameters: what comes from logs or policies is never formatted into a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Fragment", "joined", "quoted"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL and the values of its `?`, in the order in which they stand."""

    text: str
    parameters: tuple[str | int | None, ...] = ()

    def __add__(self, other: Fragment | str) -> Fragment:
        if isinstance(other, str):
            return Fragment(self.text + other, self.parameters)
        return Fragment(self.text + other.text, (*self.parameters, *other.parameters))


def joined(separator: str, fragments: Iterable[Fragment]) -> Fragment:
    """The fragments one after the other, with `separator` between them."""
    parts = tuple(fragments)
    return Fragment(separator.join(part.text for part in parts), tuple(value for part in parts for value in part.parameters))


def quoted(text: str) -> str:
    """A literal of SQL. For file names and this package's own words; values go in as parameters."""
    return "'" + text.replace("'", "''") + "'"
