"""`python -m tests.agreement`: the engine and the peer answer the same generated rows; every difference has a known kind.

The peer is npm's `@cloud-copilot/iam-simulate` (AGPL): installed beside the project, asked in a process of its own, and never
a part of it. Exit code 1 where a difference is of no known kind, 3 where the peer is not there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from tests.agreement import peer
from tests.agreement.readings import READINGS
from tests.agreement.rows import Row, rows

from bucketpass.decide import decide
from bucketpass.policy import policy_json

READINGS_TOGETHER = 3
SHOWN = 20


def answer(row: Row) -> str:
    """Our answer in the peer's words: the policies' alone, without what S3 refuses whatever they say."""
    decision = decide(*row)
    return (
        "Allowed"
        if decision.allowed or decision.refusal is not None
        else "ExplicitlyDenied"
        if decision.explicit_deny
        else "ImplicitlyDenied"
    )


def kinds(row: Row, theirs: str) -> tuple[str, ...] | None:
    """The fewest of the peer's readings under which the engine answers as the peer does; None where there are none."""
    for count in range(1, READINGS_TOGETHER + 1):
        for chosen in combinations(READINGS, count):
            read = row
            for reading in chosen:
                read = reading.rewrite(read)
            if answer(read) == theirs:
                return tuple(reading.name for reading in chosen)
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, print what was found, and say whether all of it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.agreement")
    parser.add_argument("--rows", type=int, default=112_000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--peer", type=Path, default=Path("build/agreement"), metavar="DIR", help="where npm installed the peer")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    if not peer.is_there(arguments.peer):
        print(
            f"error: the peer is not in `{arguments.peer}`\n  remedy: npm install --prefix {arguments.peer} @cloud-copilot/iam-simulate",
            file=sys.stderr,
        )
        return 3
    asked = list(rows(arguments.seed, arguments.rows))
    theirs = peer.ask(asked, arguments.peer)
    different = [(row, result) for row, result in zip(asked, theirs.results, strict=True) if answer(row) != result]
    found = [(row, result, kinds(row, result)) for row, result in different]
    counts = Counter(" + ".join(names) for _, _, names in found if names is not None)
    unknown = [(row, result) for row, result, names in found if names is None]
    report = {"rows": len(asked), "agree": len(asked) - len(different), "differences": dict(counts.most_common()), "unknown": len(unknown)}
    print(json.dumps(report, indent=None if arguments.json else 2))
    for row, result in unknown[:SHOWN]:
        _show(row, result)
    return 1 if unknown else 0


def _show(row: Row, theirs: str) -> None:
    request, layers = row
    print(f"\n{request.principal.arn} {request.action} {request.resource} {dict(request.context)}", file=sys.stderr)
    for name in ("identity", "resource", "boundary", "session"):
        for policy in getattr(layers, name) or ():
            print(f"  {name}: {policy_json(policy.document)}", file=sys.stderr)
    print(f"  ours: {decide(request, layers).reason}; theirs: {theirs}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
