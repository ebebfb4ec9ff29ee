"""`bucketpass check`: what is wrong, risky, needless or near a limit in a declaration."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from bucketpass import __version__
from bucketpass.cli.declared import add_access, add_target, compiled, declaration_of, read_declared, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import show_finding
from bucketpass.cli.watch import add_watch, watched
from bucketpass.compile.check import findings, of_error
from bucketpass.errors import DeclarationError, QuotaError, Severity
from bucketpass.findings import Finding, counts_line
from bucketpass.findings.formats import as_github, as_json, as_sarif

EXIT_FOUND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_access(parser, positional=True)
    add_target(parser)
    parser.add_argument("--format", choices=FORMATS, default="table", help="table (default), json, sarif or github")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--write",
        action="append",
        type=_format_and_file,
        default=[],
        metavar="FORMAT=FILE",
        help="also write another form to a file; repeat it for more",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 where there is any warning")
    add_watch(parser)


def run(arguments: argparse.Namespace) -> int:
    """Find and print, with `--watch` again after each change. The exit code is 3 where the declaration is wrong."""
    if arguments.watch:
        return watched(lambda: [declaration_of(arguments)], lambda: _check(arguments))
    return _check(arguments)


def _check(arguments: argparse.Namespace) -> int:
    try:
        declaration = read_declared(declaration_of(arguments))
        found = findings(declaration, compiled(declaration, target_of(arguments)))
        code = EXIT_FOUND if arguments.strict and any(one.severity is Severity.WARNING for one in found) else 0
        code = EXIT_FOUND if any(one.severity is Severity.ERROR for one in found) else code
    except (DeclarationError, QuotaError) as error:
        found, code = of_error(error), error.exit_code
        _write(found, arguments.write)
        if arguments.format == "table":
            raise  # problems with the input go to standard error, in every verb
    else:
        _write(found, arguments.write)
    FORMATS[arguments.format](found)
    return code


def _format_and_file(text: str) -> tuple[str, Path]:
    form, _, file = text.partition("=")
    if form not in FORMATS or not file:
        raise argparse.ArgumentTypeError(f"got `{text}`, expected {', '.join(FORMATS)}, then = and a file")
    return form, Path(file)


def _write(found: Sequence[Finding], files: Sequence[tuple[str, Path]]) -> None:
    for form, path in files:
        with path.open("w", encoding="utf-8") as file, redirect_stdout(file):
            FORMATS[form](found)


def _table(found: Sequence[Finding]) -> None:
    for finding in found:
        show_finding(finding)
    print(counts_line(found))


def _json(found: Sequence[Finding]) -> None:
    print_json("check", as_json(found))


def _sarif(found: Sequence[Finding]) -> None:
    print(json.dumps(as_sarif(found, __version__), indent=2, ensure_ascii=False))


def _github(found: Sequence[Finding]) -> None:
    print("\n".join(as_github(found)))


FORMATS: dict[str, Callable[[Sequence[Finding]], None]] = {"table": _table, "json": _json, "sarif": _sarif, "github": _github}
