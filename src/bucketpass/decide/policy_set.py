"""The policies that apply to a request, by policy type, and the decision over them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from bucketpass.policy.document import PolicyDocument

__all__ = ["Decision", "NamedPolicy", "PolicySet", "PolicyType", "PublicAccessBlock", "S3Refusal", "StatementRef"]


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A document and its name in messages, such as `bucket policy of datasets`."""

    name: str
    document: PolicyDocument


class PublicAccessBlock(NamedTuple):
    """The four settings of S3 Block Public Access, of the bucket and its account together."""

    block_public_acls: bool = True
    ignore_public_acls: bool = True
    block_public_policy: bool = True
    restrict_public_buckets: bool = True


class PolicyType(Enum):
    """The policy types, in the order in which AWS evaluates them. The value is what messages call one policy of it."""

    RCP = "resource control policy"
    SCP = "service control policy"
    ENDPOINT = "VPC endpoint policy"
    PUBLIC_ACCESS = "Block Public Access setting"
    RESOURCE = "resource-based policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies of each type. None means that there is none; an empty tuple that there is one and it allows nothing.

    `resource` is the bucket policy, the role's trust policy or the key policy. Each member of `scps` and `rcps` is one level
    of the organisation: root, unit, account.
    """

    identity: tuple[NamedPolicy, ...] = ()
    resource: tuple[NamedPolicy, ...] | None = None
    boundary: tuple[NamedPolicy, ...] | None = None
    session: tuple[NamedPolicy, ...] | None = None
    endpoint: tuple[NamedPolicy, ...] | None = None
    scps: tuple[tuple[NamedPolicy, ...], ...] = ()
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()
    public_access: PublicAccessBlock | None = None


@dataclass(frozen=True, slots=True)
class StatementRef:
    """A statement by its policy's name and its index from 0; `sid` where it has one."""

    policy: str
    index: int
    sid: str | None = None

    def __str__(self) -> str:
        sid = f" ({self.sid})" if self.sid else ""
        return f"statement {self.index}{sid} of {self.policy}"


class S3Refusal(NamedTuple):
    """S3's error for what no policy can allow."""

    code: str
    message: str


class Decision(NamedTuple):
    """What AWS answers. `explicit_deny` where a Deny statement applied; `statements` are those that decided.

    `blocked_by` are the policy types that do not allow the request, none where it is allowed. refusal: what S3 answers to a request
    that the policies allow and that it takes from nobody but the bucket's own account.
    """

    allowed: bool
    explicit_deny: bool
    reason: str
    statements: tuple[StatementRef, ...] = ()
    blocked_by: tuple[PolicyType, ...] = ()
    refusal: S3Refusal | None = None
