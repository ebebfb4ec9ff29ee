"""The Plan: everything that a declaration becomes, as one pure value that is the same for every target.

Each document's statements carry the places of the declaration they came from (`Origin`). ARNs are known before anything
exists, but for the ARN of a KMS key that AWS is yet to make: documents hold `key_placeholder(name)` in its place, and
whatever makes the resources puts the real ARN there (`provision` from Pulumi's output, CloudFormation by `Fn::Sub` ...).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bucketpass.errors import Diagnostic
from bucketpass.frozen import quickly_made
from bucketpass.model.access import Bucket, Quotas, Relaxation, Service
from bucketpass.policy.document import PolicyDocument, Statement

__all__ = [
    "AccessPointPlan",
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
    """The account and Region that the plan is for. `deployer`: the ARN of whoever makes the resources, where it is known.

    dialect: `aws`, or the name of another kind of endpoint that speaks its API. `waivers`: the weaknesses of it that are accepted.
    region_assumed: nobody has said which Region it is for, so that nothing is wrong only because of it.
    """

    account: str
    region: str
    partition: str = "aws"
    deployer: str | None = None
    dialect: str = "aws"
    waivers: tuple[str, ...] = ()
    region_assumed: bool = False


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
    declared: what the declaration says of the service, for what the role has of it as it is.
    """

    service: str
    name: str
    arn: str
    description: str
    trust: TracedDocument
    policies: tuple[ManagedPolicyPlan, ...]
    declared: Service
    inline: tuple[tuple[str, TracedDocument], ...] = ()
    max_session_seconds: int = 3600
    permissions_boundary: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    attached: tuple[str, ...] = ()

    @property
    def identities(self) -> tuple[int, ...]:
        """The numbers, from 0 on, of the service's identities whose tokens the role takes."""
        start = f"services.{self.service}.identity["
        paths = {origin.path for traced in self.trust.statements for origin in traced.origins}
        return tuple(sorted(int(path.removeprefix(start)[:-1]) for path in paths if path.startswith(start)))

    @property
    def identity_ranges(self) -> str:
        """The same in words: `0 to 3, 10 to 12`."""
        runs: list[list[int]] = []
        for number in self.identities:
            if runs and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


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
class AccessPointPlan:
    """An access point of a bucket; public access is blocked. vpc: the VPC that its requests come from, where it is for one alone."""

    name: str
    arn: str
    vpc: str | None = None


@dataclass(frozen=True, slots=True)
class BucketPlan:
    """A bucket with its guard rails. `name` is its name in the declaration, `bucket` its name in S3.

    declared: what the declaration says of it. Its settings are read there; what stands beside it follows from more than that.
    key: None for SSE-S3, else the ARN of a KMS key or a `key_placeholder`.
    existing_policy: what the declaration says that an adopted bucket's policy is; None where it does not say it. Its statements stand in
        `policy` as well.
    region: its Region; empty: the target's.
    key_policy: statements for the policy of a key that exists. The owner of one in another account adds them; to one of the target's
        account they are added beside what others have there.
    log_bucket: the bucket (its name in S3) that gets its access log.
    unsupported: what the endpoint does not have of its settings: kinds of resources, and arguments as `kind.argument`.
    """

    name: str
    bucket: str
    arn: str
    policy: TracedDocument
    declared: Bucket = field(default=Bucket(), hash=False)
    key: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    existing_policy: PolicyDocument | None = None
    region: str = ""
    key_policy: TracedDocument = TracedDocument(())
    log_bucket: str | None = None
    access_points: tuple[AccessPointPlan, ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def create(self) -> bool:
        """True if the bucket itself and its settings are made; an existing bucket keeps its own."""
        return self.declared.create and self.account is None

    @property
    def account(self) -> str | None:
        """The other account that it is in. Its administrators put `policy` on it and add `key_policy` to the policy of its key."""
        return self.declared.account

    @property
    def block_public_access(self) -> bool:
        """True unless the declaration takes the block of public access down."""
        return Relaxation.BLOCK_PUBLIC_ACCESS not in self.declared.relax

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
    quotas: Quotas = field(default=Quotas())


def key_placeholder(name: str) -> str:
    """What stands in a document for the ARN of the key that is made for bucket `name`; no ARN of AWS can look like it."""
    return f"{{{{key:{name}}}}}"
