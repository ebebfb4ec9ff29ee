"""What is deployed, or would be: providers, roles, buckets and keys with their documents, as the prover looks at them.

`deployment_of` makes one of a Plan. A key that AWS is yet to make gets a placeholder ARN, since documents have to name one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bucketpass.aws.arn import parse_arn
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile import Plan, Target, key_placeholder
from bucketpass.compile.plan import KeyPlan
from bucketpass.decide import NamedPolicy, PublicAccessBlock
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement, Statement

__all__ = [
    "NO_GUARDRAILS",
    "AccountGuardrails",
    "DeployedBucket",
    "DeployedKey",
    "DeployedRole",
    "Deployment",
    "delegating",
    "deployment_of",
    "rewritten",
    "with_managed",
]


@dataclass(frozen=True, slots=True)
class DeployedRole:
    """A role. `boundary`: None: there is none; an ARN: there is one, and what it says is not known.

    unread: the ARNs of attached managed policies whose documents are not known.
    """

    arn: str
    trust: NamedPolicy
    policies: tuple[NamedPolicy, ...] = ()
    boundary: tuple[NamedPolicy, ...] | str | None = None
    service: str | None = None
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The role's name without its path."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class DeployedBucket:
    """A bucket. `policy` None: it has none; `known` False: it may have one, and what it says is not known.

    key: what it encrypts with, None for S3's own; `bucket_key`: whether KMS is asked about the bucket or about each object.
    access_points: the ARN of each, by name; access_point_policies: the policies of those that have one. region: empty: the target's.
    """

    name: str
    arn: str
    account: str
    policy: NamedPolicy | None
    known: bool = True
    public_access: PublicAccessBlock | None = None
    key: str | None = None
    bucket_key: bool = True
    access_points: Mapping[str, str] = field(default_factory=dict)
    access_point_policies: Mapping[str, NamedPolicy] = field(default_factory=dict)
    region: str = ""


@dataclass(frozen=True, slots=True)
class DeployedKey:
    """A KMS key and its policy."""

    arn: str
    account: str
    policy: NamedPolicy


@dataclass(frozen=True, slots=True)
class AccountGuardrails:
    """The policies and the organization of a deployment's account, which no declaration holds.

    scps, rcps: those of the account, level by level of its organisation. endpoint: the policy of the VPC endpoint for S3 that the
    services use. organization: its ID, which the account's principals and resources carry.
    """

    scps: tuple[tuple[NamedPolicy, ...], ...] = ()
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()
    endpoint: tuple[NamedPolicy, ...] | None = None
    organization: str | None = None


NO_GUARDRAILS = AccountGuardrails()


@dataclass(frozen=True, slots=True)
class Deployment:
    """Everything together, in one account and Region.

    managed: by ARN, the managed policies that services are declared to have, as far as their documents are known.
    """

    target: Target
    providers: tuple[TrustedProvider, ...] = ()
    roles: tuple[DeployedRole, ...] = ()
    buckets: tuple[DeployedBucket, ...] = ()
    keys: tuple[DeployedKey, ...] = ()
    guardrails: AccountGuardrails = NO_GUARDRAILS
    managed: Mapping[str, NamedPolicy] = field(default_factory=dict)

    def key(self, arn: str) -> DeployedKey:
        """The key of this ARN. Of one that is not made here nothing is known: it leaves all to its account, as AWS's own default does."""
        known = next((key for key in self.keys if key.arn == arn), None)
        if known is not None:
            return known
        account = parse_arn(arn).account
        return DeployedKey(arn, account, delegating(account, self.target.partition))

    def roles_of(self, service: str) -> tuple[DeployedRole, ...]:
        """The roles of a declared service."""
        return tuple(role for role in self.roles if role.service == service)


def with_managed(deployment: Deployment, managed: Mapping[str, NamedPolicy]) -> Deployment:
    """Return the deployment in which these managed policies, by ARN, are read where roles have them attached, or as a boundary."""
    roles = tuple(
        replace(
            role,
            policies=(*role.policies, *(managed[arn] for arn in role.unread if arn in managed)),
            boundary=(managed[role.boundary],) if isinstance(role.boundary, str) and role.boundary in managed else role.boundary,
            unread=tuple(arn for arn in role.unread if arn not in managed),
        )
        for role in deployment.roles
    )
    return replace(deployment, roles=roles, managed={**deployment.managed, **managed})


def delegating(account: str, partition: str) -> NamedPolicy:
    """The key policy that leaves it to the account's own policies, as AWS writes it by default."""
    root = PrincipalElement(aws=(f"arn:{partition}:iam::{account}:root",))
    statement = Statement(Effect.ALLOW, actions=("kms:*",), resources=("*",), principal=root)
    return NamedPolicy("the usual key policy", PolicyDocument((statement,)))


