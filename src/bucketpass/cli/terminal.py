"""Text on a person's screen, or in a file: colours, tables and progress.

Data is text and never markup: a name such as `[bold]` or `:cloud:` is printed as it is, and control characters are shown escaped.
Where the output is not a terminal there are no colours and no progress, and no line is wrapped, so that a name can be searched and
copied. On a terminal words stay whole.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import TextIO

from bucketpass.errors import Diagnostic, Severity
from bucketpass.findings import Finding, finding_lines, printable

__all__ = ["SEVERITY_STYLES", "ProgressLine", "Styled", "bold", "dim", "line", "show_finding", "style", "table"]

# SGR parameters of ECMA-48.
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36", "bold red": "1;31"}
SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
GAP = "  "
NARROWEST_COLUMN = 12
HANGING = 2
QUOTED = re.compile("`[^`]{1,60}`")


@dataclass(frozen=True, slots=True)
class Styled:
    """Text in one style."""

    text: str
    style: str = ""


Part = Styled | str
Cell = Part | Sequence[Part]


def style(name: str, text: str) -> Styled:
    """`text` in the style `name`, one of STYLES."""
    return Styled(text, name)


def bold(text: str) -> Styled:
    """`text` in bold."""
    return Styled(text, "bold")


def dim(text: str) -> Styled:
    """`text` in the background."""
    return Styled(text, "dim")


def line(*parts: Part, file: TextIO | None = None, flush: bool = False, fold: bool = True) -> None:
    """Print one line, its parts side by side. On a terminal it is folded to the width, unless `fold` is false: what a person copies."""
    stream = file or sys.stdout
    colours = _has_colours(stream, os.environ)
    for pieces in _hanging(parts, shutil.get_terminal_size().columns) if fold and stream.isatty() else (parts,):
        print(_rendered(pieces, colours), file=stream, flush=flush)


def show_finding(found: Finding | Diagnostic, *, indent: str = "", file: TextIO | None = None) -> None:
    """Print the lines of a finding, its severity in colour."""
    severity = found.severity.value
    for number, text in enumerate(finding_lines(found)):
        parts = [style(SEVERITY_STYLES[found.severity], severity), text.removeprefix(severity)] if number == 0 else [text]
        line(indent, *parts, file=file)


def table(rows: Iterable[Sequence[Cell]], *, headings: Sequence[str] = (), indent: str = "") -> None:
    """Print rows in columns. On a terminal wide columns are folded to its width, and nothing is left out.

    The last columns stand beneath the others where the longest words of all do not fit side by side.
    """
    cells = [[_lines_of(cell) for cell in row] for row in ((tuple(bold(name) for name in headings),) if headings else ())]
    cells += [[_lines_of(cell) for cell in row] for row in rows]
    if not cells:
        return
    is_terminal = sys.stdout.isatty()
    columns = shutil.get_terminal_size().columns - len(indent)
    natural = [max(_width(text) for row in cells for text in row[column]) for column in range(len(cells[0]))]
    words = [max(_longest_word(text) for row in cells for text in row[column]) for column in range(len(natural))]
    beside = len(natural)
    while is_terminal and beside > 1 and sum(words[:beside]) + len(GAP) * (beside - 1) > columns:
        beside -= 1
    natural, words = natural[:beside], words[:beside]
    widths = _fitted(natural, words, columns - len(GAP) * (beside - 1)) if is_terminal else natural
    margin = widths[0] + len(GAP) if beside > 1 else len(GAP)
    colours = _has_colours(sys.stdout, os.environ)
    for row in cells:
        folded = [[piece for text in cell for piece in _folded(text, width)] for cell, width in zip(row, widths, strict=False)]
        for pieces in zip_longest(*folded, fillvalue=()):
            padded = [_rendered(piece, colours) + " " * (width - _width(piece)) for piece, width in zip(pieces, widths, strict=True)]
            print(f"{indent}{GAP.join(padded)}".rstrip())
        for text in (text for cell in row[beside:] for text in cell if _width(text)):
            for piece in _folded(text, max(columns - margin, NARROWEST_COLUMN)):
                print(f"{indent}{' ' * margin}{_rendered(piece, colours)}")


class ProgressLine:
    """One line on standard error that says how far the work is; nothing where that is not a terminal. Gone when the block ends."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()

    def __enter__(self) -> ProgressLine:
        return self

    def update(self, text: str) -> None:
        """Show `text` in place of what was shown."""
        if self._shown:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{printable(text)[:width]}", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Show nothing."""
        if self._shown:
            print("\r\033[K", end="", file=self._stream, flush=True)

    def __exit__(self, *_: object) -> None:
        self.clear()


