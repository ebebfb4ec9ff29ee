"""Who can send a request, and what AWS knows of each kind of caller.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" and the table of principal values in "IAM policy elements:
variables and tags" [A].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Principal", "PrincipalKind"]


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
