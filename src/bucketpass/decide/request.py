"""One request, the layers of policy that stand between it and its resource, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from bucketpass.policy.document import PolicyDocument

__all__ = [
    "ContextValue",
    "Decision",
    "LayerName",
    "Layers",
    "NamedPolicy",
    "Principal",
    "PrincipalKind",
    "PublicAccessBlock",
    "Request",
    "StatementRef",
]

ContextValue = str | tuple[str, ...]


class PrincipalKind(Enum):
    """What kind of principal asks."""

    ANONYMOUS = "anonymous"
    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role session"
    FEDERATED = "federated"  # the caller of AssumeRoleWithWebIdentity: `arn` is the OIDC provider
    SERVICE = "service"

    __hash__ = object.__hash__  # members are unique; Enum's own hash is a call in Python on every look-up


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. For a role session `arn` is the role's ARN and `session_arn` the assumed-role ARN.

    `unique_id` is IAM's own (AROA..., AIDA...), `canonical_user` S3's; empty where not known.
    """

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    session_arn: str = ""
    unique_id: str = ""
    canonical_user: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource. `context` has the condition keys that AWS would set; names are matched without regard to case.

    A key of one value is a text, a multi-valued one a tuple. `resource_account` empty means the principal's own.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, ContextValue]
    resource_account: str = ""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A document and the name under which reasons speak of it, such as `bucket policy of datasets`."""

    name: str
    document: PolicyDocument


class PublicAccessBlock(NamedTuple):
    """The four settings of S3 Block Public Access, of the bucket and its account together."""

    block_public_acls: bool = True
    ignore_public_acls: bool = True
    block_public_policy: bool = True
    restrict_public_buckets: bool = True


class LayerName(Enum):
    """The layers, in the order in which AWS asks them. The value is what reasons call it."""

    RCP = "resource control policies"
    SCP = "service control policies"
    ENDPOINT = "VPC endpoint policy"
    PUBLIC_ACCESS = "S3 Block Public Access"
    RESOURCE = "resource policy"
    IDENTITY = "identity policies"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Layers:
    """The policies of each layer. None means that the layer is not there; an empty tuple that it is there and allows nothing.

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


class Decision(NamedTuple):
    """What AWS answers. `explicit_deny` where a Deny statement applied; `statements` are those that decided.

    `blocked_by` are the layers that did not let the request through, none where it is allowed.
    """

    allowed: bool
    explicit_deny: bool
    reason: str
    statements: tuple[StatementRef, ...] = ()
    blocked_by: tuple[LayerName, ...] = ()
