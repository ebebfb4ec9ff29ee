"""`bucketpass token`: the token that this machine would send, and what AWS will see in it. Never its signature."""

from __future__ import annotations

import argparse
import json
import time

from bucketpass.cli.credential_options import add_credential_options, given_options
from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import bold, line, show_finding, table
from bucketpass.credentials.options import token_path
from bucketpass.errors import IdentityError
from bucketpass.findings import Finding
from bucketpass.identity import TokenFault, find_source, read_token, this_machine
from bucketpass.identity.report import TokenReport, report_token
from bucketpass.identity.token import UNUSABLE

EXIT_FAILED = 1
YEAR_10000 = 253_402_300_800
TIMES = ("iat", "nbf", "exp", "auth_time")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` where the token comes from."""
    add_credential_options(parser, ("source", "token-file", "audience", "ca-bundle"))
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Show the token; exit code 1 where AWS would refuse it."""
    values = given_options(arguments)
    path, audience = token_path(values), values.get("audience")
    source = find_source(this_machine(ca_file=values.get("ca-bundle")), f"file:{path}" if path else values.get("source"), audience)
    token = read_token(source.fetch().reveal())
    if isinstance(token, TokenFault):
        raise IdentityError(diagnostics=(token.diagnostic(source.describe()),))
    report = report_token(source, token, now=time.time(), audience=audience)
    if arguments.json:
        print_json("token", report.as_object(), indent=2)
    else:
        show(report)
    return EXIT_FAILED if report.fault else 0


def show(report: TokenReport) -> None:
    """The report for people."""
    line(f"from {report.source}, signed with {report.algorithm}, {life(report.seconds_left)}")
    for title, rows in (("claims (not verified)", report.claims), ("what a trust policy can test", report.keys)):
        if rows:
            line()
            line(bold(title))
            table([(name, description(name, value)) for name, value in rows.items()], indent="  ")
    if report.note:
        line(f"\nnote: {report.note}")
    if report.fault:
        line()
        show_finding(Finding(UNUSABLE, f"AWS would refuse it: {report.fault}", report.remedy))


def life(seconds_left: int | None) -> str:
    """How long the token is good for."""
    if seconds_left is None:
        return "does not expire"
    return f"{seconds_left:,} s left" if seconds_left >= 0 else f"expired {-seconds_left:,} s ago"


def description(name: str, value: object) -> str:
    """A claim's value, a time with its date."""
    if name in TIMES and isinstance(value, int) and 0 <= value < YEAR_10000:
        return f"{value} ({time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(value))} UTC)"
    return value if isinstance(value, str) else json.dumps(value)
