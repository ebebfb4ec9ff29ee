"""Every way in, for a while, with sessions of 20 seconds and an STS that fails at random.

`python -m benchmarks.soak --minutes 30 --json`: each adapter and each client below `exec` reads from the sandbox again and again, in the
environments of `make client-environments`, while a relay in front of its STS fails in one way after another, and the service's token is
replaced; once, in the middle, STS is down for longer than a session. Printed are

- `errors` of callers while the host had valid credentials (wanted: 0), with their words and how long each call took in `kinds`: a machine
  that takes longer than a tenth of a session to send what it has signed is too busy for this; `errors_without` while the host had none,
  and `seconds_without`
- `looks` by way in, `faults`, `calls` of STS, `renewals`
- `rss_mib` of each process after a tenth of the time and at its end (`exec NAME` is bucketpass itself, `exec NAME (1)` its command),
  `rss_total_mib` also in the middle; `cpu_share` of all of them in the first and the second half
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from tests.integration.fake_sts import FakeSts
from tests.integration.test_clients import DECLARATION, ENVIRONMENTS, ROOT, TABLES, Service, spark_variables

from bucketpass.credentials.adapters.boto import botocore_session
from bucketpass.credentials.adapters.container import start_endpoint
from bucketpass.credentials.adapters.object_store import obstore_credential_provider, polars_credential_provider
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider
from bucketpass.credentials.warm import head_of, open_trusted, read_entry
from bucketpass.model import parse_access
from bucketpass.sandbox import Sandbox, SandboxOptions

SESSION_SECONDS = 20
READ_SECONDS = 4.0  # between the reads of a client
ROTATE_SECONDS = 300.0  # between the service's tokens
FAULT_SECONDS = (0.5, 3.0)  # shorter than what is left of a session when it is renewed
CALM_SECONDS = (1.0, 4.0)
OUTAGE_SECONDS = 30.0
LEARNT_SECONDS = 3.0  # until every process has what another one of the host got after an outage: they look each second
SCRIPT = ROOT / "src" / "bucketpass" / "credentials" / "run_process.py"
AGAIN = ROOT / "tests" / "clients" / "again.py"
# Environment -> its clients. Those named `own-...` and `loader` use an adapter; the others know nothing of bucketpass.
CLIENTS: dict[str, tuple[str, ...]] = {
    "": ("boto3", "own-boto3"),
    "data": (
        *("s3fs", "obstore", "polars", "pyarrow", "duckdb", "s3torchconnector", "datasets", "lance"),
        *("own-s3fs", "own-aiobotocore", "own-obstore", "own-polars", "own-pyarrow", "own-duckdb", "own-datasets", "own-lance"),
    ),
    "lakes": ("deltalake", "tensorstore", "daft", "own-deltalake", "own-tensorstore", "own-daft"),
    "torch": ("loader",),
    "spark": ("s3a",),
}


class RelayedSts(FakeSts):
    """An STS that hands each call on to the sandbox's, while it has no fault."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def grant(self, number: int) -> tuple[int, str]:
        """The sandbox's answer to the call of this number."""
        body = urllib.parse.urlencode(self.calls[number - 1]).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address, body), timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


FAULTS: dict[str, Callable[[FakeSts], object]] = {
    "503": lambda sts: sts.refuse(503, "ServiceUnavailable"),
    "throttled": lambda sts: sts.refuse(400, "Throttling"),
    "denied": lambda sts: sts.refuse(403, "AccessDenied"),
    "issuer": lambda sts: sts.refuse(400, "IDPCommunicationError"),
    "token": lambda sts: sts.refuse(400, "InvalidIdentityToken"),
    "garbage": lambda sts: setattr(sts, "answer", lambda number: (200, "<html>portal</html>")),
    "hangs": lambda sts: sts.hold.clear(),
}


class CallerError(NamedTuple):
    """What a caller met, and between which times."""

    way: str
    begin: float
    end: float
    message: str


