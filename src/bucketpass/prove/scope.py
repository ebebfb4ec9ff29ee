"""The layers and requests that guarantees share: a role on a bucket, a role on a key, and what they are asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain

from bucketpass.aws.actions import ACTIONS, AccessKind, ResourceKind
from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet
from bucketpass.decide.web_identity import TAGS_CLAIM
from bucketpass.deployment.resources import AccountGuardrails, DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.findings.text import counted
from bucketpass.issuers import sample_claims
from bucketpass.model import Access, Service
from bucketpass.model.bucket import OTHERS
from bucketpass.model.own_folder import own_tags
from bucketpass.prove.actions import UNLISTED
from bucketpass.prove.callers import S3_LISTED, kinds_of_principals, service_session
from bucketpass.prove.declared import declared_conditions
from bucketpass.prove.evaluation import documents_of
from bucketpass.prove.principals import unplaced
from bucketpass.prove.question import Case
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Formula, Matches, disjunction
from bucketpass.prove.theory.glob import STAR, Glob
from bucketpass.prove.vocabulary import Vocabulary

__all__ = [
    "OBJECT_ACTIONS",
    "WRITES",
    "actions_over",
    "applicable_policies",
    "asked_of_owners",
    "assumed_boundaries",
    "has_grant",
    "keys_of",
    "layers_of",
    "names_of",
    "not_given",
    "not_modelled",
    "of_bucket",
    "policies",
    "principals_over",
    "session",
    "sessions_over",
    "token_of",
    "unknown_of",
    "unread_of",
    "vocabulary_of",
    "with_organization_policies",
    "with_token",
]

# Digits and a wildcard where an account's number stands: by itself, or as the fifth part of an ARN.
_PART_OF_ACCOUNT = re.compile(r"(?:^|^arn:[^:]*:[^:]*:[^:]*:)(?=[0-9*?]*[0-9])(?=[0-9]*[*?])[0-9*?]+(?:$|:)")
_KEYS_OF_ACCOUNTS = frozenset({"aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn"})
_TAG = "aws:principaltag/"
OBJECT_ACTIONS = tuple(name for name in S3_LISTED if ACTIONS[name].resource is ResourceKind.OBJECT)
WRITES = tuple(name for name in OBJECT_ACTIONS if ACTIONS[name].access not in (AccessKind.READ, AccessKind.LIST))


def of_bucket(bucket: DeployedBucket) -> Formula:
    """True of the bucket and its objects."""
    return disjunction(Matches("resource", Glob.literal(bucket.arn)), Matches("resource", Glob.of((f"{bucket.arn}/", STAR))))


def policies(policy: NamedPolicy | None) -> tuple[NamedPolicy, ...]:
    """The policies of a resource that has this one, or none."""
    return () if policy is None else (policy,)


def layers_of(role: DeployedRole, resource: DeployedBucket | DeployedKey | None, deployment: Deployment) -> PolicySet:
    """Return the policies that decide the role's requests on the resource. None: a resource whose policy is not known.

    SECURITY: a VPC endpoint's policy is not among them, since a session's credentials work outside of the VPC too.
    """
    boundary = role.boundary if isinstance(role.boundary, tuple) else None
    layers = PolicySet(identity=role.policies, resource=policies(None if resource is None else resource.policy), boundary=boundary)
    return with_organization_policies(layers, deployment, owner="" if resource is None else resource.account)


def with_organization_policies(layers: PolicySet, deployment: Deployment, *, owner: str) -> PolicySet:
    """Return `layers` with the SCPs of the deployment's account, and with its RCPs where the account owns the resource."""
    guardrails = deployment.guardrails
    return replace(layers, scps=guardrails.scps, rcps=guardrails.rcps if owner == deployment.target.account else ())


def applicable_policies(layers: PolicySet, request: SymbolicRequest, deployment: Deployment) -> PolicySet:
    """Return the policies that apply to the request's principal: SCPs apply to principals of their own account only."""
    return layers if request.principal.account == deployment.target.account else replace(layers, scps=())


def vocabulary_of(layers: PolicySet, access: Access) -> Vocabulary:
    """The condition keys and operands of the policies and of the declaration."""
    return Vocabulary.of(documents_of(layers), declared_conditions(access.services.values()))


def session(
    role: DeployedRole,
    layers: PolicySet,
    access: Access,
    deployment: Deployment,
    actions: tuple[str, ...],
    *,
    where: Formula = TRUE,
    account: str = "",
    name: str = "",
) -> SymbolicRequest:
    """All requests of the role's sessions for `actions` on the resources in `account` that make `where` true."""
    vocabulary = vocabulary_of(layers, access)
    return service_session(role, deployment, actions, vocabulary, resources=where, resource_account=account, name=name)


def token_of(service: Service, access: Access, request: AuthorizationRequest) -> Mapping[str, object]:
    """The claims of a token with which the service gets the session of this request: its first identity's, with the session's tags.

    A tag that a grant goes by has to be there: STS takes no token of the service without it.
    """
    identity = service.identity[0]
    claims = sample_claims(access.issuers[identity.issuer], identity)
    of_session = {key.lower(): value for key, value in request.context.items()}
    owners = [tag for grant in service.grants for tag in own_tags(grant.per)]
    declared = dict.fromkeys((*service.session.tags, *owners))
    needed = {f"{_TAG}{name}".lower(): "x" for name in owners}
    names = {f"{_TAG}{name}".lower(): name for name in declared}
    values = needed | {key: value for key, value in of_session.items() if key.startswith(_TAG) and isinstance(value, str)}
    tags = {names.get(key, key.removeprefix(_TAG)): [value] for key, value in values.items()}
    return {**claims, TAGS_CLAIM: {"principal_tags": tags}} if tags else claims


