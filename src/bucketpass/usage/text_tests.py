"""Patterns of keys and prefixes as SQL tests of a column.

A test has three values where a pattern holds a variable: the session of a row, and with it the variable's value, may not be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bucketpass.policy.pattern import Part, Variable, Wildcard
from bucketpass.usage.sql import Fragment, joined

__all__ = ["Pattern", "TextTest", "any_of", "text_test"]

_ESCAPE = "!"
# A session that no STS event of the logs describes.
UNKNOWN_SESSION = "session_classes.access_key_id IS NULL"

Pattern = tuple[Part, ...]


class TextTest(NamedTuple):
    """Two boolean expressions: whether the text matches, and whether it does for some value of a variable that is not known."""

    holds: Fragment
    perhaps: Fragment | None = None


def any_of(tests: Iterable[TextTest]) -> TextTest:
    """The test that holds where any of `tests` does. There is at least one."""
    listed = tuple(tests)
    perhaps = [test.perhaps for test in listed if test.perhaps is not None]
    return TextTest(joined(" OR ", [Fragment("(") + test.holds + ")" for test in listed]), joined(" OR ", perhaps) if perhaps else None)


def text_test(column: str, pattern: Pattern, variables: Mapping[str, str]) -> TextTest | None:
    """Return the test of `column` by the pattern. `variables`: key of a session in lower case -> column of its value.

    None where SQL would count other characters than AWS does, or has no column of a variable's value.
    """
    if not any(isinstance(part, Variable) for part in pattern):
        holds = _plain(column, pattern)
        return None if holds is None else TextTest(holds)
    anything = _plain(column, tuple(Wildcard.ANY_TEXT if isinstance(part, Variable) else part for part in pattern))
    holds = _spelled(column, pattern, variables) or _like(column, pattern, variables)
    if holds is None or anything is None:
        return None
    return TextTest(holds, Fragment(f"({UNKNOWN_SESSION} AND ") + anything + ")")


def _plain(column: str, pattern: Pattern) -> Fragment | None:
    match pattern:
        case (Wildcard.ANY_TEXT,):
            return Fragment(f"{column} IS NOT NULL")
        case () | (str(),):
            return Fragment(f"{column} = ?", ("".join(map(str, pattern)),))
        case (str() as head, Wildcard.ANY_TEXT):
            return Fragment(f"starts_with({column}, ?)", (head,))
        case _:
            return _like(column, pattern, {})


def _spelled(column: str, pattern: Pattern, variables: Mapping[str, str]) -> Fragment | None:
    """The test where only variables, and `*` at the end, are left open: cheaper than LIKE, which spells a pattern for each row."""
    head = pattern[:-1] if pattern[-1] is Wildcard.ANY_TEXT else pattern
    pieces: list[Fragment] = []
    for part in head:
        if isinstance(part, str):
            pieces.append(Fragment("?", (part,)))
        elif isinstance(part, Variable) and part.default is None and part.key.lower() in variables:
            pieces.append(Fragment(variables[part.key.lower()]))
        else:
            return None
    text = joined(" || ", pieces)
    return Fragment(f"{column} = (") + text + ")" if head is pattern else Fragment(f"starts_with({column}, ") + text + ")"


def _like(column: str, pattern: Pattern, variables: Mapping[str, str]) -> Fragment | None:
    pieces: list[Fragment] = []
    for index, part in enumerate(pattern):
        match part:
            case str():
                pieces.append(Fragment("?", (_escaped(part),)))
            case Wildcard.ANY_TEXT:
                pieces.append(Fragment("'%'"))
            case Wildcard.ANY_UNIT:
                if not _is_one_character(pattern, index):
                    return None
                pieces.append(Fragment("'_'"))
            case Variable() if part.default is None and part.key.lower() in variables:
                value = variables[part.key.lower()]
                pieces.append(Fragment(f"replace(replace(replace({value}, '!', '!!'), '%', '!%'), '_', '!_')"))
            case Variable():
                return None
    return Fragment(f"{column} LIKE ") + joined(" || ", pieces) + f" ESCAPE '{_ESCAPE}'"


def _is_one_character(pattern: Sequence[Part], index: int) -> bool:
    """`?` is one UTF-16 unit, `_` one character: they agree only where exactly one stands beside a `*`."""
    beside = (pattern[index - 1] if index else None, pattern[index + 1] if index + 1 < len(pattern) else None)
    return Wildcard.ANY_TEXT in beside and Wildcard.ANY_UNIT not in beside


def _escaped(text: str) -> str:
    return "".join(_ESCAPE + character if character in "!%_" else character for character in text)
