"""Patterns: text with wildcards and variables, as stands in Action, Resource and condition values.

`parse_pattern` splits a pattern into parts: literal text, the wildcards `*` and `?`, and variables. `compile_parts` makes
a predicate of parts that hold no variable. Rules ([D] documentation, [L] observed on live AWS):

* `*` is any text, newlines and slashes too; `?` is one UTF-16 code unit; nothing else is special [L].
* `${key}`, `${key, 'default'}` are variables; `${*}`, `${?}`, `${$}` are those characters themselves [D].
* A `${` that is never closed is literal text [assumed].

No regular expressions: the pieces between stars are found from left to right, each once, so that a match takes time
proportional to the text however many stars there are.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from bucketpass.aws.arn import ARN_PARTS

__all__ = ["Matcher", "Part", "Variable", "Wildcard", "arn_components", "compile_parts", "escape_pattern", "literal_head", "parse_pattern"]

Matcher = Callable[[str], bool]


class Wildcard(Enum):
    """The two wildcards."""

    ANY_TEXT = "*"
    ANY_UNIT = "?"


class Variable(NamedTuple):
    """A reference to a condition key; `default` is what stands in its place where the request has no such key."""

    key: str
    default: str | None = None


Part = str | Wildcard | Variable

_WILDCARDS = {wildcard.value: wildcard for wildcard in Wildcard}
_LITERAL_VARIABLES = frozenset("*?$")
_ESCAPES = str.maketrans({character: f"${{{character}}}" for character in _LITERAL_VARIABLES})


def escape_pattern(text: str) -> str:
    """A pattern (of Version 2012-10-17) that matches exactly `text`."""
    return text if _LITERAL_VARIABLES.isdisjoint(text) else text.translate(_ESCAPES)


def parse_pattern(text: str, *, variables: bool = True, wildcards: bool = True) -> tuple[Part, ...]:
    """The parts of `text`; neighbouring literals are one part. Without `variables`, `${` is literal, as in 2008-10-17."""
    parts: list[Part] = []
    literal: list[str] = []

    def end_literal() -> None:
        if literal:
            parts.append("".join(literal))
            literal.clear()

    position = 0
    while position < len(text):
        character = text[position]
        end = text.find("}", position) if variables and text.startswith("${", position) else -1
        if end >= 0:
            inside = text[position + 2 : end]
            if inside in _LITERAL_VARIABLES:
                literal.append(inside)
            else:
                end, variable = _variable(text, position + 2, end)
                end_literal()
                parts.append(variable)
            position = end
        elif wildcards and character in _WILDCARDS:
            end_literal()
            wildcard = _WILDCARDS[character]
            if not (wildcard is Wildcard.ANY_TEXT and parts and parts[-1] is wildcard):
                parts.append(wildcard)
        else:
            literal.append(character)
        position += 1
    end_literal()
    return tuple(parts)


def _variable(text: str, start: int, end: int) -> tuple[int, Variable]:
    """The variable whose inside starts at `start`, and where its closing brace is: a default may hold braces of its own."""
    key, comma, rest = text[start:end].partition(",")
    quote = text.find("'", start, end) if comma and rest.lstrip().startswith("'") else -1
    if quote < 0:
        return end, Variable(text[start:end].strip())
    closing = text.find("'", quote + 1)
    brace = text.find("}", closing) if closing >= 0 else -1
    if brace < 0 or text[closing + 1 : brace].strip():
        return end, Variable(text[start:end].strip())
    return brace, Variable(key.strip(), text[quote + 1 : closing])


def literal_head(parts: tuple[Part, ...]) -> str:
    """The text that every match starts with."""
    return parts[0] if parts and isinstance(parts[0], str) else ""


def arn_components(parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], ...] | None:
    """The six components of an ARN pattern, the last with its colons [D]; None where `parts` are none."""
    components: list[list[Part]] = [[]]
    for part in parts:
        if not isinstance(part, str):
            components[-1].append(part)
            continue
        first, *more = part.split(":", ARN_PARTS - len(components))
        if first:
            components[-1].append(first)
        components.extend([text] if text else [] for text in more)
    if len(components) != ARN_PARTS or components[0] not in (["arn"], [Wildcard.ANY_TEXT]):
        return None
    return tuple(map(tuple, components))


def compile_parts(parts: tuple[Part, ...]) -> Matcher:
    """A predicate that is true of exactly the texts that `parts` match. Parts hold no variable."""
    match parts:
        case ():
            return "".__eq__
        case (str() as literal,):
            return literal.__eq__
        case (Wildcard.ANY_TEXT,):
            return lambda text: True
        case (str() as head, Wildcard.ANY_TEXT):
            return lambda text: text.startswith(head)
    if Wildcard.ANY_UNIT not in parts:
        return _glob(parts)
    by_unit = _glob(tuple(_utf16(part) if isinstance(part, str) else part for part in parts))
    return lambda text: by_unit(_utf16(text))


def _utf16(text: str) -> str:
    """`text` with one character for each UTF-16 code unit."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(units[index] | units[index + 1] << 8) for index in range(0, len(units), 2))


class _Segment(NamedTuple):
    """What stands between two stars: literal pieces at fixed places, any unit at the others."""

    size: int
    pieces: tuple[tuple[int, str], ...]

    def at(self, text: str, position: int) -> bool:
        return all(text.startswith(piece, position + offset) for offset, piece in self.pieces)

    def find(self, text: str, start: int, end: int) -> int:
        """The first place at or after `start` where the segment fits before `end`, or -1."""
        if not self.pieces:
            return start if start + self.size <= end else -1
        offset, anchor = max(self.pieces, key=lambda piece: len(piece[1]))
        while True:
            found = text.find(anchor, start + offset, end)
            if found < 0 or found - offset + self.size > end:
                return -1
            if self.at(text, found - offset):
                return found - offset
            start = found - offset + 1


def _glob(parts: tuple[Part, ...]) -> Matcher:
    """A matcher of segments with any text between them: the first at the start, the last at the end, each other the first fit."""
    first, *middle = _segments(parts)
    if not middle:
        return lambda text: len(text) == first.size and first.at(text, 0)
    last = middle.pop()

    def matches(text: str) -> bool:
        position, end = first.size, len(text) - last.size
        if position > end or not first.at(text, 0) or not last.at(text, end):
            return False
        for segment in middle:
            found = segment.find(text, position, end)
            if found < 0:
                return False
            position = found + segment.size
        return True

    return matches


def _segments(parts: tuple[Part, ...]) -> tuple[_Segment, ...]:
    segments: list[_Segment] = []
    size, pieces = 0, list[tuple[int, str]]()
    for part in parts:
        match part:
            case str():
                pieces.append((size, part))
                size += len(part)
            case Wildcard.ANY_UNIT:
                size += 1
            case Wildcard.ANY_TEXT:
                segments.append(_Segment(size, tuple(pieces)))
                size, pieces = 0, []
            case Variable():
                raise ValueError(f"variable `{part.key}` has no value yet")
    return (*segments, _Segment(size, tuple(pieces)))