def with_token(cases: Iterable[Case], service: Service, access: Access) -> Iterator[Case]:
    """Yield the cases, each with the token by which the service gets the session that asks first."""
    return (replace(case, token=partial(token_of, service, access)) for case in cases)


def keys_of(service: Service, deployment: Deployment) -> tuple[DeployedKey, ...]:
    """The KMS keys that the service's data may be encrypted with. A key that is not made here delegates to its account."""
    named = [bucket.key for bucket in deployment.buckets if bucket.key and has_grant(service, bucket.name)]
    return tuple(map(deployment.key, dict.fromkeys([*named, *service.keys])))


def has_grant(service: Service, bucket: str) -> bool:
    """Whether any grant of the service is on the bucket."""
    return any(grant.bucket == bucket for grant in service.grants)


def names_of(roles: Iterable[DeployedRole]) -> str:
    """The roles, for people."""
    return " or ".join(role.name for role in roles)


def sessions_over(roles: Iterable[DeployedRole], requests: str) -> str:
    """Return in words: `requests` of all sessions of the roles."""
    return f"{requests} of all sessions of {counted(sum(1 for _ in roles), 'role')}, with any name, tags and condition keys"


def principals_over(actions: tuple[str, ...], policy: NamedPolicy | None, account: str, deployment: Deployment) -> str:
    """Return in words: requests for `actions` of every kind of principal, on a resource with this policy."""
    asked = [*policies(policy), *chain.from_iterable(deployment.guardrails.rcps)]
    kinds = kinds_of_principals((one.document for one in asked), account)
    return f"{kinds} kinds of principals, {actions_over(actions)}, with any condition keys"


@lru_cache(maxsize=64)
def actions_over(actions: tuple[str, ...] | frozenset[str]) -> str:
    """Return in words how many actions these are; `UNLISTED` is every other name of the service."""
    listed = sum(action != UNLISTED for action in actions)
    return counted(listed, "action") + (" and every other name" if listed < len(actions) else "")


def assumed_boundaries(roles: Iterable[DeployedRole]) -> tuple[str, ...]:
    """What a proof that something is impossible may leave open: what is not known of a boundary could only take away."""
    boundaries = {role.boundary for role in roles if isinstance(role.boundary, str)}
    return tuple(f"the permissions boundary {arn}, which is not known, allows everything" for arn in sorted(boundaries))


def unknown_of(bucket: DeployedBucket, deployment: Deployment) -> tuple[str, ...]:
    """Return what of the bucket's policy is not known or not modelled."""
    if not bucket.known:
        return (f"the policy of the existing bucket {bucket.name}",)
    rcps = (policy for level in deployment.guardrails.rcps for policy in level)
    return not_modelled(deployment.target.partition, *policies(bucket.policy), *rcps)


def unread_of(roles: Iterable[DeployedRole]) -> tuple[str, ...]:
    """Return the attached managed policies whose documents are not known.

    SECURITY: they may allow the roles' sessions anything, so that nothing is proved of these.
    """
    return tuple(dict.fromkeys(f"the managed policy {arn}" for role in roles for arn in role.unread))


def not_modelled(partition: str, *asked: NamedPolicy) -> tuple[str, ...]:
    """Return the principals of policies that nobody of `callers` stands for, and conditions on a part of an account's number.

    SECURITY: what nobody stands for would be proved to be harmless, and one account cannot stand for all others then.
    """
    nobody = (f"{who} in {policy.name}" for policy in asked for who in unplaced([policy.document], partition))
    return (*nobody, *(found for policy in asked for found in _parts_of_accounts(policy)))


def _parts_of_accounts(policy: NamedPolicy) -> Iterator[str]:
    for statement in policy.document.statements:
        for line in statement.conditions:
            if line.key.lower() in _KEYS_OF_ACCOUNTS:
                parts = (value for value in line.values if _PART_OF_ACCOUNT.search(value))
                yield from (f"`{value}` in {policy.name}, which distinguishes accounts by a part of their number" for value in parts)


def asked_of_owners(deployment: Deployment) -> Iterator[str]:
    """What a proof rests on of other accounts."""
    owners = {bucket.account for bucket in deployment.buckets} | {key.account for key in deployment.keys}
    for account in sorted(owners - {deployment.target.account}):
        yield (
            "public buckets of others let everybody read what is granted there"
            if account == OTHERS
            else f"account {account} has added to its policies what the plan asks of it"
        )


def not_given(guardrails: AccountGuardrails) -> Iterator[str]:
    """What a proof rests on of the layers that no declaration holds."""
    layers = (("service control", guardrails.scps), ("resource control", guardrails.rcps), ("VPC endpoint", guardrails.endpoint))
    absent = [name for name, given in layers if not given]
    if absent:
        yield f"no {' or '.join(absent)} policy: these could only take away"
    if guardrails.rcps:
        yield "resources of other accounts are under no resource control policy"
    if guardrails.endpoint is not None:
        yield "what a grant means is asked through the VPC endpoint; what nobody may do, nobody may anywhere"
