"""How fast the sandbox is ready, how many small objects it serves beside moto_server and ministack, and what it holds in memory.

`python -m benchmarks.sandbox --json`:

- `ready_s` (bar 0.5): from the start of the process to its first answered request; `ready_cpu_s`: the CPU time of it, which a busy
  machine does not change as much
- `get_rps`, `put_rps`: signed GETs and PUTs of 100-byte objects over http by 4 connections, kept open where the server keeps them;
  every request's signature is verified and its policies decided. `get_cpu_us`: the server's CPU time for one of the GETs
- `times_peer` (bar 4): GETs beside plain moto_server, which does neither (`peer_get_rps`)
- `get_times_ministack` (bar 2), `put_times_ministack` (bar 1.2): beside ministack with `AUTH=true`, which does both, where
  `python -m tests.emulators` has installed it
- `put_mib_s`: one 64 MiB object after another over http, SHA-256 signed
- `engines_rows`, `engines_unexplained` (bar 0): where Ceph is installed, how many questions the sandbox, Ceph's gateway and
  `decide` answered, and how often they differ without a listed reason (`tests/engines`; `make engines` asks more)
- `start_rss_mib`, `rss_mib`: before and after all of that; `large_rss_mib` (bar 300): the most while an object of 1 GiB went up and
  came down
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

OBJECTS = 100
CONNECTIONS = 4
DECLARATIONS = 4
MIB = 1024 * 1024
BODY = b"x" * 100
EMPTY = hashlib.sha256(b"").hexdigest()


class Signer(S3SigV4Auth):
    """boto3's own signer, told the hash of a body that it does not see."""

    def __init__(self, credentials: Credentials, body_hash: str) -> None:
        super().__init__(credentials, "s3", "us-east-1")
        self.body_hash = body_hash

    def payload(self, request: AWSRequest) -> str:
        """The hash of the body."""
        return self.body_hash


@dataclass(frozen=True)
class Server:
    """A server that runs, and the key that it takes."""

    port: int
    pid: int
    credentials: Credentials

    def signed(self, method: str, path: str, body_hash: str = EMPTY, length: int = 0) -> bytes:
        """The head of a request, signed as boto3 signs it."""
        host = f"localhost:{self.port}"
        request = AWSRequest(method, f"http://{host}{path}", headers={"Host": host})
        Signer(self.credentials, body_hash).add_auth(request)
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items()), f"Content-Length: {length}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def cpu_seconds(self) -> float:
        """The CPU time that it took so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self, field: str) -> float:
        """A figure of /proc: `VmRSS` now, `VmHWM` at most."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(f"{field}:")[1].split()[0]) / 1024


