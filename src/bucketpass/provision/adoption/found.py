"""What was found in an account. Documents are JSON as AWS gave it: whether it can be understood is seen later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Account", "FoundBucket", "FoundPolicy", "FoundProvider", "FoundRole"]


@dataclass(frozen=True, slots=True)
class FoundProvider:
    """An IAM OIDC provider. `url` has no scheme, as IAM gives it."""

    arn: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """A policy of a role. `arn`: None for an inline one."""

    name: str
    document: str
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class FoundRole:
    """A role."""

    name: str
    arn: str
    trust: str
    policies: tuple[FoundPolicy, ...] = ()
    path: str = "/"
    description: str = ""
    max_session_seconds: int = 3600
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundBucket:
    """A bucket. `policy`: None where it has none; `key`: the ARN of its KMS key."""

    name: str
    policy: str | None = None
    key: str | None = None
    bucket_key: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An account, or an endpoint, as far as it was read. `unread`: what could not be, and why."""

    id: str
    providers: tuple[FoundProvider, ...] = ()
    roles: tuple[FoundRole, ...] = ()
    buckets: tuple[FoundBucket, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