def deployment_of(plan: Plan) -> Deployment:
    """What the plan would deploy."""
    stand_ins = {key_placeholder(key.name): _stand_in(plan.target, key) for key in plan.keys}

    def named(name: str, document: PolicyDocument) -> NamedPolicy:
        return NamedPolicy(name, _rewritten(document, lambda text: stand_ins.get(text, text)) if stand_ins else document)

    roles = tuple(
        DeployedRole(
            arn=role.arn,
            trust=named(f"trust policy of {role.name}", role.trust.document),
            policies=tuple(
                named(f"policy {name} of {role.name}", traced.document)
                for name, traced in (*((policy.name, policy.document) for policy in role.policies), *role.inline)
            ),
            boundary=role.permissions_boundary,
            service=role.service,
            unread=role.attached,
        )
        for role in plan.roles
    )
    buckets = tuple(
        DeployedBucket(
            name=bucket.name,
            arn=bucket.arn,
            account=bucket.account or plan.target.account,
            policy=named(f"bucket policy of {bucket.name}", bucket.policy.document),
            known=bucket.policy_is_known,
            public_access=PublicAccessBlock() if bucket.block_public_access and bucket.create else None,
            key=None if bucket.key is None else stand_ins.get(bucket.key, bucket.key),
            bucket_key=bucket.declared.bucket_key and not bucket.declared.dsse,
            access_points={point.name: point.arn for point in bucket.access_points},
            region=bucket.region,
        )
        for bucket in plan.buckets
    )
    keys = tuple(
        DeployedKey(_stand_in(plan.target, key), plan.target.account, named(f"key policy of {key.name}", key.policy.document))
        for key in plan.keys
    )
    return Deployment(plan.target, tuple(_providers(plan)), roles, buckets, (*keys, *_keys_elsewhere(plan)))


def _keys_elsewhere(plan: Plan) -> Iterable[DeployedKey]:
    """Keys of other accounts, once their owners added what the plan asks them to."""
    asked: dict[str, list[Statement]] = {}
    for bucket in plan.buckets:
        if bucket.key is not None and bucket.key_policy.statements:
            asked.setdefault(bucket.key, []).extend(bucket.key_policy.document.statements)
    for further in plan.further_keys:
        asked.setdefault(further.key, []).extend(further.policy.document.statements)
    for arn, statements in asked.items():
        account = parse_arn(arn).account
        usual = delegating(account, plan.target.partition).document
        yield DeployedKey(arn, account, NamedPolicy(f"key policy of {arn}", replace(usual, statements=(*usual.statements, *statements))))


def _providers(plan: Plan) -> Iterable[TrustedProvider]:
    """The providers that the plan makes, and those that AWS has built in and that a trust names."""
    yield from (TrustedProvider(provider.arn, provider.url, provider.client_ids) for provider in plan.providers)
    named = {
        arn
        for role in plan.roles
        for statement in role.trust.document.statements
        if statement.principal is not None
        for arn in statement.principal.federated
    }
    # STS takes any audience of a built-in provider: the trust's own condition is all there is.
    yield from (TrustedProvider(name, f"https://{name}", ()) for name in sorted(named & BUILT_IN_PROVIDERS))


def _stand_in(target: Target, key: KeyPlan) -> str:
    return f"arn:{target.partition}:kms:{key.region or target.region}:{target.account}:key/of-{key.name}"


def rewritten(deployment: Deployment, text_of: Callable[[str], str]) -> Deployment:
    """Return the deployment with other ARNs of its keys, where its resources and documents name them."""

    def policy(one: NamedPolicy) -> NamedPolicy:
        return replace(one, document=_rewritten(one.document, text_of))

    roles = (replace(role, policies=tuple(map(policy, role.policies))) for role in deployment.roles)
    buckets = (
        replace(bucket, policy=bucket.policy and policy(bucket.policy), key=bucket.key and text_of(bucket.key))
        for bucket in deployment.buckets
    )
    keys = (replace(key, arn=text_of(key.arn), policy=policy(key.policy)) for key in deployment.keys)
    return replace(deployment, roles=tuple(roles), buckets=tuple(buckets), keys=tuple(keys))


def _rewritten(document: PolicyDocument, text_of: Callable[[str], str]) -> PolicyDocument:
    return replace(document, statements=tuple(_rewritten_statement(statement, text_of) for statement in document.statements))


def _rewritten_statement(statement: Statement, text_of: Callable[[str], str]) -> Statement:
    def texts(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if values is None else tuple(map(text_of, values))

    return replace(
        statement,
        resources=texts(statement.resources),
        not_resources=texts(statement.not_resources),
        conditions=tuple(replace(line, values=tuple(map(text_of, line.values))) for line in statement.conditions),
    )
