"""A machine for tests of token sources: its variables, files, programs and servers are what the test says."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from subprocess import CompletedProcess

from tests.fixed_clock import FixedClock

from bucketpass.identity.interface import Machine
from bucketpass.wire.client import HttpRequest, HttpResponse

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Server:
    """A `Send` that answers by the address, up to its query, and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, object] | None = None) -> None:
        self.answers = dict(answers or {})
        self.requests: list[HttpRequest] = []

    def __call__(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.get(request.url.partition("?")[0], ConnectionRefusedError(111, "Connection refused"))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, OSError):
            raise answer
        if isinstance(answer, HttpResponse):
            return answer
        return HttpResponse(200, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def fake_machine(
    variables: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    server: Server | None = None,
    program: CompletedProcess[str] | Exception | None = None,
    clock: FixedClock | None = None,
) -> Machine:
    def read(path: str) -> str:
        if files is None or path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return files[path]

    def run(words: tuple[str, ...], timeout: float) -> CompletedProcess[str]:
        if isinstance(program, Exception) or program is None:
            raise program or FileNotFoundError(2, "No such file or directory")
        return program

    return Machine(variables or {}, read, run, server or Server(), clock or FixedClock(NOON))


def printed(text: str, code: int = 0) -> CompletedProcess[str]:
    return CompletedProcess((), code, stdout=text, stderr="a password")
