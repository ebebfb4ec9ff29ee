"""How long the embedded engine takes for declarations of 1, 10 and 100 services, against the sandbox in a process of its own.

`python -m benchmarks.engine --json`:

- `seconds_preview_1`, `seconds_up_1`, `seconds_noop_1`, `seconds_destroy_1` , and the same for `_10` and
  `_100`: runs within one session (`Engine`), which has loaded Pulumi; the program runs in a process of its own each
  time. For one service the median of `ROUNDS` rounds.
- `seconds_cold_preview_1`: a session's start and its first preview: loading pulumi and pulumi-aws is most of it.
- `seconds_command_preview_1`: the whole process of `bucketpass preview`, from nothing to its last line.
- `resources_1`, `resources_100`: how many resources those declarations have.
- `seconds_review_1000`: `bucketpass review` of a plan of 1,000 resources (bar 3), without the process's start.

Bars: preview, up, no-op and destroy of one service 0.1 each, up of 100 services 1.5. `preview` and `up` look for drift; the `up` that is
measured follows a preview of the same program, and need not preview it again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bucketpass.compile import Target
from bucketpass.provision.embedded import Endpoint, Engine, Program, RunResult, Stack, find_endpoint
from bucketpass.review import inventory_of, review, terraform_plan

SIZES = (1, 10, 100)
ROUNDS = 3
SERVICES_PER_BUCKET = 10


def declaration(services: int) -> str:
    """An access.yaml of so many services; ten share a bucket."""
    buckets = range(-(-services // SERVICES_PER_BUCKET))
    lines = ['issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}', "buckets:"]
    lines += [f"  datasets-{number}: {{}}" for number in buckets]
    lines += ["services:"]
    for number in range(services):
        grant = f"{{bucket: datasets-{number // SERVICES_PER_BUCKET}, prefix: team-{number}/, access: write}}"
        lines.append(f"  trainer-{number}: {{identity: {{issuer: okta, subject: subject-{number}}}, grants: [{grant}]}}")
    return "\n".join(lines)


@contextmanager
def sandbox(folder: Path) -> Iterator[Endpoint]:
    """A running sandbox in a process of its own."""
    command = [sys.executable, "-m", "bucketpass", "sandbox", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield find_endpoint("sandbox", (folder,), {})
        finally:
            process.terminate()


def seconds(run: Callable[[], RunResult]) -> float:
    """How long a run took that went well."""
    start = time.perf_counter()
    result = run()
    taken = time.perf_counter() - start
    if not result.ok:
        raise SystemExit(f"{result.error} {[step.reason for step in result.failed]} {[message.text for message in result.messages]}")
    return taken


def lives(engine: Engine, folder: Path, services: int, rounds: int) -> dict[str, float]:
    """The medians of a stack's whole life."""
    (folder / "access.yaml").write_text(declaration(services))
    program = Program.of_access(folder / "access.yaml")
    stack = Stack.of(program, f"bench-{services}")
    taken: dict[str, list[float]] = {}
    resources = 0
    for _ in range(rounds):
        for name, run in (
            ("preview", lambda: engine.preview(program, stack)),
            ("up", lambda: engine.up(program, stack)),
            ("noop", lambda: engine.up(program, stack)),
        ):
            taken.setdefault(name, []).append(seconds(run))
        result = engine.destroy(stack)
        resources = len(result.steps)
        seconds(lambda: engine.up(program, stack))
        taken.setdefault("destroy", []).append(seconds(lambda: engine.destroy(stack)))
    return {f"seconds_{name}_{services}": statistics.median(values) for name, values in taken.items()} | {
        f"resources_{services}": resources
    }


def cold(endpoint: Endpoint, folder: Path) -> float:
    """A session's start and its first preview."""
    program = Program.of_access(folder / "access.yaml")

    def first() -> RunResult:
        with Engine(endpoint, program.python) as engine:
            return engine.preview(program, Stack.of(program, "cold"))

    return statistics.median(seconds(first) for _ in range(ROUNDS))


def review_of_a_thousand() -> float:
    """A review of a Terraform plan of 1,000 resources, none of which has a fault that needs a proof."""
    target, host = Target("111122223333", "us-east-1"), "acme.okta.com"
    provider = {"url": f"https://{host}", "client_id_list": ["a"]}
    resources = [{"address": "issuer", "type": "aws_iam_openid_connect_provider", "values": provider}]
    for number in range(250):
        both = [f"arn:aws:s3:::b{number}", f"arn:aws:s3:::b{number}/*"]
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{target.account}:oidc-provider/{host}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{host}:aud": "a", f"{host}:sub": f"job-{number}"}},
        }
        allow = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": both}
        tls = {"Bool": {"aws:SecureTransport": "false"}}
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": tls}
        rows = {
            "aws_iam_role": {"name": f"r{number}", "assume_role_policy": document(trust)},
            "aws_iam_role_policy": {"role": f"r{number}", "name": "p", "policy": document(allow)},
            "aws_s3_bucket": {"bucket": f"b{number}"},
            "aws_s3_bucket_policy": {"bucket": f"b{number}", "policy": document(deny)},
        }
        resources += [{"address": f"{kind}.{number}", "type": kind, "values": values} for kind, values in rows.items()]
    plan = {"planned_values": {"root_module": {"resources": resources}}}
    start = time.perf_counter()
    found = review(inventory_of(terraform_plan(plan, "plan.json"), target))
    taken = time.perf_counter() - start
    if {finding.code for finding in found} != {"no-public-access-block"}:
        raise SystemExit(f"found {sorted({finding.code for finding in found})}")
    return taken


def document(statement: object) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def command(folder: Path) -> float:
    """The whole process of `bucketpass preview`."""
    words = [sys.executable, "-m", "bucketpass", "preview", "--stack", "command"]
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=os.environ)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    measured: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bucketpass-bench-") as name:
        folder = Path(name)
        (folder / "access.yaml").write_text(declaration(1))
        with sandbox(folder) as endpoint:
            measured["seconds_cold_preview_1"] = cold(endpoint, folder)
            measured["seconds_command_preview_1"] = command(folder)
            with Engine(endpoint) as engine:
                for size in SIZES:
                    measured |= lives(engine, folder, size, ROUNDS if size == 1 else 1)
    measured["seconds_review_1000"] = review_of_a_thousand()
    rounded = {key: round(value, 3) for key, value in measured.items()}
    print(json.dumps(rounded) if arguments.json else "\n".join(f"{key:28} {value:8.3f}" for key, value in rounded.items()))


if __name__ == "__main__":
    main()
