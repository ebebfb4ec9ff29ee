"""How fast the decision engine answers, on one core: `python -m benchmarks.decide --json`.

Requests are honest: each differs in key and context, and half of them are refused. Policies are prepared once, as they are in
use. Rates are by processor time, since other work on the machine says nothing of the engine. Where node and the peer
(`@cloud-copilot/iam-simulate`) are there, it is asked the same in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.agreement import peer
from tests.agreement.rows import Row

from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet, Principal, PrincipalKind, decide, prepare
from bucketpass.decide.reasons import explain
from bucketpass.policy import parse_policy
from bucketpass.policy.pattern import compile_parts, parse_pattern

REPEATS = 20
REQUESTS = 20_000
EXPLAINED = 4_000
PEER_REQUESTS = 1_000
CALLER = Principal(
    PrincipalKind.ROLE_SESSION,
    arn="arn:aws:iam::111122223333:role/trainer",
    account="111122223333",
    session_arn="arn:aws:sts::111122223333:assumed-role/trainer/run",
)


def layers_of(count: int) -> PolicySet:
    """A role whose policy has so many statements, each with its own prefix and a condition."""
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": f"arn:aws:s3:::datasets/team-{number}/*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        }
        for number in range(count)
    ]
    return PolicySet(identity=(NamedPolicy("data", parse_policy({"Version": "2012-10-17", "Statement": statements})),))


def requests_for(count: int, number: int) -> list[AuthorizationRequest]:
    """So many requests, all different: every second is outside of what is allowed."""
    return [
        AuthorizationRequest(
            CALLER,
            "s3:GetObject",
            f"arn:aws:s3:::datasets/team-{index // 2 % count + index % 2 * count}/part-{index}",
            {"aws:SecureTransport": "true", "aws:PrincipalArn": CALLER.arn, "aws:userid": f"AROAEXAMPLE:run-{index}"},
        )
        for index in range(number)
    ]


def per_second(work: Callable[[], int]) -> float:
    """The best rate of some runs: what disturbs a run, the first one of the process included, only makes it slower."""
    best = 0.0
    for _ in range(REPEATS):
        started = time.process_time()
        done = work()
        best = max(best, done / (time.process_time() - started))
    return best


def decisions_per_second(count: int) -> float:
    """Decisions a second on a policy of so many statements."""
    prepared, asked = prepare(layers_of(count)), requests_for(count, REQUESTS)
    if sum(decide(request, prepared).allowed for request in asked) != REQUESTS // 2:
        raise RuntimeError("the benchmark's own requests are decided wrongly")
    return per_second(lambda: len([decide(request, prepared) for request in asked]))


def explanations_per_second() -> float:
    """Full explanations a second on a policy of one statement."""
    prepared, asked = prepare(layers_of(1)), requests_for(1, EXPLAINED)
    return per_second(lambda: len([explain(request, prepared) for request in asked]))


def hostile_pattern_ms() -> float:
    """Milliseconds for a pattern of 20 stars on a key of 60 characters that it nearly matches."""
    matcher = compile_parts(parse_pattern("*a" * 20 + "*b"))
    return 1000 / per_second(lambda: len([matcher("a" * 60) for _ in range(200)]))


def import_ms() -> float:
    """Milliseconds that `import bucketpass.decide` takes in a fresh interpreter with bytecode, as installed: the best of a few."""
    code = "import time; t = time.process_time(); import bucketpass.decide; print((time.process_time() - t) * 1000)"
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        command = [sys.executable, "-c", code]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True, env=environment) for _ in range(REPEATS + 1)]
    return min(float(run.stdout) for run in runs[1:])


def peer_per_second(count: int, folder: Path) -> float | None:
    """The peer's validated decisions a second; None where it is not there."""
    if not peer.is_there(folder):
        return None
    layers = layers_of(count)
    number = PEER_REQUESTS // (1 if count == 1 else 4)
    return number / peer.ask([Row(request, layers) for request in requests_for(count, number)], folder).seconds


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decide")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--peer", type=Path, default=Path("build/agreement"), metavar="DIR", help="where npm installed the peer")
    arguments = parser.parse_args()
    measured = {
        "decisions_per_s_1": round(decisions_per_second(1)),
        "decisions_per_s_50": round(decisions_per_second(50)),
        "decisions_per_s_explained": round(explanations_per_second()),
        "hostile_pattern_ms": round(hostile_pattern_ms(), 4),
        "import_ms": round(import_ms(), 1),
    }
    theirs = {f"peer_decisions_per_s_{count}": peer_per_second(count, arguments.peer) for count in (1, 50)}
    found = measured | {name: None if value is None else round(value) for name, value in theirs.items()}
    print(json.dumps(found) if arguments.json else "\n".join(f"{name:<28} {value}" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
