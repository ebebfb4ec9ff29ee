"""What credentials cost: a process, a stampede of processes, a look-up, the local endpoint; and the same of botocore and aws-cli.

`python -m benchmarks.credentials --json`, with the bars of each:

- `process_warm_ms` (12), `process_warm_mib` (10): the credential process with a warm cache; `python_start_ms` is an
  interpreter that does nothing, on the same machine in the same run
- `process_cold_ms` (45 and the round trip, `sts_round_trip_ms`): the same with no cache; over https `tls_ms` come on top, for
  Python's `ssl` and the machine's authorities
- `storm_sts_calls` (1), `storm_median_ms` (200): 64 processes at once with no cache, STS answering in 50 ms;
  `storm_python_median_ms`: 64 interpreters at once that do nothing
- `lookup_ns` (150): the credentials of a provider; `boto_lookup_ns`: the same through our botocore adapter
- `renewal_cpu_ms` (1): what a whole renewal takes of the interpreter, and so the longest that it could hold up an event loop
- `endpoint_p50_us` (200), `endpoint_p99_us` (1,000): a connection of its own for each request, as the SDKs do;
  `endpoint_rps` (5,000): eight connections that stay; `endpoint_rss_mib` (24)
- `botocore_*`; `awscli_*` and `awscli2_*` where an aws-cli 1 and 2 are found (`make clients`; Debian's awscli is a 2, which takes no
  other address of STS: measured is how long it takes to print keys that it has, so the least that it can take)

STS is a stand-in on loopback.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Sequence
from pathlib import Path

from tests.integration.fake_sts import ROLE, FakeSts
from tests.tokens import unsigned_token

from bucketpass.credentials.adapters.boto import botocore_session
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

PROCESS = Path(__file__).parents[1] / "src" / "bucketpass" / "credentials" / "run_process.py"
PYTHON = (sys.executable, "-I", "-S")
STORM = 64
STORMS = 7  # of which the median is told, and the most calls
STS_SECONDS = 0.05
BOTOCORE = "import botocore.session; botocore.session.Session().get_credentials().get_frozen_credentials()"
# Started by a small process, because a child's peak memory counts what its parent had when it was forked.
PEAK = "import posix, sys; pid = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ); print(posix.wait4(pid, 0)[2].ru_maxrss)"
TLS = "import ssl; ssl.create_default_context()"
NOTHING = Path(os.devnull)


class Service:
    """A service on this machine: its token, its caches, and an STS on loopback."""

    def __init__(self, directory: Path, sts: FakeSts) -> None:
        self.directory = directory
        self.sts = sts
        self.token = directory / "token"
        self.token.write_text(unsigned_token())
        self.caches = 0

    def new_cache(self) -> str:
        """A directory that nobody has used yet."""
        self.caches += 1
        return str(self.directory / f"cache-{self.caches}")

    def command(self, cache: str) -> list[str]:
        """Our credential process."""
        words = ["--role-arn", ROLE, "--token-file", str(self.token), "--endpoint-url", self.sts.url, "--cache", cache]
        return [*PYTHON, str(PROCESS), *words]

    def variables(self) -> dict[str, str]:
        """What the SDKs need for the same."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {
            **kept,
            "AWS_ROLE_ARN": ROLE,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.token),
            "AWS_ENDPOINT_URL_STS": self.sts.url,
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": str(NOTHING),
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def run(command: Sequence[str], variables: dict[str, str] | None = None) -> float:
    """Milliseconds from start to end of one process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, env=variables, check=True)
    return (time.perf_counter() - start) * 1000


def peak_mib(command: Sequence[str], variables: dict[str, str] | None = None) -> float:
    """The most memory that the process held."""
    done = subprocess.run([*PYTHON, "-c", PEAK, *command], capture_output=True, text=True, env=variables, check=True)
    return int(done.stdout.splitlines()[-1]) / 1024


def storm(command: Sequence[str], variables: dict[str, str] | None = None) -> float:
    """The median of milliseconds that each of 64 processes took, all started at once."""
    selector = selectors.DefaultSelector()
    processes = []
    for _ in range(STORM):
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=variables)
        processes.append(process)
        selector.register(process.stdout or sys.stdin, selectors.EVENT_READ, started)
    taken: list[float] = []
    while len(taken) < STORM:
        for key, _ in selector.select():
            if not os.read(key.fd, 65_536):
                selector.unregister(key.fileobj)
                taken.append((time.perf_counter() - key.data) * 1000)
    for process in processes:
        process.communicate()
        if process.returncode:
            raise SystemExit(f"a process of the storm failed: {command}")
    return statistics.median(taken)


def measure_processes(service: Service, rounds: int) -> dict[str, float]:
    """Single processes and storms of our own."""
    warm = service.command(service.new_cache())
    run(warm)
    measured = {
        "python_start_ms": statistics.median(run([*PYTHON, "-c", "pass"]) for _ in range(rounds)),
        "process_warm_ms": statistics.median(run(warm) for _ in range(rounds)),
        "process_warm_mib": peak_mib(warm),
        "process_cold_ms": statistics.median(run(service.command(service.new_cache())) for _ in range(rounds)),
        "sts_round_trip_ms": round_trip(service),
        "tls_ms": statistics.median(run([*PYTHON, "-c", TLS]) - run([*PYTHON, "-c", "pass"]) for _ in range(rounds)),
    }
    service.sts.delay = STS_SECONDS
    nothing, ours, calls = [], [], []
    for _ in range(STORMS):
        nothing.append(storm([*PYTHON, "-c", "pass"]))
        before = len(service.sts.calls)
        ours.append(storm(service.command(service.new_cache())))
        calls.append(len(service.sts.calls) - before)
    service.sts.delay = 0.0
    return measured | {
        "storm_python_median_ms": statistics.median(nothing),
        "storm_median_ms": statistics.median(ours),
        "storm_sts_calls": max(calls),
    }


def round_trip(service: Service) -> float:
    """Milliseconds of one request to the stand-in, by a client that is already loaded."""
    from bucketpass.wire.client import HttpRequest
    from bucketpass.wire.network import Network

    request = HttpRequest("POST", f"{service.sts.url}/", (("Content-Type", "application/x-www-form-urlencoded"),), b"Action=x")
    return statistics.median(timeit.repeat(lambda: Network().send(request, timeout=5), number=1, repeat=50)) * 1000


def measure_lookup(service: Service) -> dict[str, float]:
    """Nanoseconds of a look-up."""
    own = service_provider(role_arn=ROLE, source=f"file:{service.token}", endpoint_url=service.sts.url, cache="off")
    own.current()
    ours = botocore_session(own).get_credentials()
    assert ours is not None
    number = 200_000

    def best(function: object) -> float:
        return min(timeit.repeat("f()", globals={"f": function}, number=number, repeat=7)) / number * 1e9

    return {
        "lookup_ns": best(own.current),
        "boto_lookup_ns": best(ours.get_frozen_credentials),
        "renewal_cpu_ms": statistics.median(renewal_cpu_ms(own) for _ in range(20)),
    }


def renewal_cpu_ms(own: Provider) -> float:
    """The processor time of this thread for one renewal, over the network and back."""
    own._renew = 0.0
    start = time.thread_time()
    own.renew_if_due()
    return (time.thread_time() - start) * 1000


def measure_endpoint(service: Service) -> dict[str, float]:
    """The endpoint of `bucketpass serve`, in a process of its own."""
    token_file = service.directory / "endpoint-token"
    words = ["serve", "--cache", service.new_cache(), "--endpoint-token-file", str(token_file)]
    server = subprocess.Popen([sys.executable, "-m", "bucketpass", *words], stdout=subprocess.PIPE, text=True, env=service.variables())
    try:
        lines = [server.stdout.readline() for _ in range(2)] if server.stdout else []
        port = int(lines[0].split(":")[2].partition("/")[0])
        request = f"GET /credentials HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token_file.read_text()}\r\n\r\n".encode()
        ask(port, request)
        taken = sorted(timeit.repeat(lambda: ask(port, request), number=1, repeat=5000))
        rps = requests_per_second(port, request)
        status = Path(f"/proc/{server.pid}/status").read_text()
        rss = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    finally:
        server.terminate()
        server.communicate()
    return {
        "endpoint_p50_us": taken[len(taken) // 2] * 1e6,
        "endpoint_p99_us": taken[len(taken) * 99 // 100] * 1e6,
        "endpoint_rps": rps,
        "endpoint_rss_mib": rss,
    }


def ask(port: int, request: bytes) -> None:
    """One request with a connection of its own."""
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(request)
        if not caller.recv(65_536).startswith(b"HTTP/1.1 200"):
            raise SystemExit("the endpoint did not answer 200")


def requests_per_second(port: int, request: bytes, connections: int = 8, seconds: float = 2.0) -> float:
    """Answers in a second to callers who each wait for one before they ask again."""
    selector = selectors.DefaultSelector()
    callers = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for caller in callers:
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(caller, selectors.EVENT_READ, caller)
        caller.sendall(request)
    answers, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select():
            key.data.recv(65_536)
            answers += 1
            key.data.sendall(request)
    for caller in callers:
        caller.close()
    return answers / seconds


def measure_botocore(service: Service, rounds: int) -> dict[str, float]:
    """The same of botocore's web identity."""
    from botocore.session import Session

    command, variables = [sys.executable, "-c", BOTOCORE], service.variables()
    os.environ.update(variables)
    theirs = Session().get_credentials()
    assert theirs is not None
    theirs.get_frozen_credentials()
    number = 20_000
    lookup = min(timeit.repeat(theirs.get_frozen_credentials, number=number, repeat=5)) / number * 1e9
    measured = {
        "botocore_process_ms": statistics.median(run(command, variables) for _ in range(max(rounds // 4, 5))),
        "botocore_process_mib": peak_mib(command, variables),
        "botocore_lookup_ns": lookup,
    }
    service.sts.delay, before = STS_SECONDS, len(service.sts.calls)
    measured["botocore_storm_median_ms"] = storm(command, variables)
    measured["botocore_storm_sts_calls"] = len(service.sts.calls) - before
    service.sts.delay = 0.0
    return measured


def measure_awscli(service: Service, aws: str) -> dict[str, float]:
    """The same of aws-cli: one command that needs credentials and no request of its own."""
    variables = {**service.variables(), "HOME": str(service.directory)}
    command = [aws, "s3", "presign", "s3://datasets/raw/1"]
    return {
        "awscli_process_ms": statistics.median(run(command, variables) for _ in range(5)),
        "awscli_process_mib": peak_mib([shutil.which(aws) or aws, *command[1:]], variables),
    }


def measure_awscli2(service: Service, aws: str) -> dict[str, float]:
    """The least that aws-cli 2 takes as a credential process: it prints keys that stand in its environment."""
    keys = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "example"}
    variables = {**service.variables(), **keys, "HOME": str(service.directory)}
    command = [aws, "configure", "export-credentials", "--format", "process"]
    return {
        "awscli2_process_ms": statistics.median(run(command, variables) for _ in range(5)),
        "awscli2_process_mib": peak_mib(command, variables),
    }


def is_awscli2(aws: str) -> bool:
    """Whether the program is there, and is aws-cli 2."""
    return os.access(aws, os.X_OK) and b"aws-cli/2" in subprocess.run([aws, "--version"], capture_output=True, check=False).stdout


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rounds", type=int, default=60, help="single processes to measure of each kind")
    parser.add_argument("--aws", default="build/clients/awscli/bin/aws", help="an aws-cli 1 to measure beside it")
    parser.add_argument("--aws2", default="/usr/bin/aws", help="an aws-cli 2 to measure beside it")
    arguments = parser.parse_args()
    measured: dict[str, float] = {}
    with FakeSts() as sts, tempfile.TemporaryDirectory() as directory:
        service = Service(Path(directory), sts)
        measured |= measure_processes(service, arguments.rounds)
        measured |= measure_lookup(service)
        measured |= measure_endpoint(service)
        measured |= measure_botocore(service, arguments.rounds)
        if shutil.which(arguments.aws):
            measured |= measure_awscli(service, arguments.aws)
        if is_awscli2(arguments.aws2):
            measured |= measure_awscli2(service, arguments.aws2)
    rounded = {name: round(value, 1) for name, value in measured.items()}
    print(json.dumps(rounded) if arguments.json else "\n".join(f"{name:26} {value:10.1f}" for name, value in rounded.items()))


if __name__ == "__main__":
    main()
