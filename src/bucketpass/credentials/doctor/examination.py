"""What the doctor's checks share: the service that is examined, with what was learnt of it so far, and a check's result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from bucketpass.credentials.address import Address
from bucketpass.credentials.values import Credentials, RoleToAssume
from bucketpass.errors import Severity
from bucketpass.findings import CODES
from bucketpass.identity.interface import Machine, TokenSource
from bucketpass.identity.token import UnverifiedToken
from bucketpass.model.access import Access
from bucketpass.policy.document import PolicyDocument

__all__ = ["CheckResult", "CheckVerdict", "ExaminedService", "found", "passed", "skipped"]


class CheckVerdict(Enum):
    """What a check found."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's result: what was seen, and if that is a finding, its code and remedy."""

    check: str
    verdict: CheckVerdict
    seen: str
    remedy: str = ""
    code: str = ""


def passed(check: str, seen: str) -> CheckResult:
    """A check that found nothing wrong."""
    return CheckResult(check, CheckVerdict.GOOD, seen)


def skipped(check: str, reason: str) -> CheckResult:
    """A check that could not be made."""
    return CheckResult(check, CheckVerdict.SKIPPED, reason)


def found(check: str, code: str, seen: str, remedy: str = "") -> CheckResult:
    """A check that found something, under a code of the registry; without `remedy` it is the registry's."""
    entry = CODES[code]
    return CheckResult(
        check, CheckVerdict.BAD if entry.severity is Severity.ERROR else CheckVerdict.NOTE, seen, remedy or entry.remedy, code
    )


@dataclass(slots=True)
class ExaminedService:
    """What is examined, and what the checks have learnt so far.

    unsent: why the token must not, or cannot, be sent to STS. sandbox: whether it is a sandbox's STS that answers.
    """

    values: Mapping[str, str]
    machine: Machine
    access: Access | None = None
    trust: PolicyDocument | None = None
    address: Address | None = None
    s3_endpoint: str | None = None
    role: RoleToAssume | None = None
    source: TokenSource | None = None
    token: UnverifiedToken | None = None
    credentials: Credentials | None = None
    skew: float = 0.0
    unsent: str = ""
    sandbox: bool = False
    admitted: bool = False
    sleep: Callable[[float], None] = time.sleep
