"""Every way in, for a while, with sessions of 20 seconds and an STS that fails at random.

`python -m benchmarks.soak --minutes 30 --json`: `errors` of callers while there were valid credentials (wanted: 0), `looks` by way in,
`renewals`,
`faults`, and the growth of this process: `rss_first_mib` and `rss_last_mib` after a tenth of the time and at its end, `cpu_share`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.integration.fake_sts import ROLE, FakeSts
from tests.tokens import unsigned_token

from bucketpass.credentials.adapters.boto import botocore_session
from bucketpass.credentials.adapters.container import start_endpoint
from bucketpass.credentials.adapters.object_store import obstore_credential_provider, polars_credential_provider
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

SESSION_SECONDS = 20.0
FAULT_SECONDS = (0.5, 4.0)  # shorter than what is left of a session when it is renewed
CALM_SECONDS = (0.5, 3.0)
SCRIPT = Path(__file__).parents[1] / "src" / "bucketpass" / "credentials" / "run_process.py"
FAULTS: dict[str, Callable[[FakeSts], object]] = {
    "503": lambda sts: sts.refuse(503, "ServiceUnavailable"),
    "throttled": lambda sts: sts.refuse(400, "Throttling"),
    "denied": lambda sts: sts.refuse(403, "AccessDenied"),
    "issuer": lambda sts: sts.refuse(400, "IDPCommunicationError"),
    "garbage": lambda sts: setattr(sts, "answer", lambda number: (200, "<html>portal</html>")),
    "hangs": lambda sts: sts.hold.clear(),
}


class Soak:
    """What is counted, until `over`."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.looks: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def look(self, name: str, take: Callable[[], object], pause: float) -> threading.Thread:
        """Take credentials again and again in a thread."""

        def run() -> None:
            while not self.over.wait(pause):
                try:
                    take()
                except Exception as error:
                    self.errors[f"{name}: {type(error).__name__}: {str(error)[:80]}"] += 1
                self.looks[name] += 1

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def break_sts(self, sts: FakeSts) -> None:
        """One fault after another, with calm between them."""
        while not self.over.wait(random.uniform(*CALM_SECONDS)):
            name = random.choice(sorted(FAULTS))
            self.faults[name] += 1
            FAULTS[name](sts)
            self.over.wait(random.uniform(*FAULT_SECONDS))
            sts.hold.set()
            sts.recover()


def ways_in(provider: Provider, command: list[str]) -> dict[str, tuple[Callable[[], object], float]]:
    """What takes credentials, and how often in seconds."""
    endpoint = start_endpoint(provider)
    request = urllib.request.Request(endpoint.url, headers={"Authorization": endpoint.token_file.read_text()})
    boto = botocore_session(provider).get_credentials()
    assert boto is not None

    def ask_endpoint() -> None:
        with urllib.request.urlopen(request, timeout=5) as answer:
            json.load(answer)

    return {
        "provider": (provider.current, 0.001),
        "async": (lambda: asyncio.run(provider.current_async()), 0.05),
        "botocore": (boto.get_frozen_credentials, 0.001),
        "obstore": (obstore_credential_provider(provider), 0.01),
        "polars": (polars_credential_provider(provider), 0.01),
        "endpoint": (ask_endpoint, 0.02),
        "process": (lambda: subprocess.run(command, check=True, capture_output=True, timeout=30), 1.0),
    }


def rss_mib() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def soak(minutes: float) -> dict[str, object]:
    """Run it, and return what was counted."""
    with FakeSts(life=SESSION_SECONDS) as sts, tempfile.TemporaryDirectory() as directory:
        token = Path(directory) / "token"
        token.write_text(unsigned_token(life=86_400.0))
        cache = f"{directory}/cache"
        provider = service_provider(role_arn=ROLE, source=f"file:{token}", endpoint_url=sts.url, cache=cache)
        provider.current()
        words = ["--role-arn", ROLE, "--token-file", str(token), "--endpoint-url", sts.url, "--cache", cache]
        run = Soak()
        threads = [run.look(name, *way) for name, way in ways_in(provider, [sys.executable, "-I", "-S", str(SCRIPT), *words]).items()]
        breaking = threading.Thread(target=run.break_sts, args=(sts,), daemon=True)
        breaking.start()
        begin, cpu = time.monotonic(), time.process_time()
        run.over.wait(minutes * 6)
        first = rss_mib()
        run.over.wait(minutes * 54)
        last, share = rss_mib(), (time.process_time() - cpu) / (time.monotonic() - begin)
        run.over.set()
        for thread in (*threads, breaking):
            thread.join(40)
        status = provider.status()
        provider.close()
    return {
        "errors": sum(run.errors.values()),
        "kinds": dict(run.errors),
        "looks": dict(run.looks),
        "faults": dict(run.faults),
        "renewals": status.renewals,
        "failures": status.failures,
        "rss_first_mib": round(first, 1),
        "rss_last_mib": round(last, 1),
        "cpu_share": round(share, 2),
    }


def main() -> None:
    """Print what was counted; exit code 1 where a caller met an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    counted = soak(arguments.minutes)
    print(json.dumps(counted) if arguments.json else "\n".join(f"{name:14} {value}" for name, value in counted.items()))
    raise SystemExit(1 if counted["errors"] else 0)


if __name__ == "__main__":
    main()
