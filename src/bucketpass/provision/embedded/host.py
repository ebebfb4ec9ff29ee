"""The process in which programs run: it loads Pulumi once, and forks for each run.

Importing pulumi and pulumi-aws takes longer than all that a small program does. The host begins with that as soon as it is made,
while the engine gets ready, and a second run of the same session finds it done.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bucketpass.errors import ProvisionError, install_line
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.program import Program

__all__ = ["PARALLEL", "Host"]

RUNNER = Path(__file__).with_name("runner.py")
PARALLEL = 16
# A program may leave a process behind that holds its output open: nobody waits for that one.
LAST_WORDS_SECONDS = 2.0
# SECURITY: a program needs no key of the endpoint: the engine makes its resources. What it does not have it cannot leak.
KEPT_BACK = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
# gRPC logs closed connections; those lines are not the program's output.
QUIET = {"GRPC_VERBOSITY": "NONE"}


class Host:
    """A Python in which programs run, one at a time, each in a fork of its own."""

    def __init__(self, python: Path) -> None:
        self.python = python
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - the Python that the project names
                # SECURITY: -P keeps the folder of runner.py off the program's path, where its modules would shadow others.
                [str(python), "-P", str(RUNNER)],
                env=QUIET | {name: value for name, value in os.environ.items() if name not in KEPT_BACK},
                stdin=theirs.fileno(),
                # What the host itself says (it has nothing to say unless it is broken) goes where errors go.
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def run(self, program: Program, name: StackName, address: str, listener: Listener, *, dry_run: bool) -> int:
        """The program has run against the services at `address`, its own words went to `listener`; its exit code."""
        order = {
            "program": str(program.main),
            "root": str(program.root),
            "project": name.project,
            "stack": name.stack,
            "address": address,
            "parallel": PARALLEL,
            "dry_run": dry_run,
            "config": dict(program.config),
            "secret_keys": sorted(program.secret_keys),
        }
        pipes = [os.pipe() for _ in range(2)]
        pumps = [
            threading.Thread(target=_pump, args=(reader, severity, listener), daemon=True)
            for (reader, _), severity in zip(pipes, ("info", "error"), strict=True)
        ]
        try:
            socket.send_fds(self._channel, [json.dumps(order).encode() + b"\n"], [writer for _, writer in pipes])
        except OSError:
            raise self._broken() from None
        finally:
            for _, writer in pipes:
                os.close(writer)
            for pump in pumps:
                pump.start()
        answer = self._channel.recv(64)
        for pump in pumps:
            pump.join(LAST_WORDS_SECONDS)
        if not answer:
            raise self._broken()
        return int(answer)

    def _broken(self) -> ProvisionError:
        return ProvisionError(
            f"the Python that runs programs ended: `{self.python}`",
            remedy=f"is pulumi installed there ({install_line('pulumi')})?",
        )

    def close(self) -> None:
        """The host and whatever runs in it have ended."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _pump(reader: int, severity: str, listener: Listener) -> None:
    with os.fdopen(reader, errors="replace") as lines:
        for line in lines:
            listener(Message(severity, line.rstrip("\n")))
