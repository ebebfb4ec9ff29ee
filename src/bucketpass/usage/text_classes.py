"""Patterns of keys and prefixes as SQL: one expression that has the same value for texts that no pattern distinguishes.

Patterns that are a literal head and `*` nest: the longest head that fits says which of the others do. Every other pattern is
a test of its own (LIKE). What LIKE cannot say exactly is left to the text itself: more classes, never a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bucketpass.policy.pattern import Part, Variable, Wildcard
from bucketpass.usage.sql import Fragment, joined

__all__ = ["object_classes", "text_classes"]

_ESCAPE = "!"
_NONE = "-1"
_BITS = 60  # tests packed into one integer of 64 bits

Pattern = tuple[Part, ...]


@dataclass(slots=True)
class _Sorted:
    """Patterns by the form that SQL gives them."""

    heads: list[str]
    tests: list[Fragment]
    itself: bool = False


def text_classes(column: str, patterns: Iterable[Pattern], variables: Mapping[str, str]) -> list[Fragment]:
    """Return expressions over `column` that together distinguish what the patterns do. `variables`: key -> column of its value."""
    sorted_patterns = _sort(column, patterns, variables)
    if sorted_patterns.itself:
        return [Fragment(f"coalesce({column}, '')")]
    return [*([_longest(column, sorted_patterns.heads)] if sorted_patterns.heads else []), *_packed(sorted_patterns.tests)]


def object_classes(bucket: str, column: str, patterns: Iterable[Pattern], partition: str, variables: Mapping[str, str]) -> list[Fragment]:
    """The same for patterns of object ARNs and a key in `column`, whose bucket is in the column `bucket`."""
    start = f"arn:{partition}:s3:::"
    by_bucket: dict[str, list[Pattern]] = {}
    anywhere: list[Pattern] = []
    for pattern in patterns:
        match pattern:
            case (str() as head, *rest) if head.startswith(start) and "/" in head:
                name, _, key_head = head[len(start) :].partition("/")
                by_bucket.setdefault(name, []).append((key_head, *rest) if key_head else tuple(rest))
            case (str() as head, *_) if not head.startswith(start[: len(head)]) and not start.startswith(head):
                pass  # no ARN of a bucket: access points, keys, roles
            case (str() as head,) | (str() as head, Wildcard.ANY_TEXT):
                pass  # the bucket's own name decides, and every class is of one bucket
            case (Wildcard.ANY_TEXT,):
                pass
            case _:
                anywhere.append(pattern)
    found = _by_bucket(bucket, column, by_bucket, variables)
    if anywhere:
        whole = _sort(f"('{start}' || {bucket} || '/' || {column})", anywhere, variables)
        heads = [Fragment(f"starts_with('{start}' || {bucket} || '/' || {column}, ?)", (head,)) for head in whole.heads]
        found += [Fragment(f"coalesce({column}, '')")] if whole.itself else _packed([*heads, *whole.tests])
    return found


def _by_bucket(bucket: str, column: str, by_bucket: Mapping[str, list[Pattern]], variables: Mapping[str, str]) -> list[Fragment]:
    branches: list[list[Fragment]] = []
    names: list[str] = []
    for name, patterns in by_bucket.items():
        classes = text_classes(column, [pattern for pattern in patterns if pattern != (Wildcard.ANY_TEXT,)], variables)
        if classes:
            names.append(name)
            branches.append([Fragment("CAST(") + one + " AS VARCHAR)" for one in classes])
    found = []
    for place in range(max(map(len, branches), default=0)):
        whens = [
            Fragment(" WHEN ? THEN ", (name,)) + branch[place] for name, branch in zip(names, branches, strict=True) if place < len(branch)
        ]
        found.append(Fragment(f"CASE {bucket}") + joined("", whens) + f" ELSE '{_NONE}' END")
    return found


def _sort(column: str, patterns: Iterable[Pattern], variables: Mapping[str, str]) -> _Sorted:
    found = _Sorted([], [])
    for pattern in patterns:
        match pattern:
            case (Wildcard.ANY_TEXT,):
                found.tests.append(Fragment(f"{column} IS NOT NULL"))
            case () | (str(),):
                found.tests.append(Fragment(f"{column} = ?", ("".join(map(str, pattern)),)))
            case (str() as head, Wildcard.ANY_TEXT):
                found.heads.append(head)
            case _:
                test = _like(column, pattern, variables)
                found.itself = found.itself or test is None
                found.tests += [test] if test is not None else []
    return found


def _longest(column: str, heads: Iterable[str]) -> Fragment:
    """The number of the longest head that the text begins with, -1 where it begins with none (a null begins with none)."""
    longest_first = sorted(set(heads), key=lambda head: (-len(head), head))
    whens = [Fragment(f" WHEN starts_with({column}, ?) THEN {number}", (head,)) for number, head in enumerate(longest_first)]
    return Fragment("CASE") + joined("", whens) + f" ELSE {_NONE} END"


def _like(column: str, pattern: Pattern, variables: Mapping[str, str]) -> Fragment | None:
    """The pattern as LIKE; None where SQL would count other characters than AWS does, or does not know a variable's value."""
    pieces: list[Fragment] = []
    for index, part in enumerate(pattern):
        match part:
            case str():
                pieces.append(Fragment("?", (_escaped(part),)))
            case Wildcard.ANY_TEXT:
                pieces.append(Fragment("'%'"))
            case Wildcard.ANY_UNIT:
                # `?` is one UTF-16 unit, `_` one character: they agree only where exactly one stands beside a `*`.
                beside = (pattern[index - 1] if index else None, pattern[index + 1] if index + 1 < len(pattern) else None)
                if Wildcard.ANY_TEXT not in beside or Wildcard.ANY_UNIT in beside:
                    return None
                pieces.append(Fragment("'_'"))
            case Variable() if part.default is None and part.key.lower() in variables:
                value = variables[part.key.lower()]
                pieces.append(Fragment(f"replace(replace(replace({value}, '!', '!!'), '%', '!%'), '_', '!_')"))
            case Variable():
                return None
    return Fragment(f"{column} LIKE ") + joined(" || ", pieces) + f" ESCAPE '{_ESCAPE}'"


def _escaped(text: str) -> str:
    return "".join(_ESCAPE + character if character in "!%_" else character for character in text)


def _packed(tests: list[Fragment]) -> list[Fragment]:
    """The answers of the tests as bits of integers; a null is no."""
    found = []
    for start in range(0, len(tests), _BITS):
        bits = [Fragment("CASE WHEN ") + test + f" THEN {1 << index} ELSE 0 END" for index, test in enumerate(tests[start : start + _BITS])]
        found.append(joined(" + ", bits))
    return found
