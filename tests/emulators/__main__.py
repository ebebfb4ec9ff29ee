"""`python -m tests.emulators [NAME…] [--write] [--json]`: 1 where bucketpass does not answer a case as AWS does."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.emulators import kms_cases, s3_cases, sigv4_cases, sts_cases
from tests.emulators.case import ALLOWED, CASES, Answer, Verdict, answer_of
from tests.emulators.issuer import running_issuer
from tests.emulators.lab import Lab
from tests.emulators.servers import EMULATORS, Emulator, NotInstalled, running

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "emulators.md"
BEGIN, END = "<!-- emulators: python -m tests.emulators --write -->", "<!-- emulators: end -->"
SERVICES = {"S3": s3_cases, "KMS": kms_cases, "STS": sts_cases, "SigV4": sigv4_cases}
Results = dict[str, list[Answer]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask every emulator every case and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulators", description="Compare local emulators with AWS's answers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which emulators (default: {', '.join(EMULATORS)})")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation, with its date")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - EMULATORS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.write and options.names:
        parser.error("--write is about all emulators: name none")
    results: Results = {}
    for name in options.names or EMULATORS:
        try:
            results[name] = ask(EMULATORS[name])
        except NotInstalled as problem:
            print(f"left out: {problem}", file=sys.stderr)
    if options.write and results.keys() == EMULATORS.keys():
        write(results)
    print(json.dumps(_as_json(results), indent=1) if options.json else "\n".join([*summary(results), "", *differences(results)]))
    own = results.get("bucketpass", [])
    return 0 if len(results) == len(options.names or EMULATORS) and all(one.verdict is Verdict.RIGHT for one in own) else 1


def ask(emulator: Emulator) -> list[Answer]:
    """The answers of one emulator to every case. Raises NotInstalled."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emulator-")))
        issuer = stack.enter_context(running_issuer(folder))
        url, admin = stack.enter_context(running(emulator, folder, issuer.ca_file))
        lab = Lab(url, admin, issuer)
        with lab.stack:
            return [answer_of(one, lab) for one in CASES]


def _as_json(results: Results) -> dict[str, object]:
    return {
        name: [
            {"case": one.case.description, "expected": one.case.expected, "got": one.got, "verdict": one.verdict.value} for one in answers
        ]
        for name, answers in results.items()
    }


def summary(results: Results) -> list[str]:
    """A Markdown table: right answers by service, and what the others were."""
    heads = [f"{name} ({EMULATORS[name].mode})" for name in results]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for service in SERVICES:
        asked = [one for one in CASES if one.service == service]
        right = [sum(one.verdict is Verdict.RIGHT for one in answers if one.case.service == service) for answers in results.values()]
        lines.append(f"| {service}, {len(asked)} cases: right | " + " | ".join(map(str, right)) + " |")
    counts = {name: Counter(one.verdict for one in answers) for name, answers in results.items()}
    denied = sum(ALLOWED not in one.expected for one in CASES)
    rows = {
        Verdict.RIGHT: f"all {len(CASES)}: right",
        Verdict.WRONGLY_ALLOWED: f"wrongly allowed, of {denied} that AWS refuses",
        Verdict.WRONGLY_REFUSED: f"wrongly refused, of {len(CASES) - denied} that AWS allows",
        Verdict.OTHER_ERROR: "refused with another error than AWS's",
        Verdict.NOT_ASKED: "cannot be set up",
    }
    lines += [f"| {words} | " + " | ".join(str(counts[name][verdict]) for name in results) + " |" for verdict, words in rows.items()]
    return lines


def differences(results: Results) -> list[str]:
    """A Markdown table: each case that some emulator answered otherwise than AWS."""
    lines = ["| case | AWS | " + " | ".join(results) + " |", "|---|---|" + "---|" * len(results)]
    for number, one in enumerate(CASES):
        answers = [found[number] for found in results.values()]
        if any(answer.verdict is not Verdict.RIGHT for answer in answers):
            cells = ["as AWS" if answer.verdict is Verdict.RIGHT else _cell(answer) for answer in answers]
            lines.append(f"| {one.service}: {one.description} | {' or '.join(one.expected)} | " + " | ".join(cells) + " |")
    return lines


def _cell(answer: Answer) -> str:
    words = {Verdict.WRONGLY_ALLOWED: "**allowed**", Verdict.NOT_ASKED: "cannot be set up"}
    return words.get(answer.verdict, answer.got)


def write(results: Results) -> None:
    """Put both tables between the marks of the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    versions = ", ".join(one.requirement or "" for one in EMULATORS.values() if one.requirement)
    head = f"Measured on {datetime.now(UTC):%Y-%m-%d} with {versions}."
    body = "\n".join([BEGIN, head, "", *summary(results), "", "Where an answer is not AWS's:", "", *differences(results), END])
    PAGE.write_text(f"{before}{body}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
