"""The Plan: everything that a declaration becomes, as one pure value that is the same for every target.

Each document's statements carry the places of the declaration they came from (`Origin`). ARNs are known before anything
exists, but for the ARN of a KMS key that AWS is yet to make: documents hold `key_placeholder(name)` in its place, and
whatever makes the resources puts the real ARN there (`provision` from Pulumi's output, CloudFormation by `Fn::Sub` ...).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bucketpass.errors import Diagnostic
from bucketpass.frozen import quickly_made
from bucketpass.policy.document import PolicyDocument, Statement

__all__ = [
    "AccessPointPlan",
    "BucketPlan",
    "CorsPlan",
    "KeyPlan",
    "LifecyclePlan",
    "LifecycleRulePlan",
    "LoggingPlan",
    "ManagedPolicyPlan",
    "ObjectLockPlan",
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
    """The account and Region that the plan is for. `deployer`: the ARN of whoever makes the resources, where it is known.

    dialect: `aws`, or the name of another kind of endpoint that speaks its API. `waivers`: the weaknesses of it that are accepted.
    """

    account: str
    region: str
    partition: str = "aws"
    deployer: str | None = None
    dialect: str = "aws"
    waivers: tuple[str, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the declaration something came from: `services.trainer.grants[0]`, and the same in words."""

    path: str
    words: str


@quickly_made
@dataclass(frozen=True, slots=True)
class TracedStatement:
    """A statement and the declarations that it is there for (never none)."""

    statement: Statement
    origins: tuple[Origin, ...]


@quickly_made
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


@quickly_made
@dataclass(frozen=True, slots=True)
class ManagedPolicyPlan:
    """A customer managed policy of one role."""

    name: str
    arn: str
    description: str
    document: TracedDocument
    path: str = "/"
    tags: tuple[tuple[str, str], ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class RolePlan:
    """A role of a service. `service` is its name in the declaration, `name` the role's name in IAM.

    A service has one role, or several with the same permissions where its identities are too many for one trust policy.
    attached: the ARNs of managed policies that are attached as they are, and whose documents are not known.
    force_detach: whether what others attached is detached when the role is deleted.
    """

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
    attached: tuple[str, ...] = ()
    force_detach: bool = False


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """A KMS key that the plan makes. `name` is the bucket's name in the declaration. region: its Region; empty: the target's."""

    name: str
    alias: str
    description: str
    policy: TracedDocument
    tags: tuple[tuple[str, str], ...] = ()
    region: str = ""


@dataclass(frozen=True, slots=True)
class LifecycleRulePlan:
    """What becomes of objects below a prefix that carry these tags. transitions, old_transitions: storage class and days."""

    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    transitions: tuple[tuple[str, int], ...] = ()
    old_transitions: tuple[tuple[str, int], ...] = ()
    expire_days: int | None = None
    expire_old_versions_days: int | None = None
    keep_old_versions: int | None = None


@dataclass(frozen=True, slots=True)
class LifecyclePlan:
    """After how many days what goes; None: never."""

    incomplete_uploads_days: int | None = None
    expire_days: int | None = None
    expire_old_versions_days: int | None = None
    keep_old_versions: int | None = None
    rules: tuple[LifecycleRulePlan, ...] = ()


@dataclass(frozen=True, slots=True)
class CorsPlan:
    """A CORS rule, in S3's words."""

    allowed_origins: tuple[str, ...]
    allowed_methods: tuple[str, ...]
    allowed_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class LoggingPlan:
    """The bucket (its name in S3) that gets the access log."""

    bucket: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class ObjectLockPlan:
    """The default retention of new objects. `mode`: `GOVERNANCE` or `COMPLIANCE`."""

    mode: str
    days: int


@dataclass(frozen=True, slots=True)
class AccessPointPlan:
    """An access point of a bucket; public access is blocked. vpc: the VPC that its requests come from, where it is for one alone."""

    name: str
    arn: str
    vpc: str | None = None


@dataclass(frozen=True, slots=True)
class BucketPlan:
    """A bucket with its guard rails. `name` is its name in the declaration, `bucket` its name in S3.

    key: None for SSE-S3, else the ARN of a KMS key or a `key_placeholder`.
    create: whether the bucket itself and its settings are made; an existing bucket keeps its own.
    existing_policy: what the declaration says that an adopted bucket's policy is; None where it does not say it. Its statements stand in
        `policy` as well.
    region: its Region; empty: the target's.
    account: the other account that the bucket is in, where it is not the target's. Its administrators put `policy` on the
        bucket and add `key_policy` to the policy of its key.
    key_policy: statements for the policy of a key that exists. The owner of one in another account adds them; to one of the target's
        account they are added beside what others have there.
    regional: the name is of the account-regional namespace.
    default_encryption, enforce_ownership, block_public_acls: whether those settings can be made there.
    """

    name: str
    bucket: str
    arn: str
    policy: TracedDocument
    key: str | None = None
    versioning: bool = True
    create: bool = True
    tags: tuple[tuple[str, str], ...] = ()
    existing_policy: PolicyDocument | None = None
    account: str | None = None
    region: str = ""
    key_policy: TracedDocument = TracedDocument(())
    block_public_access: bool = True
    bucket_key: bool = True
    block_customer_keys: bool = True
    lifecycle: LifecyclePlan = LifecyclePlan()
    logging: LoggingPlan | None = None
    cors: tuple[CorsPlan, ...] = ()
    event_bridge: bool = False
    object_lock: ObjectLockPlan | None = None
    access_points: tuple[AccessPointPlan, ...] = ()
    regional: bool = False
    default_encryption: bool = True
    enforce_ownership: bool = True
    block_public_acls: bool = True

    @property
    def adopted(self) -> bool:
        """True if the bucket exists, in the target's account: policy, rules and tags are merged with what it has."""
        return not self.create and self.account is None

    @property
    def write_policy(self) -> bool:
        """True if the plan's resources include the bucket's policy."""
        return self.account is None and bool(self.added.statements)

    @property
    def policy_is_known(self) -> bool:
        """True if `policy` is all that the bucket's policy will say."""
        return not self.adopted or self.existing_policy is not None

    @property
    def added(self) -> TracedDocument:
        """The statements of `policy` that are not the existing policy's."""
        kept = f"buckets.{self.name}.policy"
        return TracedDocument(tuple(traced for traced in self.policy.statements if all(origin.path != kept for origin in traced.origins)))


@dataclass(frozen=True, slots=True)
class FurtherKeyPlan:
    """A key of another account that services name among their `keys`. policy: the statements that its owner adds to its policy."""

    key: str
    policy: TracedDocument


@dataclass(frozen=True, slots=True)
class Plan:
    """All resources of one declaration for one target, in the order in which they can be made. `remarks`: what was waived."""

    target: Target
    providers: tuple[ProviderPlan, ...] = ()
    keys: tuple[KeyPlan, ...] = ()
    roles: tuple[RolePlan, ...] = ()
    buckets: tuple[BucketPlan, ...] = field(default=())
    further_keys: tuple[FurtherKeyPlan, ...] = ()
    remarks: tuple[Diagnostic, ...] = ()


def key_placeholder(name: str) -> str:
    """What stands in a document for the ARN of the key that is made for bucket `name`; no ARN of AWS can look like it."""
    return f"{{{{key:{name}}}}}"
