"""`bucketpass diff OLD NEW`: what a change of the declaration changes, for a pull request.

Who gains or loses what is the prover's answer, with a request or a token that shows it; the words are the declaration's where it has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bucketpass.cli.declared import add_target, read_declared, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.policy_files import deployment_of_access
from bucketpass.cli.terminal import dim, line, style
from bucketpass.compile.difference import Change, ChangeKind, differences
from bucketpass.prove.compare import Difference, Relation, Version, difference_about
from bucketpass.prove.compare import differences as proved_differences
from bucketpass.prove.question import Counterexample, Verdict
from bucketpass.prove.report import example_object, in_one_line

EXIT_CODES = "exit codes: 0 both mean the same, 1 something differs, 3 invalid input, 4 a difference could not be decided"
SIGNS = {ChangeKind.MORE: "+", ChangeKind.LESS: "-", ChangeKind.OTHER: "~"}
COLOURS = {ChangeKind.MORE: "yellow", ChangeKind.LESS: "green", ChangeKind.OTHER: "cyan"}
TITLES = {ChangeKind.MORE: "More access", ChangeKind.LESS: "Less access", ChangeKind.OTHER: "Other changes"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A change, and what shows it: a request or a token that only one of the versions allows."""

    change: Change
    example: Counterexample | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.epilog = EXIT_CODES
    parser.add_argument("old", type=Path, metavar="OLD", help="the declaration before the change")
    parser.add_argument("new", type=Path, metavar="NEW", help="the declaration after it")
    add_target(parser)
    parser.add_argument("--format", choices=FORMATS, default="table", help="table (default), json or markdown")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print. Return 0 where both mean the same, 1 where something differs, 4 where that could not be decided."""
    target = target_of(arguments)
    old, new = (read_declared(path).access for path in (arguments.old, arguments.new))
    versions = [Version(access, deployment_of_access(access, target)) for access in (old, new)]
    proved = list(proved_differences(*versions))
    shown = list(changes(versions[0], versions[1], proved))
    FORMATS[arguments.format](shown)
    return 4 if any(one.relation is Relation.UNKNOWN for one in proved) else 1 if shown else 0


def changes(old: Version, new: Version, proved: Sequence[Difference]) -> Iterator[Shown]:
    """Yield each change: what the prover found, in the declaration's words where these say the same, and settings that no request shows.

    A change in the declaration's words has an example of its own, and is left out where it is proved that there is none.
    """
    by_owner = {(one.owner, one.subject): one for one in proved}
    told = set[tuple[str, str, ChangeKind]]()
    for change in differences(old.access, new.access):
        subject = "tokens" if ".identity" in change.path else "requests" if ".grants" in change.path else ""
        found = by_owner.get((change.owner, subject or "others"))
        if found is not None and not subject and found.relation is not Relation.UNKNOWN:
            # A setting is more or less access where requests of others show it, else a setting.
            yield Shown(change if _example(found, change.kind) is not None else replace(change, kind=ChangeKind.OTHER))
        elif found is None or found.relation is Relation.UNKNOWN:
            yield Shown(change)
        elif _example(found, change.kind) is not None and change.about is not None:
            answer = difference_about(change, change.about, old, new)
            if answer.verdict is not Verdict.PROVED:
                told.add((found.owner, found.subject, change.kind))
                yield Shown(change, answer.counterexample)
    for found in proved:
        for kind in (ChangeKind.MORE, ChangeKind.LESS):
            example = _example(found, kind)
            if example is not None and (found.owner, found.subject, kind) not in told:
                yield Shown(Change(kind, found.owner, _words(found, kind, example), ""), example)
        if found.relation is Relation.UNKNOWN:
            yield Shown(Change(ChangeKind.OTHER, found.owner, f"{found.subject}: not known, for {'; '.join(found.reasons)}", ""))


def _example(found: Difference, kind: ChangeKind) -> Counterexample | None:
    return found.gained if kind is ChangeKind.MORE else found.lost if kind is ChangeKind.LESS else None


def _words(found: Difference, kind: ChangeKind, example: Counterexample) -> str:
    request = example.requests[0][0]
    if found.subject == "tokens":
        return f"{'now admits' if kind is ChangeKind.MORE else 'no longer admits'} tokens that the other version does not"
    who = example.description.partition(" by ")[2]
    may = "may now" if kind is ChangeKind.MORE else "may no longer"
    return f"{who} {may} {request.action} {request.resource}".strip()


def _table(shown: Sequence[Shown]) -> None:
    for one in shown:
        change = one.change
        line(style(COLOURS[change.kind], f"{SIGNS[change.kind]} {change.owner}"), f" {change.description}")
        if one.example is not None:
            line("    ", dim(f"for example {in_one_line(one.example)}"))
    if not shown:
        line("both mean the same")


def _json(shown: Sequence[Shown]) -> None:
    rows = [
        {
            "kind": one.change.kind.value,
            "subject": one.change.owner,
            "description": one.change.description,
            "path": one.change.path,
            "example": None if one.example is None else example_object(one.example),
        }
        for one in shown
    ]
    print_json("diff", {"changes": rows})


def _markdown(shown: Sequence[Shown]) -> None:
    if not shown:
        print("Both declarations mean the same.")
    for kind, title in TITLES.items():
        rows = [
            f"- **{one.change.owner}** {_literal(one.change.description)}"
            + ("" if one.example is None else f" (for example {_literal(in_one_line(one.example))})")
            for one in shown
            if one.change.kind is kind
        ]
        if rows:
            print(f"### {title}\n\n" + "\n".join(rows) + "\n")


def _literal(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|" else character for character in text)


FORMATS: dict[str, Callable[[Sequence[Shown]], None]] = {"table": _table, "json": _json, "markdown": _markdown}
