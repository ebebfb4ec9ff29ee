"""How long `bucketpass prove` takes, as a person starts it: the declaration read, compiled and proved, and every answer written as JSON.

Services share buckets by ten, as in `benchmarks.compile`; each has five grants below prefixes of its own, read and written in turns.

`python -m benchmarks.prove --json`: `command_s_1000` (1,000 grants of 200 services; bar 1.5 s), `command_s_5000` (8 s), `command_s_10000`
(20 s) and `peak_mib_10000` (400 MiB, of the whole process), `command_s_services_1000` (1,000 services with a grant each; 5 s), `growth`
(the exponent from 1,000 to 10,000 grants; 1.15), `command_s_changed` (5,000 grants of which one changed since proofs were kept; 1 s).
Each is the best of `--rounds`, with bytecode as installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GRANTS, SERVICES_PER_BUCKET = 5, 10
BUCKET = "  bucket-{number}: {{}}"
GRANT = "      - {{bucket: bucket-{bucket}, prefix: team-{service}/folder-{number}/, access: {access}}}"


def declaration(services: int, grants: int, changed: str = "") -> str:
    """Return a declaration of so many services, each with so many grants; `changed` is written into the prefix of one of them."""
    buckets = max(1, services // SERVICES_PER_BUCKET)
    lines = ["issuers:", "  ci: {preset: github}", "buckets:", *(BUCKET.format(number=number) for number in range(buckets)), "services:"]
    for service in range(services):
        lines += [
            f"  service-{service}:",
            f"    identity: {{issuer: ci, repository: acme/repository-{service}, environment: production}}",
            "    grants:",
        ]
        for number in range(grants):
            access = "read" if number % 2 else "[read, write]"
            lines.append(GRANT.format(bucket=(service + number) % buckets, service=service, number=number, access=access))
    text = "\n".join(lines) + "\n"
    return text.replace(f"prefix: team-{services // 2}/folder-0/", f"prefix: team-{services // 2}/{changed}/") if changed else text


def command(folder: Path, text: str, *options: str) -> tuple[float, float]:
    """Return the seconds and the MiB of one run of the command, which has to find that all is proved."""
    path = folder / "access.yaml"
    path.write_text(text, encoding="utf-8")
    # With bytecode, as installed: the first of the runs writes it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    arguments = [sys.executable, "-m", "bucketpass", "prove", "--access", str(path), "--json", *options]
    with (folder / "answers.json").open("wb") as answers:
        started = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=answers, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    assert json.loads((folder / "answers.json").read_bytes())["verdict"] == "proved"
    return seconds, used.ru_maxrss / 1024


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Return the measurements by key."""

    def best(text: str) -> tuple[float, float]:
        runs = [command(folder, text) for _ in range(rounds)]
        return min(seconds for seconds, _ in runs), max(peak for _, peak in runs)

    found: dict[str, float] = {}
    for size in (1_000, 5_000, 10_000):
        found[f"command_s_{size}"], found["peak_mib_10000"] = best(declaration(size // GRANTS, GRANTS))
    found["command_s_services_1000"], _ = best(declaration(1_000, 1))
    found["growth"] = math.log10(found["command_s_10000"] / found["command_s_1000"])
    kept = ("--keep-proofs", str(folder / "proofs"))
    command(folder, declaration(1_000, GRANTS), *kept)
    found["command_s_changed"] = min(command(folder, declaration(1_000, GRANTS, f"changed-{one}"), *kept)[0] for one in range(rounds))
    return found


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="runs of each command (default: 2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {name: round(value, 3) for name, value in measure(Path(folder), arguments.rounds).items()}
    print(json.dumps(found) if arguments.json else "\n".join(f"{name:28} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
