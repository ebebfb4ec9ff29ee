"""Findings and diagnostics as lines of text, in one look for every verb::

warning access.yaml:9:7 services.job.grants[0] whole-bucket
  the service may read everything in `datasets`
  remedy: give it a `prefix`
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from bucketpass.errors import Diagnostic, Severity
from bucketpass.findings.code import Code
from bucketpass.findings.finding import Finding

__all__ = ["counted", "counts_line", "entry_lines", "finding_lines", "printable"]

WIDTH = 100


def finding_lines(found: Finding | Diagnostic) -> Iterator[str]:
    """The lines of one finding: severity, place and code; the message; what shows it; the remedy."""
    yield printable(" ".join(part for part in (found.severity.value, str(found.place), found.code) if part))
    yield f"  {printable(found.message)}"
    if isinstance(found, Finding):
        yield from (f"    {printable(line)}" for line in found.details)
    if found.remedy:
        yield f"  remedy: {printable(found.remedy)}"


def counts_line(found: Iterable[Finding | Diagnostic]) -> str:
    """How many there are of each severity, such as `1 error, 0 warnings, 2 notes`."""
    counts = Counter(one.severity for one in found)
    return ", ".join(counted(counts[severity], severity.value) for severity in Severity)


def counted(number: int, noun: str) -> str:
    """The number and what is counted, as `1 role` or `2 roles`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def entry_lines(code: Code) -> Iterator[str]:
    """What `bucketpass explain CODE` prints: the registry's entry of a code."""
    yield f"{code.severity.value} {code.name}: {code.title}"
    yield ""
    yield from textwrap.wrap(code.explanation, WIDTH, break_on_hyphens=False)
    yield ""
    yield from textwrap.wrap(f"remedy: {code.remedy}", WIDTH, break_on_hyphens=False)
    if code.link:
        yield f"see:    {code.link}"


def printable(text: str) -> str:
    """The text in one line that a terminal shows as it is."""
    # SECURITY: a name or claim of somebody else could otherwise move the cursor and hide what is reported about it.
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)
