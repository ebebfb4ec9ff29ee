"""`bucketpass token`: the token that this machine would send, and what AWS will see in it. Never its signature."""

from __future__ import annotations

import argparse
import json
import time

from bucketpass.cli.credential_options import add_credential_options
from bucketpass.errors import IdentityError
from bucketpass.identity import TokenFault, find_source, read_token, this_machine
from bucketpass.identity.report import TokenReport, report_token

HELP = "the token that this machine would send, and what AWS sees in it"
EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` where the token comes from."""
    add_credential_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Show the token; exit code 1 where AWS would refuse it."""
    machine = this_machine()
    spelled = f"file:{arguments.token_file}" if arguments.token_file else arguments.source or machine.value("BUCKETPASS_TOKEN_SOURCE")
    audience = arguments.audience or machine.value("BUCKETPASS_AUDIENCE")
    source = find_source(machine, spelled, audience)
    token = read_token(source.fetch().reveal())
    if isinstance(token, TokenFault):
        raise IdentityError(f"{source.describe()}: {token.message}", remedy=token.remedy)
    report = report_token(source, token, now=time.time(), audience=audience)
    if arguments.json:
        print(json.dumps(report.as_object(), indent=2))
    else:
        show(report)
    return EXIT_FAILED if report.fault else 0


def show(report: TokenReport) -> None:
    """The report for people."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    left = "does not expire" if report.seconds_left is None else f"{report.seconds_left:,} s left"
    console.print(f"from {escape(report.source)}, signed with {escape(report.algorithm)}, {left}")
    for title, rows in (("claims (nobody has verified them here)", report.claims), ("what a trust policy can test", report.keys)):
        table = Table(title=title, title_justify="left", show_header=False, box=None)
        for name, value in rows.items():
            table.add_row(escape(name), escape(value if isinstance(value, str) else json.dumps(value)))
        console.print(table)
    if report.fault:
        console.print(f"[red]AWS would refuse it: {escape(report.fault)}[/red]\n  remedy: {escape(report.remedy)}")