class Connection:
    """One client: sends what is ready to send, reads what comes back, and opens the connection again where it was closed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, head: bytes, blocks: Iterable[bytes] = ()) -> int:
        """The request is sent and its answer read; the size of the answer. A failure ends the benchmark."""
        self.socket.sendall(head)
        for block in blocks:
            self.socket.sendall(block)
        data = self.socket.recv(MIB)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._received()
        answer = data[:end].lower()
        status, size = int(answer[9:12]), 0
        if (found := answer.find(b"content-length:")) >= 0:
            size = int(answer[found + 15 :].partition(b"\r")[0])
        left = size - (len(data) - end - 4)
        while left > 0:
            left -= len(self._received())
        if status >= 300:
            raise SystemExit(f"a request was answered with {status}")
        if b"connection: close" in answer:
            self.close()
            self._connect()
        return size

    def _received(self) -> bytes:
        block = self.socket.recv(MIB)
        if not block:
            raise SystemExit("an answer was cut off")
        return block

    def close(self) -> None:
        """The connection is closed."""
        self.socket.close()


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], folder: Path, port: int, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The server's process, and how long it took until it answered a request."""
    start = time.perf_counter()
    whole = {**os.environ, **(environment or {})}
    with subprocess.Popen(command, cwd=folder, env=whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", port)) as probe:
                        probe.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        if probe.recv(8):
                            break
                except ConnectionRefusedError:
                    time.sleep(0.005)
            yield process, time.perf_counter() - start
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def small_objects(server: Server, seconds: float) -> dict[str, float]:
    """Small objects served and stored a second, and the server's CPU time for one that is served."""
    connection = Connection(server.port)
    connection.exchange(server.signed("PUT", "/bench-bucket"))
    connection.close()
    digest = hashlib.sha256(BODY).hexdigest()
    puts = [server.signed("PUT", f"/bench-bucket/object-{number}", digest, len(BODY)) + BODY for number in range(OBJECTS)]
    put_rps = rate(server, puts, 0, seconds)
    gets = [server.signed("GET", f"/bench-bucket/object-{number}") for number in range(OBJECTS)]
    before = server.cpu_seconds()
    get_rps = rate(server, gets, len(BODY), seconds)
    cpu = server.cpu_seconds() - before
    return {"get_rps": get_rps, "put_rps": put_rps, "get_cpu_us": cpu / (get_rps * seconds) * 1_000_000}


def rate(server: Server, requests: list[bytes], size: int, seconds: float) -> float:
    """Requests answered a second, each with a body of `size` bytes; every one is sent at least once."""
    counts = [0] * CONNECTIONS
    end = time.perf_counter() + seconds

    def client(index: int) -> None:
        own = Connection(server.port)
        while time.perf_counter() < end or not counts[index]:
            for request in requests:
                if own.exchange(request) != size:
                    raise SystemExit("an answer came back with another size")
            counts[index] += len(requests)
        own.close()

    start = time.perf_counter()
    threads = [threading.Thread(target=client, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def put_rate(server: Server, objects: int) -> float:
    """MiB stored a second."""
    block = os.urandom(MIB)
    digest = hashlib.sha256(block * 64).hexdigest()
    connection = Connection(server.port)
    start = time.perf_counter()
    for number in range(objects):
        connection.exchange(server.signed("PUT", f"/bench-bucket/large-{number}", digest, 64 * MIB), [block] * 64)
    connection.close()
    return objects * 64 / (time.perf_counter() - start)


def large(server: Server) -> float:
    """The most memory in MiB while an object of 1 GiB goes up and comes down."""
    connection = Connection(server.port)
    block = os.urandom(MIB)
    connection.exchange(server.signed("PUT", "/bench-bucket/huge", "UNSIGNED-PAYLOAD", 1024 * MIB), [block] * 1024)
    connection.exchange(server.signed("GET", "/bench-bucket/huge"))
    connection.exchange(server.signed("DELETE", "/bench-bucket/huge"))
    connection.close()
    return server.memory_mib("VmHWM")


def measure_sandbox(folder: Path, seconds: float) -> dict[str, float]:
    """The sandbox's figures."""
    port = free_port()
    command = [sys.executable, "-m", "bucketpass", "sandbox", "--port", str(port)]
    with running(command, folder, port) as (process, ready):
        file = folder / ".bucketpass" / "sandbox.json"
        while not file.exists():
            time.sleep(0.01)
        known = json.loads(file.read_text())
        server = Server(port, process.pid, Credentials(known["access_key_id"], known["secret_access_key"]))
        return {
            "ready_s": ready,
            "ready_cpu_s": server.cpu_seconds(),
            "start_rss_mib": server.memory_mib("VmRSS"),
            **small_objects(server, seconds),
            "put_mib_s": put_rate(server, 6),
            "rss_mib": server.memory_mib("VmRSS"),
            "large_rss_mib": large(server),
        }


def measure_peer(folder: Path, seconds: float) -> dict[str, float]:
    """Plain moto_server's figures."""
    port = free_port()
    with running([sys.executable, "-m", "moto.server", "-p", str(port)], folder, port) as (process, ready):
        server = Server(port, process.pid, Credentials("AKIAIOSFODNN7EXAMPLE", "secret"))
        found = small_objects(server, seconds)
        return {"peer_ready_s": ready, "peer_get_rps": found["get_rps"], "peer_rss_mib": server.memory_mib("VmRSS")}


def measure_ministack(folder: Path, seconds: float) -> dict[str, float]:
    """ministack's figures, in the mode in which it authenticates and authorizes; nothing where it is not installed."""
    program = Path(__file__).parents[1] / "build" / "emulators" / "ministack" / "bin" / "ministack"
    if not program.is_file():
        return {}
    port = free_port()
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
    own = {"AUTH": "true", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR", "TMPDIR": str(folder)}
    own |= {"AWS_ACCESS_KEY_ID": str(credentials.access_key), "AWS_SECRET_ACCESS_KEY": str(credentials.secret_key)}
    with running([str(program)], folder, port, own) as (process, ready):
        server = Server(port, process.pid, credentials)
        found = {
            "ready_s": ready,
            "ready_cpu_s": server.cpu_seconds(),
            "start_rss_mib": server.memory_mib("VmRSS"),
            **small_objects(server, seconds),
        }
        return {f"ministack_{name}": value for name, value in {**found, "rss_mib": server.memory_mib("VmRSS")}.items()}


def measure_engines(folder: Path, seconds: float) -> dict[str, float]:
    """How the sandbox agrees with an engine that we did not write; nothing where that is not installed."""
    if shutil.which("radosgw") is None:
        return {}
    command = [sys.executable, "-m", "tests.engines.agreement", "--json", "--generated", str(DECLARATIONS)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    found: dict[str, float] = json.loads(done.stdout)
    return {name: found[name] for name in ("engines_rows", "engines_unexplained")}


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long to GET from each server")
    arguments = parser.parse_args()
    measured: dict[str, float] = {}
    measures: tuple[Callable[[Path, float], dict[str, float]], ...] = (measure_peer, measure_ministack, measure_sandbox, measure_engines)
    for measure in measures:
        with tempfile.TemporaryDirectory() as folder:
            measured |= measure(Path(folder), arguments.seconds)
    measured["times_peer"] = measured["get_rps"] / measured["peer_get_rps"]
    for name in ("get", "put"):
        if (theirs := measured.get(f"ministack_{name}_rps")) is not None:
            measured[f"{name}_times_ministack"] = measured[f"{name}_rps"] / theirs
    rounded = {name: round(value, 2) for name, value in measured.items()}
    print(json.dumps(rounded) if arguments.json else "\n".join(f"{name:16} {value:10.2f}" for name, value in rounded.items()))


if __name__ == "__main__":
    main()
