"""`bucketpass diff OLD NEW`: what a change of the declaration changes, for a pull request."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from bucketpass.cli.declared import read_declared
from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import line, style
from bucketpass.compile.difference import Change, Kind, differences

SIGNS = {Kind.MORE: "+", Kind.LESS: "-", Kind.OTHER: "~"}
COLOURS = {Kind.MORE: "yellow", Kind.LESS: "green", Kind.OTHER: "cyan"}
TITLES = {Kind.MORE: "More access", Kind.LESS: "Less access", Kind.OTHER: "Other changes"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument("old", type=Path, metavar="OLD", help="the declaration before the change")
    parser.add_argument("new", type=Path, metavar="NEW", help="the declaration after it")
    parser.add_argument("--format", choices=FORMATS, default="table", help="table (default), json or markdown")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    FORMATS[arguments.format](differences(read_declared(arguments.old).access, read_declared(arguments.new).access))
    return 0


def _table(changes: Sequence[Change]) -> None:
    for change in changes:
        line(style(COLOURS[change.kind], f"{SIGNS[change.kind]} {change.who}"), f" {change.words}")
    if not changes:
        line("both mean the same")


def _json(changes: Sequence[Change]) -> None:
    rows = [{"kind": change.kind.value, "subject": change.who, "description": change.words, "path": change.path} for change in changes]
    print_json("diff", {"changes": rows})


def _markdown(changes: Sequence[Change]) -> None:
    if not changes:
        print("Both declarations mean the same.")
    for kind, title in TITLES.items():
        rows = [f"- **{change.who}** {_literal(change.words)}" for change in changes if change.kind is kind]
        if rows:
            print(f"### {title}\n\n" + "\n".join(rows) + "\n")


def _literal(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|" else character for character in text)


FORMATS: dict[str, Callable[[Sequence[Change]], None]] = {"table": _table, "json": _json, "markdown": _markdown}
