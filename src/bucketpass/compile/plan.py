"""The Plan: everything that a declaration becomes, as one pure value that is the same for every target.

Each document's statements carry the places of the declaration they came from (`Origin`). ARNs are known before anything
exists, but for the ARN of a KMS key that AWS is yet to make: documents hold `key_placeholder(name)` in its place, and
whatever makes the resources puts the real ARN there (`provision` from Pulumi's output, CloudFormation by `Fn::Sub` ...).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bucketpass.policy.document import PolicyDocument, Statement

__all__ = [
    "BucketPlan",
    "KeyPlan",
    "ManagedPolicyPlan",
    "Origin",
    "Plan",
    "ProviderPlan",
    "RolePlan",
    "Target",
    "TracedDocument",
    "TracedStatement",
    "key_placeholder",
]


@dataclass(frozen=True, slots=True)
class Target:
    """The account and Region that the plan is for."""

    account: str
    region: str
    partition: str = "aws"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the declaration something came from: `services.trainer.grants[0]`, and the same in words."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class TracedStatement:
    """A statement and the declarations that it is there for (never none)."""

    statement: Statement
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class TracedDocument:
    """A policy document whose statements know where they came from."""

    statements: tuple[TracedStatement, ...]

    @property
    def document(self) -> PolicyDocument:
        """The document as AWS sees it."""
        return PolicyDocument(tuple(traced.statement for traced in self.statements))


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """An IAM OIDC provider. `name` is the issuer's name in the declaration. `arn` is what trusts name as Federated."""

    name: str
    arn: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...] = ()
    create: bool = True
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ManagedPolicyPlan:
    """A customer managed policy of one role."""

    name: str
    arn: str
    description: str
    document: TracedDocument
    path: str = "/"
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RolePlan:
    """The role of one service. `service` is its name in the declaration, `name` the role's name in IAM."""

    service: str
    name: str
    arn: str
    description: str
    trust: TracedDocument
    policies: tuple[ManagedPolicyPlan, ...]
    inline: tuple[tuple[str, TracedDocument], ...] = ()
    path: str = "/"
    max_session_seconds: int = 3600
    permissions_boundary: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """A KMS key that the plan makes. `name` is the bucket's name in the declaration."""

    name: str
    alias: str
    description: str
    policy: TracedDocument
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BucketPlan:
    """A bucket with its guard rails. `name` is its name in the declaration, `bucket` its name in S3.

    `key` is None for SSE-S3, else the ARN of a KMS key or a `key_placeholder`.
    """

    name: str
    bucket: str
    arn: str
    policy: TracedDocument
    key: str | None = None
    versioning: bool = True
    create: bool = True
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All resources of one declaration for one target, in the order in which they can be made."""

    target: Target
    providers: tuple[ProviderPlan, ...] = ()
    keys: tuple[KeyPlan, ...] = ()
    roles: tuple[RolePlan, ...] = ()
    buckets: tuple[BucketPlan, ...] = field(default=())


def key_placeholder(name: str) -> str:
    """What stands in a document for the ARN of the key that is made for bucket `name`; no ARN of AWS can look like it."""
    return f"{{{{key:{name}}}}}"
