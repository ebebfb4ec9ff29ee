"""How long the embedded engine takes for declarations of 1, 10 and 100 services, against the sandbox in a process of its own.

`python -m benchmarks.engine --json`:

- `seconds_preview_1`, `seconds_up_1`, `seconds_noop_1`, `seconds_destroy_1` (bar 0.5 each), and the same for `_10` and
  `_100` (bar for up: 20): runs within one session (`Engine`), which has loaded Pulumi; the program runs in a process of its own each
  time. For one service the median of `ROUNDS` rounds.
- `seconds_cold_preview_1`: a session's start and its first preview: loading pulumi and pulumi-aws is most of it.
- `seconds_command_preview_1`: the whole process of `bucketpass preview`, from nothing to its last line.
- `resources_1`, `resources_100`: how many resources those declarations have.
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

from bucketpass.provision.embedded import Endpoint, Engine, Program, Result, Stack, find_endpoint

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


def seconds(run: Callable[[], Result]) -> float:
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

    def first() -> Result:
        with Engine(endpoint, program.python) as engine:
            return engine.preview(program, Stack.of(program, "cold"))

    return statistics.median(seconds(first) for _ in range(ROUNDS))


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
    rounded = {key: round(value, 3) for key, value in measured.items()}
    print(json.dumps(rounded) if arguments.json else "\n".join(f"{key:28} {value:8.3f}" for key, value in rounded.items()))


if __name__ == "__main__":
    main()
