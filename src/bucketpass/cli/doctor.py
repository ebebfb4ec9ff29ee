"""`bucketpass doctor`: run where the service runs, says in one screen why it cannot reach its data."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.credential_options import add_credential_options, given_options
from bucketpass.cli.json_output import print_json
from bucketpass.errors import Place

if TYPE_CHECKING:
    from bucketpass.credentials.doctor import CheckResult
from bucketpass.credentials.options import OPTIONS

DECLARATION = Path("access.yaml")
EXIT_FAILED = 1
# `--access` is the declaration here; a narrower session is examined as the environment asks for it.
OWN_OPTIONS = tuple(name for name in OPTIONS if name not in {"prefix", "access", "declaration"})
COLOURS = {"good": "green", "skipped": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options."""
    add_credential_options(parser, OWN_OPTIONS)
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
    from bucketpass.credentials.configured import with_configured_endpoint
    from bucketpass.credentials.doctor import CheckVerdict, ExaminedService, examine
    from bucketpass.identity import this_machine
    from bucketpass.model import load_access
    from bucketpass.policy.grammar import PolicyKind

    machine = this_machine(ca_file=arguments.ca_bundle)
    declaration = arguments.access or (DECLARATION if DECLARATION.exists() else None)
    service = ExaminedService(
        with_configured_endpoint(given_options(arguments, OWN_OPTIONS), machine),
        machine,
        access=load_access(declaration) if declaration else None,
        trust=read_policy(arguments.trust_policy, PolicyKind.TRUST).document if arguments.trust_policy else None,
        address=parse_address(arguments.address) if arguments.address is not None else None,
        s3_endpoint=arguments.s3_endpoint_url or machine.value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    )
    findings = []
    for finding in examine(service):
        findings.append(finding)
        if not arguments.json:
            show(finding)
    bad = [finding.check for finding in findings if finding.verdict is CheckVerdict.BAD]
    if arguments.json:
        shown = [dataclasses.asdict(each) | {"verdict": each.verdict.value} for each in findings]
        print_json("doctor", {"checks": shown}, indent=2)
    else:
        print(f"\n{conclusion(bad)}")
    return EXIT_FAILED if bad else 0


def show(result: CheckResult) -> None:
    """One check for people: how it ended, the link of the chain and what was seen; a finding with its code and remedy."""
    from bucketpass.cli.terminal import line, show_finding, style
    from bucketpass.findings import Finding

    if result.code:
        show_finding(Finding(result.code, result.seen, result.remedy, Place(path=result.check)))
    else:
        line(style(COLOURS[result.verdict.value], result.verdict.value), f" {result.check}: {result.seen}")


def conclusion(bad: list[str]) -> str:
    """What to do now. The links hold each other: what is wrong further down may come from the first."""
    if not bad:
        return "nothing is wrong in what was looked at"
    return f"wrong: {', '.join(bad)}" if len(bad) == 1 else f"wrong: {', '.join(bad)}; begin with {bad[0]}"
