"""`bucketpass doctor`: run where the service runs, says in one screen why it cannot reach its data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bucketpass.cli.credential_options import add_credential_options, given_options
from bucketpass.errors import InvalidInput

HELP = "why this service cannot reach its data, here and now"
DECLARATION = Path("access.yaml")
EXIT_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options."""
    add_credential_options(parser)
    parser.add_argument("address", nargs="?", metavar="s3://BUCKET/PREFIX/", help="what to list (with a slash at its end) or to read")
    parser.add_argument("--access", type=Path, help="the declaration to compare with (default: access.yaml, where there is one)")
    parser.add_argument("--trust-policy", type=Path, metavar="FILE", help="the role's trust policy to compare with, as JSON")
    parser.add_argument("--s3-endpoint-url", help="another address of S3 [AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL]")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Show the findings as they are made; exit code 1 where one is bad."""
    from bucketpass.credentials.doctor import Patient, Verdict, examine
    from bucketpass.identity import this_machine
    from bucketpass.model import load_access
    from bucketpass.policy import parse_policy

    machine = this_machine()
    declaration = arguments.access or (DECLARATION if DECLARATION.exists() else None)
    patient = Patient(
        given_options(arguments),
        machine,
        access=load_access(declaration) if declaration else None,
        trust=parse_policy(read(arguments.trust_policy)) if arguments.trust_policy else None,
        address=arguments.address,
        s3_endpoint=arguments.s3_endpoint_url or machine.value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    )
    findings = []
    for finding in examine(patient):
        findings.append(finding)
        if not arguments.json:
            show(finding.check, finding.verdict.value, finding.seen, finding.remedy)
    if arguments.json:
        shown = [{"check": each.check, "verdict": each.verdict.value, "seen": each.seen, "remedy": each.remedy} for each in findings]
        print(json.dumps({"findings": shown}, indent=2))
    return EXIT_FAILED if any(finding.verdict is Verdict.BAD for finding in findings) else 0


def show(check: str, verdict: str, seen: str, remedy: str) -> None:
    """One finding for people."""
    from rich.console import Console
    from rich.text import Text

    colours = {"good": "green", "note": "yellow", "bad": "red", "skipped": "dim"}
    console = Console(highlight=False)
    console.print(Text.assemble((f"{verdict:<8}", colours[verdict]), f"{check:<12}", seen))
    if remedy:
        console.print(Text(f"{'':<20}remedy: {remedy}"))


def read(path: Path) -> str:
    """The file's text. Raises InvalidInput."""
    try:
        return path.read_text()
    except OSError as error:
        raise InvalidInput(f"cannot read `{path}`: {error.strerror}", remedy="correct the path") from None
