"""The narrow row: one request as every log source gives it, and what was counted on the way.

The columns are what a decision needs and nothing else: no user agent, no body, no token.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

__all__ = [
    "AUTHORIZED_ERRORS",
    "COLUMNS",
    "NOT_FOUND",
    "NO_TIME",
    "REFUSED_ERRORS",
    "SESSION_COLUMNS",
    "UNREADABLE_LINE",
    "UNREADABLE_RECORD",
    "Counts",
    "Outcome",
    "outcome_of",
]

# Column -> Arrow type. Times are seconds since 1970-01-01 UTC. An empty text is a value; null means "not sent" for parameters
# of the request, and "the log does not say" for `vpc_endpoint`, `tls` and `headers`.
COLUMNS: dict[str, str] = {
    "row_number": "int64",  # unique among all rows of one run
    "event_id": "string",  # the same for every copy of one event of CloudTrail; null in access logs
    "replaces": "string",  # the event that this one corrects (CloudTrail addendum)
    "request_id": "string",  # S3's own; the same in CloudTrail and in access logs
    "source": "string",  # `cloudtrail` or `access-log`
    "time": "int64",
    "principal": "string",  # see `principals`; in rows of access logs the requester field as it stands
    "session_name": "string",
    "access_key_id": "string",
    "operation": "string",
    "part": "string",
    "bucket": "string",
    "object_key": "string",
    "version_id": "string",
    "prefix": "string",
    "delimiter": "string",
    "max_keys": "string",
    "source_bucket": "string",
    "source_key": "string",
    "source_version": "string",
    "source_ip": "string",
    "vpc_endpoint": "string",
    "tls": "string",
    "headers": "string",  # those that are condition keys: JSON object with sorted names
    "outcome": "string",
    "error": "string",
}
# One row for each session whose AssumeRoleWithWebIdentity event is in the logs.
SESSION_COLUMNS: dict[str, str] = {
    "access_key_id": "string",
    "time": "int64",
    "role": "string",
    "session_name": "string",
    "provider": "string",
    "subject": "string",
    "audience": "string",
    "source_identity": "string",
    "tags": "string",  # JSON object with sorted names
}


class Outcome(Enum):
    """What became of the authorization of a request."""

    ALLOWED = "allowed"  # it was authorized; whether it then succeeded is another question
    REFUSED = "refused"
    UNDECIDED = "undecided"  # it ended before or beside authorization: bad signature, throttling, an error of S3's


# S3 API Reference, "Error responses" [A]. The first are answers to requests that were authorized; the second are refusals
# by policy. All other codes say nothing about policies.
AUTHORIZED_ERRORS = frozenset(
    {
        "",
        "BucketNotEmpty",
        "EntityTooSmall",
        "InvalidPart",
        "InvalidPartOrder",
        "InvalidRange",
        "NoSuchKey",
        "NoSuchUpload",
        "NoSuchVersion",
        "NotModified",
        "PreconditionFailed",
    }
)
NOT_FOUND = "NoSuchKey"  # what S3 answers a caller that may list the bucket; others get AccessDenied [A]
REFUSED_ERRORS = frozenset({"AccessDenied", "Client.UnauthorizedOperation", "UnauthorizedAccess", "AccessDeniedException"})


def outcome_of(error: str) -> Outcome:
    """What an error code says about authorization; empty means that the request succeeded."""
    if error in AUTHORIZED_ERRORS:
        return Outcome.ALLOWED
    return Outcome.REFUSED if error in REFUSED_ERRORS else Outcome.UNDECIDED


# The reasons to skip a record that mean that it could not be read; the others are of no concern to policies.
UNREADABLE_LINE, UNREADABLE_RECORD, NO_TIME = "unreadable line", "unreadable record", "no time"
UNREADABLE = (UNREADABLE_LINE, UNREADABLE_RECORD, NO_TIME)


@dataclass(slots=True)
class Counts:
    """Where each record of the logs went: `records` is the sum of `rows`, `sessions` and all of `skipped`.

    `cut`: rows whose parameters CloudTrail left out. `unknown`: names of operations that are not known, with how often.
    `doubled`: rows that are another copy of an event that was read; they are among `rows` and count for nothing.
    """

    files: int = 0
    records: int = 0
    rows: int = 0
    sessions: int = 0
    cut: int = 0
    doubled: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)  # one line for each file that could not be read to its end

    @property
    def unread(self) -> bool:
        """Whether anything could not be read: a file, or a record of one."""
        return bool(self.faults) or any(self.skipped[reason] for reason in UNREADABLE)

    def add(self, other: Counts) -> None:
        """Add the figures of another file."""
        self.files += other.files
        self.records += other.records
        self.rows += other.rows
        self.sessions += other.sessions
        self.cut += other.cut
        self.doubled += other.doubled
        self.skipped += other.skipped
        self.unknown += other.unknown
        self.faults += other.faults
