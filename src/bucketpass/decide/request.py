"""One request, the layers of policy that stand between it and its resource, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from bucketpass.policy.document import PolicyDocument

__all__ = ["ContextValue", "Decision", "Layers", "NamedPolicy", "Principal", "PrincipalKind", "Request", "StatementRef"]

ContextValue = str | tuple[str, ...]


class PrincipalKind(Enum):
    """What kind of principal asks."""

    ANONYMOUS = "anonymous"
    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role session"
    FEDERATED = "federated"  # the caller of AssumeRoleWithWebIdentity: `arn` is the OIDC provider
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. For a role session `arn` is the role's ARN and `session_arn` the assumed-role ARN."""

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    session_arn: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource. `context` has the condition keys that AWS would set; names are matched without regard to case."""

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


@dataclass(frozen=True, slots=True)
class Layers:
    """The policies of each layer. None means that the layer is not there; an empty tuple that it is there and allows nothing."""

    identity: tuple[NamedPolicy, ...] = ()
    resource: tuple[NamedPolicy, ...] | None = None
    boundary: tuple[NamedPolicy, ...] | None = None
    session: tuple[NamedPolicy, ...] | None = None
    endpoint: tuple[NamedPolicy, ...] | None = None
    scps: tuple[tuple[NamedPolicy, ...], ...] = ()
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class StatementRef:
    """A statement by its policy's name and its index from 0; `sid` where it has one."""

    policy: str
    index: int
    sid: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What AWS answers. `explicit_deny` where a Deny statement applied; `statements` are those that decided."""

    allowed: bool
    explicit_deny: bool
    reason: str
    statements: tuple[StatementRef, ...] = field(default=())
