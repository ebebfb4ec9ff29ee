"""What a token source is, and the machine that it looks at.

A source says where a service's OIDC token comes from, and asks there anew at every `fetch`. It keeps no token: what is
kept, and for how long, is the business of `bucketpass.credentials`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bucketpass.clock import SystemClock
from bucketpass.identity.files import read_bytes
from bucketpass.wire.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from subprocess import CompletedProcess
    from typing import NoReturn

    from bucketpass.clock import Clock
    from bucketpass.secret import Secret
    from bucketpass.wire.client import Send

__all__ = ["Machine", "NotHere", "TokenSource", "broken", "this_machine", "utf8"]

FILE_BYTES = 1 << 20


class TokenSource(Protocol):
    """Where a service's token comes from."""

    @property
    def name(self) -> str:
        """The kind's name in the registry, such as `github`."""
        ...

    def describe(self) -> str:
        """Where exactly, for people: a path, a variable's name. Never a secret."""
        ...

    def fetch(self) -> Secret:
        """A token as the source has it now. Raises IdentityError."""
        ...


class NotHere(NamedTuple):
    """This machine is none where the source could be, and how that was seen."""

    reason: str


class Machine(NamedTuple):
    """Where the process runs: its variables, files, programs, network and clock. Tests give their own."""

    variables: Mapping[str, str]
    read: Callable[[str], str]
    run: Callable[[tuple[str, ...], float], CompletedProcess[str]]
    send: Send
    clock: Clock

    def __repr__(self) -> str:
        # SECURITY: variables hold tokens and passwords, and every source has a machine.
        return "Machine()"

    def value(self, *names: str) -> str | None:
        """The first of these variables that is set and not empty."""
        return next((self.variables[name] for name in names if self.variables.get(name)), None)

    def has_file(self, path: str) -> bool:
        """Whether `path` can be read and is not empty."""
        try:
            return bool(self.read(path).strip())
        except OSError:
            return False


def this_machine(variables: Mapping[str, str] | None = None, ca_file: str | None = None) -> Machine:
    """The machine that we run on. `ca_file` has authorities for all that it asks, in place of those of AWS_CA_BUNDLE."""
    if variables is None:
        import os  # 1.5 ms, which a credential process does not have

        variables = os.environ
    network = Network.from_variables(variables)
    return Machine(variables, read_file, run_program, (network._replace(ca_file=ca_file) if ca_file else network).send, SystemClock())


def read_file(path: str) -> str:
    """The text of a file. Raises OSError, also where it is not UTF-8."""
    return utf8(path, read_bytes(path, FILE_BYTES))


def utf8(path: str, content: bytes) -> str:
    """The text of a file with this content. Raises OSError."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise OSError(f"`{path}` is not UTF-8 text") from None


def run_program(words: tuple[str, ...], timeout: float) -> CompletedProcess[str]:
    """The finished program. Raises OSError, or subprocess.TimeoutExpired."""
    import subprocess

    return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)  # noqa: S603


def broken(message: str, remedy: str, code: str = "identity") -> NoReturn:
    """Raise the IdentityError that says so. code: its finding's."""
    # Imported here: a credential process that works needs no errors, and has 45 ms.
    from bucketpass.errors import Diagnostic, IdentityError

    raise IdentityError(diagnostics=(Diagnostic(code, message, remedy),))
