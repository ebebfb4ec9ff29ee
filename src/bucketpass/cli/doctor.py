"""`bucketpass doctor`: run where the service runs, says in one screen why it cannot reach its data."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from bucketpass.cli.credential_options import add_credential_options, given_options

HELP = "why this service cannot reach its data, here and now"
DECLARATION = Path("access.yaml")
EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options."""
    add_credential_options(parser)
    parser.add_argument("address", nargs="?", metavar="s3://BUCKET/PREFIX/", help="what to list (with a slash at its end) or to read")
    parser.add_argument(
        "--access", type=Path, metavar="FILE", help="the declaration to compare with (default: access.yaml, where there is one)"
    )
    parser.add_argument("--trust-policy", type=Path, metavar="FILE", help="the role's trust policy to compare with, as JSON")
    parser.add_argument("--s3-endpoint-url", metavar="URL", help="another address of S3 [AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL]")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Show the findings as they are made; exit code 1 where one is bad."""
    from bucketpass.cli.policy_files import read_policy
    from bucketpass.credentials.address import parse_address
    from bucketpass.credentials.doctor import Patient, Verdict, examine
    from bucketpass.identity import this_machine
    from bucketpass.model import load_access
    from bucketpass.policy.grammar import PolicyKind

    machine = this_machine()
    declaration = arguments.access or (DECLARATION if DECLARATION.exists() else None)
    patient = Patient(
        given_options(arguments),
        machine,
        access=load_access(declaration) if declaration else None,
        trust=read_policy(arguments.trust_policy, PolicyKind.TRUST).document if arguments.trust_policy else None,
        address=parse_address(arguments.address) if arguments.address is not None else None,
        s3_endpoint=arguments.s3_endpoint_url or machine.value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    )
    findings = []
    for finding in examine(patient):
        findings.append(finding)
        if not arguments.json:
            show(finding.check, finding.verdict.value, finding.seen, finding.remedy)
    bad = [finding.check for finding in findings if finding.verdict is Verdict.BAD]
    if arguments.json:
        shown = [dataclasses.asdict(each) | {"verdict": each.verdict.value} for each in findings]
        print(json.dumps({"checks": shown}, indent=2))
    else:
        print(f"\n{conclusion(bad)}")
    return EXIT_FAILED if bad else 0


def show(check: str, verdict: str, seen: str, remedy: str) -> None:
    """One finding for people: the verdict, the link of the chain, what was seen, and below it the remedy."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours = {"good": "green", "note": "yellow", "bad": "red", "skipped": "dim"}
    table = Table.grid(padding=(0, 1))
    table.add_column(width=7)
    table.add_column(width=11)
    table.add_column(overflow="fold")
    table.add_row(Text(verdict, colours[verdict]), Text(check), Text(seen))
    if remedy:
        table.add_row("", "", Text(f"remedy: {remedy}", "bold" if verdict == "bad" else ""))
    Console(highlight=False).print(table)


def conclusion(bad: list[str]) -> str:
    """What to do now. The links hold each other: what is wrong further down may come from the first."""
    if not bad:
        return "nothing is wrong in what was looked at"
    return f"wrong: {', '.join(bad)}" if len(bad) == 1 else f"wrong: {', '.join(bad)}; begin with {bad[0]}"
