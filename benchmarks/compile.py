"""How long declarations of 1,000 and 10,000 services with 5 grants each take to compile, and how much memory.

`python -m benchmarks.compile --json`: `seconds_1000` (bar 0.3 s), `seconds_10000` (bar 3.2 s), `peak_mib` (of the larger one,
measured in a run of its own, since measuring slows it down).
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc

from bucketpass.cli.collector import collector_paused
from bucketpass.compile import Target, compile_access
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Service

TARGET = Target("111122223333", "eu-central-1")
GRANTS = 5
SERVICES_PER_BUCKET = 10
READ, WRITE = (AccessLevel.READ,), (AccessLevel.READ, AccessLevel.WRITE)


def declaration(services: int) -> Access:
    """A declaration of so many services; each bucket is shared by ten or so."""
    buckets = max(1, services // SERVICES_PER_BUCKET)
    return Access(
        issuers={"ci": Issuer("github")},
        buckets={f"bucket-{number}": Bucket() for number in range(buckets)},
        services={
            f"service-{number}": Service(
                identity=(Identity("ci", {"repository": f"acme/repository-{number}", "environment": "production"}),),
                grants=tuple(
                    Grant(f"bucket-{(number + index) % buckets}", f"team-{number}/folder-{index}/", READ if index % 2 else WRITE)
                    for index in range(GRANTS)
                ),
            )
            for number in range(services)
        },
    )


def seconds(services: int, rounds: int) -> float:
    """The best of `rounds` compilations."""
    access = declaration(services)
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        with collector_paused():  # as the command line does
            compile_access(access, TARGET)
        taken.append(time.perf_counter() - start)
    return min(taken)


def peak_mib(services: int) -> float:
    """The most memory that Python held for one compilation, without the declaration itself."""
    access = declaration(services)
    tracemalloc.start()
    compile_access(access, TARGET)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    measured = {"seconds_1000": seconds(1_000, 3), "seconds_10000": seconds(10_000, 1), "peak_mib": peak_mib(10_000)}
    rounded = {name: round(value, 3) for name, value in measured.items()}
    print(json.dumps(rounded) if arguments.json else "\n".join(f"{name:16} {value:8.3f}" for name, value in rounded.items()))


if __name__ == "__main__":
    main()