def _has_colours(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """See: https://no-color.org and https://force-color.org."""
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (stream.isatty() and environ.get("TERM") != "dumb")


def _rendered(parts: Iterable[Part], colours: bool) -> str:
    return "".join(_coloured(part, colours) for part in parts)


def _coloured(part: Part, colours: bool) -> str:
    if isinstance(part, str):
        return printable(part)
    text = printable(part.text)
    return f"\033[{STYLES[part.style]}m{text}\033[0m" if colours and part.style and text else text


def _lines_of(cell: Cell) -> list[tuple[Styled, ...]]:
    """The lines of a cell, which has line breaks where its text has."""
    parts = [cell] if isinstance(cell, Styled | str) else cell
    lines: list[list[Styled]] = [[]]
    for part in parts:
        text, look = (part, "") if isinstance(part, str) else (part.text, part.style)
        first, *more = text.split("\n")
        lines[-1].append(Styled(printable(first), look))
        lines += [[Styled(printable(one), look)] for one in more]
    return [tuple(one) for one in lines]


def _fitted(natural: Sequence[int], words: Sequence[int], available: int) -> list[int]:
    """Column widths that fit: no column is wider than one limit, or than its longest word; where words do not fit, than the limit."""
    widths = list(natural)
    for least in (words, [0] * len(natural)):
        limit = max(natural)
        while limit > NARROWEST_COLUMN and sum(widths) > available:
            limit -= 1
            widths = [min(width, max(limit, word)) for width, word in zip(natural, least, strict=True)]
    return widths


def _longest_word(parts: Iterable[Part]) -> int:
    text = "".join(part if isinstance(part, str) else part.text for part in parts)
    return max((sum(map(_columns, word)) for word in text.split(" ")), default=0)


def _hanging(parts: Sequence[Part], columns: int) -> Iterator[Sequence[Part]]:
    """The parts in lines of `columns` at most, the lines after the first indented by HANGING more. Words stay whole."""
    printed = [Styled(printable(part), "") if isinstance(part, str) else Styled(printable(part.text), part.style) for part in parts]
    text = "".join(part.text for part in printed)
    margin = len(text) - len(text.lstrip(" "))
    if _width(printed) <= columns:
        yield parts
        return
    for number, piece in enumerate(_folded(printed, max(columns - margin - HANGING, NARROWEST_COLUMN), margin, break_words=False)):
        yield (" " * (margin + (HANGING if number else 0)), *piece)


def _folded(parts: Sequence[Styled], width: int, start: int = 0, *, break_words: bool = True) -> Iterator[tuple[Styled, ...]]:
    """The parts from `start` on in lines of `width` at most, broken at a blank where there is one outside of backticks."""
    text = "".join(part.text for part in parts)
    breakable = QUOTED.sub(lambda found: found[0].replace(" ", "_"), text)
    looks = [part.style for part in parts for _ in part.text]
    while True:
        end = start
        taken = 0
        while end < len(text) and taken + _columns(text[end]) <= width:
            taken += _columns(text[end])
            end += 1
        if end < len(text):
            blank = breakable.rfind(" ", start, end + 1)
            if blank > start:
                end = blank
            elif not break_words:
                end = min(found for found in (breakable.find(" ", end), len(text)) if found >= 0)
            else:
                end = max(end, start + 1)
        runs = groupby(zip(text[start:end], looks[start:end], strict=True), key=lambda pair: pair[1])
        yield tuple(Styled("".join(character for character, _ in run), look) for look, run in runs)
        start = end + 1 if end < len(text) and text[end] == " " else end
        if start >= len(text):
            return


def _width(parts: Iterable[Part]) -> int:
    return sum(_columns(character) for part in parts for character in (part if isinstance(part, str) else part.text))


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
