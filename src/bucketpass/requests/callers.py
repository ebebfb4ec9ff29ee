"""Who can send a request, and what AWS knows of each kind of caller.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" and the table of principal values in "IAM policy elements:
variables and tags" [A]; the caller of AssumeRoleWithWebIdentity [L].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from bucketpass.aws.arn import parse_arn

__all__ = [
    "ANONYMOUS",
    "Caller",
    "ContextValue",
    "Principal",
    "PrincipalKind",
    "aws_service",
    "canonical_user",
    "iam_user",
    "origin_access_identity",
    "role_session",
    "root_user",
    "web_identity",
]

ContextValue = str | tuple[str, ...]
NOTHING: Mapping[str, str] = MappingProxyType({})


class PrincipalKind(Enum):
    """The kinds of principal that can send a request."""

    ANONYMOUS = "anonymous"
    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role session"
    WEB_IDENTITY = "web identity"  # the caller of AssumeRoleWithWebIdentity: `arn` is the OIDC provider
    SERVICE = "service"
    CANONICAL_USER = "canonical user"  # an AWS account that only its canonical user ID identifies
    ORIGIN_ACCESS_IDENTITY = "origin access identity"  # CloudFront's: `arn` is arn:aws:iam::cloudfront:user/...

    __hash__ = object.__hash__  # members are unique; Enum's own hash is a call in Python on every look-up


@dataclass(frozen=True, slots=True)
class Principal:
    """The principal of a request. For a role session `arn` is the role's ARN and `session_arn` the assumed-role ARN.

    `unique_id` is IAM's own (AROA..., AIDA...), `canonical_user` S3's; empty where not known.
    """

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    session_arn: str = ""
    unique_id: str = ""
    canonical_user: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal with everything that AWS knows of it beside its name. Empty: it has none, or it is not known here.

    `tags` are those of the user, or of the role with the session's over them; `claims` are the condition keys that a session
    keeps of its token (`ISSUER:sub`); `issued` is when its temporary credentials were issued, as ISO 8601.
    """

    principal: Principal
    user_id: str = ""
    user_name: str = ""
    organization: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    federated_provider: str = ""
    claims: Mapping[str, ContextValue] = field(default_factory=dict)
    source_identity: str = ""
    issued: str = ""

    @property
    def is_service(self) -> bool:
        """True of an AWS service that calls for itself."""
        return self.principal.kind is PrincipalKind.SERVICE

    @property
    def account(self) -> str:
        """The value of aws:PrincipalAccount; S3 gives `anonymous` for unsigned requests [A]."""
        return "anonymous" if self.principal.kind is PrincipalKind.ANONYMOUS else self.principal.account

    @property
    def type(self) -> str:
        """The value of aws:PrincipalType, empty where AWS sets none."""
        return _TYPES.get(self.principal.kind, "")


_TYPES = {
    PrincipalKind.ANONYMOUS: "Anonymous",
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.WEB_IDENTITY: "User",  # [L]
}
ANONYMOUS = Caller(Principal(PrincipalKind.ANONYMOUS), "anonymous")


def root_user(account: str, partition: str = "aws", canonical_user: str = "") -> Caller:
    """Return the root user of an account; `canonical_user` is its ID of S3."""
    arn = f"arn:{partition}:iam::{account}:root"
    return Caller(Principal(PrincipalKind.ROOT, arn, account, canonical_user=canonical_user), account)


def iam_user(arn: str, user_id: str = "", tags: Mapping[str, str] = NOTHING) -> Caller:
    """Return the IAM user of this ARN; `user_id` is IAM's own (AIDA...)."""
    principal = Principal(PrincipalKind.USER, arn, parse_arn(arn).account, unique_id=user_id)
    return Caller(principal, user_id, arn.rpartition("/")[2], tags=tags)


def role_session(
    role_arn: str,
    session_name: str,
    *,
    role_id: str = "",
    role_tags: Mapping[str, str] = NOTHING,
    session_tags: Mapping[str, str] = NOTHING,
    federated_provider: str = "",
    claims: Mapping[str, ContextValue] = NOTHING,
    source_identity: str | None = None,
    issued: str = "",
) -> Caller:
    """Return a session of the role. `role_id` is IAM's own (AROA...), without it the session has no aws:userid.

    A session tag replaces the role's tag of the same key in any case [A].
    """
    role = parse_arn(role_arn)
    session_arn = f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{session_name}"
    tags = {key.lower(): (key, value) for tags in (role_tags, session_tags) for key, value in tags.items()}
    return Caller(
        Principal(PrincipalKind.ROLE_SESSION, role_arn, role.account, session_arn, role_id),
        f"{role_id}:{session_name}" if role_id else "",
        tags=dict(tags.values()),
        federated_provider=federated_provider,
        claims=claims,
        source_identity=source_identity or "",
        issued=issued,
    )


def web_identity(provider_arn: str, account: str) -> Caller:
    """Return the caller of AssumeRoleWithWebIdentity: a token of this provider, which the account has [L]."""
    return Caller(Principal(PrincipalKind.WEB_IDENTITY, provider_arn, account), provider_arn)


def aws_service(name: str) -> Caller:
    """Return an AWS service that calls for itself; `name` is its service principal, such as `logging.s3.amazonaws.com`."""
    return Caller(Principal(PrincipalKind.SERVICE, name))


def canonical_user(identifier: str) -> Caller:
    """Return an account that only its canonical user ID identifies."""
    return Caller(Principal(PrincipalKind.CANONICAL_USER, canonical_user=identifier))


def origin_access_identity(identifier: str, canonical_user: str = "") -> Caller:
    """Return CloudFront's origin access identity of this ID."""
    arn = f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {identifier}"
    return Caller(Principal(PrincipalKind.ORIGIN_ACCESS_IDENTITY, arn, canonical_user=canonical_user))