class Soak:
    """What is counted, until `over`."""

    def __init__(self, cache: str) -> None:
        self.over = threading.Event()
        self.cache = cache
        self.looks: Counter[str] = Counter()
        self.errors: list[CallerError] = []
        self.faults: Counter[str] = Counter()
        self.lacking: list[tuple[float, float]] = []  # when the host had no valid credentials

    def start(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        """A thread of the soak."""
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def look(self, way: str, take: Callable[[], object], pause: float) -> None:
        """Take credentials again and again."""
        while not self.over.wait(pause):
            begin = time.monotonic()
            try:
                take()
            except Exception as error:
                self.errors.append(CallerError(way, begin, time.monotonic(), f"{type(error).__name__}: {str(error)[:200]}"))
            self.looks[way] += 1

    def listen(self, way: str, client: subprocess.Popen[str]) -> None:
        """Count what a client prints, until it ends."""
        for line in client.stdout or ():
            told = json.loads(line)
            if "error" in told:
                self.errors.append(CallerError(way, told["begin"], told["end"], told["error"]))
            self.looks[way] += told.get("reads", 0)
        if client.wait():
            self.errors.append(CallerError(way, 0.0, time.monotonic(), f"ended with {client.returncode}"))

    def break_sts(self, sts: FakeSts, outage_at: float) -> None:
        """One fault after another, with calm between them; an outage of all at one time."""
        while not self.over.wait(random.uniform(*CALM_SECONDS)):
            is_outage = not self.faults["outage"] and time.monotonic() >= outage_at
            name = "outage" if is_outage else random.choice(sorted(FAULTS))
            self.faults[name] += 1
            FAULTS["503" if is_outage else name](sts)
            self.over.wait(OUTAGE_SECONDS if is_outage else random.uniform(*FAULT_SECONDS))
            sts.hold.set()
            sts.recover()

    def watch(self) -> None:
        """Note when the host has no valid credentials: then nobody can be given any."""
        since = None
        while not self.over.wait(0.05):
            now = time.monotonic()
            if not self.has_credentials():
                since = now if since is None else since
            elif since is not None:
                self.lacking.append((since, now))
                since = None

    def has_credentials(self) -> bool:
        """True if the host's cache has credentials that have not ended."""
        directory = open_trusted(self.cache)
        try:
            names = [path.name for path in Path(self.cache).iterdir() if path.name.isalnum()]
            heads = [head_of(read_entry(directory, name)) for name in names]
            return any(head is not None and time.time() < head[1] for head in heads)
        finally:
            os.close(directory)

    def excused(self, error: CallerError) -> bool:
        """True if the host had no valid credentials at some time of this call, or had them only since a moment."""
        return any(begin <= error.end and error.begin <= end + LEARNT_SECONDS for begin, end in self.lacking)


def serve_sandbox(directory: str, pipe: Connection) -> None:
    """Be the sandbox with its deployed service, in a process of its own, until the pipe says something."""
    options = SandboxOptions(access=parse_access(DECLARATION, "access.yaml"), min_session_seconds=1)
    with Sandbox(options) as sandbox:
        service = Service(sandbox, Path(directory))
        for module, environment in (("lance", "data"), ("deltalake", "lakes")):
            python = ENVIRONMENTS / environment / "bin" / "python"
            if python.exists() and module in TABLES:
                service.put_table(str(python), module)
        pipe.send((sandbox.http_url, service.variables(BUCKETPASS_DURATION=str(SESSION_SECONDS))))
        while not pipe.poll(ROTATE_SECONDS):
            service.rotate()


def ways_in(provider: Provider, command: list[str], variables: Mapping[str, str]) -> dict[str, tuple[Callable[[], object], float]]:
    """What takes credentials in this process, and how often in seconds."""
    endpoint = start_endpoint(provider)
    request = urllib.request.Request(endpoint.url, headers={"Authorization": endpoint.token_file.read_text()})
    boto = botocore_session(provider).get_credentials()
    assert boto is not None

    def ask_endpoint() -> None:
        with urllib.request.urlopen(request, timeout=5) as answer:
            json.load(answer)

    return {
        "provider": (provider.current, 0.01),
        "async": (lambda: asyncio.run(provider.current_async()), 0.05),
        "botocore": (boto.get_frozen_credentials, 0.01),
        "obstore": (obstore_credential_provider(provider), 0.01),
        "polars": (polars_credential_provider(provider), 0.01),
        "endpoint": (ask_endpoint, 0.05),
        "process": (lambda: subprocess.run(command, env=variables, check=True, capture_output=True, timeout=30), 1.0),
    }


def clients(variables: Mapping[str, str]) -> dict[str, subprocess.Popen[str]]:
    """Every client whose environment is installed, as a process that reads until its standard input is closed."""
    started = {}
    for environment, names in CLIENTS.items():
        python = Path(sys.executable) if not environment else ENVIRONMENTS / environment / "bin" / "python"
        for name in names if python.exists() else ():
            words = [str(python), str(AGAIN), name, str(READ_SECONDS)]
            is_adapter = name == "loader" or name.startswith("own-")
            command = words if is_adapter else [sys.executable, "-m", "bucketpass", "exec", "--", *words]
            own = {**variables, "SCRATCH": f"{variables['SCRATCH']}-{name}", **(spark_variables(words[0]) if name == "s3a" else {})}
            way = name if is_adapter else f"exec {name}"
            started[way] = subprocess.Popen(
                command, env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
    return started


class Measure(NamedTuple):
    """What the processes hold and have taken so far."""

    rss_mib: dict[str, float]
    cpu_seconds: float
    at: float


def measured(processes: Mapping[str, int]) -> Measure:
    """The memory of each process and of its children, and the processor time of all."""
    rss: dict[str, float] = {}
    ticks = 0
    for name, process in processes.items():
        # Of this process the others are children, which count by their own names.
        family = (process,) if process == os.getpid() else (process, *children(process))
        for number, each in enumerate(family):
            try:
                fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
                pages = int(Path(f"/proc/{each}/statm").read_text().split()[1])
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
            key = name if not number else f"{name} ({number})"
            rss[key] = round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
    return Measure(rss, ticks / os.sysconf("SC_CLK_TCK"), time.monotonic())


def children(process: int) -> list[int]:
    """The processes that this one started, and theirs."""
    try:
        own = [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []
    return [each for child in own for each in (child, *children(child))]


def soak(minutes: float) -> dict[str, object]:
    """Run it, and return what was counted."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        sandbox = context.Process(target=serve_sandbox, args=(directory, other))
        sandbox.start()
        address, variables = pipe.recv()
        try:
            with RelayedSts(address) as sts:
                return soaked(minutes, sts, variables | {"AWS_ENDPOINT_URL_STS": sts.url})
        finally:
            pipe.send("over")
            sandbox.join()


def soaked(minutes: float, sts: FakeSts, variables: dict[str, str]) -> dict[str, object]:
    """Let everybody read, with faults, and return what was counted."""
    cache, role, token = variables["BUCKETPASS_CACHE"], variables["AWS_ROLE_ARN"], variables["AWS_WEB_IDENTITY_TOKEN_FILE"]
    provider = service_provider(role_arn=role, source=f"file:{token}", endpoint_url=sts.url, cache=cache, duration=SESSION_SECONDS)
    provider.current()
    run = Soak(cache)
    own = ways_in(provider, [sys.executable, "-I", "-S", str(SCRIPT)], variables)
    started = clients(variables)
    threads = [run.start(run.look, way, *arguments) for way, arguments in own.items()]
    listening = [run.start(run.listen, way, client) for way, client in started.items()]
    threads += [run.start(run.break_sts, sts, time.monotonic() + minutes * 30), run.start(run.watch)]
    processes = {"this process": os.getpid(), **{way: client.pid for way, client in started.items()}}
    measures = []
    for share in (0.1, 0.45, 0.45):
        run.over.wait(minutes * 60 * share)
        measures.append(measured(processes))
    run.over.set()
    for client in started.values():
        if client.stdin is not None:
            client.stdin.close()
    for thread in (*threads, *listening):
        thread.join(60)
    status = provider.status()
    provider.close()
    errors = [error for error in run.errors if not run.excused(error)]
    first, middle, last = measures
    return {
        "errors": len(errors),
        "kinds": dict(Counter(f"{error.way}: {error.message} (after {error.end - error.begin:.0f} s)" for error in errors)),
        "errors_without": len(run.errors) - len(errors),
        "seconds_without": round(sum(end - begin for begin, end in run.lacking), 1),
        "looks": dict(sorted(run.looks.items())),
        "faults": dict(run.faults),
        "calls": len(sts.calls),
        "renewals": status.renewals,
        "failures": status.failures,
        "rss_total_mib": [round(sum(each.rss_mib.values()), 1) for each in measures],
        "rss_mib": {name: [first.rss_mib.get(name, 0.0), held] for name, held in last.rss_mib.items()},
        "cpu_share": [round((b.cpu_seconds - a.cpu_seconds) / (b.at - a.at), 2) for a, b in ((first, middle), (middle, last))],
    }


def main() -> None:
    """Print what was counted; exit code 1 where a caller met an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    counted = soak(arguments.minutes)
    print(json.dumps(counted) if arguments.json else "\n".join(f"{name:16} {value}" for name, value in counted.items()))
    raise SystemExit(1 if counted["errors"] else 0)


if __name__ == "__main__":
    main()
