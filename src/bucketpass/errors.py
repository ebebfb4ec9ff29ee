"""Every error that bucketpass raises on purpose.

The tree::

    BucketpassError
    ├── InvalidInput            what a person or program gave us cannot be used (exit code 3)
    │   ├── DeclarationError    access.yaml, or its Python form
    │   ├── PolicyError         a policy document that AWS would refuse
    │   ├── RequestError        a request, token or option that cannot be read
    │   ├── QuotaError          valid, but larger than AWS takes
    │   ├── UsageError          a command line that cannot be read
    │   └── CredentialsNotFound no credentials for AWS itself
    ├── MissingExtra            an optional dependency is not installed (exit code 3)
    │   └── MissingLibrary      a client's library, which its adapter needs
    ├── MissingProgram          a program that the work needs is not installed (exit code 3)
    ├── ProvisionError          resources could not be made, changed or removed
    ├── SandboxError            the embedded AWS could not start or serve
    ├── IdentityError           no usable token from the service's identity provider
    └── ExchangeError           STS did not give credentials for the token

A denial is a result, never an exception. Each error holds one or more `Diagnostic` values: what was
found, where, what was expected and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

__all__ = [
    "BucketpassError",
    "CredentialsNotFound",
    "DeclarationError",
    "Diagnostic",
    "ExchangeError",
    "IdentityError",
    "InvalidInput",
    "MissingExtra",
    "MissingLibrary",
    "MissingProgram",
    "Place",
    "PolicyError",
    "ProvisionError",
    "QuotaError",
    "RequestError",
    "SandboxError",
    "Severity",
    "UsageError",
]


class Severity(Enum):
    """How much a diagnostic matters: an error stops the work, the others are findings."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. Lines and columns count from 1; `path` is `services.trainer.grants[0]` or a JSON pointer."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str = ""

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number is not None]
        position = ":".join(([self.file] if self.file else []) + numbers)
        return " ".join(part for part in (position, self.path) if part)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, or worth knowing.

    `message` is one line in lower case that names what was got (user input in backticks) and what was
    expected; `remedy` is one line that says what to do.
    """

    code: str
    message: str
    remedy: str = ""
    place: Place = Place()
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.place}: " if str(self.place) else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.message}{remedy}"


class BucketpassError(Exception):
    """The root of all errors raised on purpose. `str()` is one line for each diagnostic."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str = "", *, remedy: str = "", place: Place | None = None, diagnostics: tuple[Diagnostic, ...] = ()
    ) -> None:
        found = diagnostics or (Diagnostic(self.code, message, remedy, place or Place()),)
        super().__init__("\n".join(str(diagnostic) for diagnostic in found))
        self._diagnostics = found

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is known of what went wrong, in the order in which it stands in the input."""
        return self._diagnostics


class InvalidInput(BucketpassError):
    """What a person or a program gave cannot be used."""

    code = "invalid-input"
    exit_code = 3


class DeclarationError(InvalidInput):
    """The declaration of who may touch what is wrong."""

    code = "declaration"


class PolicyError(InvalidInput):
    """AWS would refuse this policy document. The place's path is a JSON pointer."""

    code = "policy"


class RequestError(InvalidInput):
    """A request, token or option cannot be read."""

    code = "request"


class QuotaError(InvalidInput):
    """Valid, but larger than AWS takes."""

    code = "quota"


class UsageError(InvalidInput):
    """The command line names an unknown verb or option, or an argument is missing."""

    code = "usage"


class CredentialsNotFound(InvalidInput):
    """AWS's own search for credentials found none."""

    code = "no-aws-credentials"


def install_line(extra: str) -> str:
    """Return how the extra is installed. bucketpass is on no package index: it is installed from a clone."""
    return f"pip install '.[{extra}]', in a clone of bucketpass"


class MissingExtra(BucketpassError):
    """An optional dependency is not installed."""

    code = "missing-extra"
    exit_code = 3

    def __init__(self, extra: str, module: str) -> None:
        super().__init__(f"`{module}` is not installed", remedy=install_line(extra))
        self.extra = extra


class MissingLibrary(MissingExtra):
    """A client's library, which its adapter needs, is not installed."""

    code = "missing-library"

    def __init__(self, module: str) -> None:
        BucketpassError.__init__(self, f"`{module}` is not installed", remedy=f"pip install {module.replace('_', '-')}")
        self.extra = module


class MissingProgram(BucketpassError):
    """A program that the work needs is not installed, or does not fit."""

    code = "missing-program"
    exit_code = 3


class ProvisionError(BucketpassError):
    """Resources could not be made, changed or removed."""

    code = "provision"


class SandboxError(BucketpassError):
    """The embedded AWS could not start or serve."""

    code = "sandbox"


class IdentityError(BucketpassError):
    """The service's identity provider gave no usable token."""

    code = "identity"


class ExchangeError(BucketpassError):
    """STS did not give credentials for the token."""

    code = "exchange"
