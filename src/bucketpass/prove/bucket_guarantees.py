"""What is promised of a bucket: who else may touch it, and what it takes from nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

from bucketpass.aws.log_delivery import DELIVERIES
from bucketpass.decide import PolicySet, PrincipalKind
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.model import Access, Relaxation
from bucketpass.model.access import Bucket, Logging
from bucketpass.policy import Condition, Effect
from bucketpass.prove.access_points import case_on
from bucketpass.prove.callers import EVERYTHING, S3_ACTIONS, anonymous, undeclared_principals
from bucketpass.prove.conditions import holds
from bucketpass.prove.declared import declared_conditions, granted
from bucketpass.prove.declared_bucket import is_administrator, within_guard_rails
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.keys import FreeText, TextValue, text_matches
from bucketpass.prove.narrow import EMPTY, on_bucket, only, patterns_of
from bucketpass.prove.question import Case, Guarantee, GuaranteePart
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.scope import (
    WRITES,
    actions_over,
    applicable_policies,
    assumed_boundaries,
    has_grant,
    layers_of,
    of_bucket,
    policies,
    principals_over,
    session,
    sessions_over,
    unknown_of,
    unread_of,
    with_organization_policies,
)
from bucketpass.prove.service_guarantees import bucket_part
from bucketpass.prove.theory.formula import FALSE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import STAR, Glob
from bucketpass.prove.vocabulary import Vocabulary

__all__ = ["guard_rails", "others", "public", "writers"]

PUTS = ("s3:PutObject",)
_SSE = "s3:x-amz-server-side-encryption"
_BESIDE_KMS = "S3 takes a KMS key's ID beside KMS encryption alone"


def others(bucket: DeployedBucket, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if nobody touches the bucket who is not declared to.

    Of an exclusive bucket: no principal at all but services with a grant on it and administrators. Of any other: no principal
    of another account, and no AWS service but S3's log delivery where it is declared.
    """
    let_in = tuple(role.arn for role in deployment.roles if role.service and has_grant(access.services[role.service], bucket.name))
    logs = tuple(declared.logging for declared in access.buckets.values() if declared.logging and declared.logging.bucket == bucket.name)
    declared = access.buckets[bucket.name]
    inputs = (bucket, declared, let_in, logs, _alone(deployment))
    derived = (*(f"{log.prefix}*" for log in logs), *declared.services)
    nobody = "no principal but its services and administrators" if declared.exclusive else "no principal of another account"
    return Guarantee(
        f"others at {bucket.name}",
        f"{nobody}, and no AWS service that is not declared, may make any request on bucket {bucket.name};"
        " its administrators may make all that keep to its guard rails",
        lambda: other_cases(*inputs),
        assumed=("every other principal has every permission of its own", "an account that no policy names stands for all such accounts"),
        unknown=unknown_of(bucket, deployment),
        parts=lambda: [GuaranteePart(other_cases, inputs, _names(bucket, access, deployment), derived)],
        code="others",
        over=lambda: principals_over(S3_ACTIONS, bucket.policy, bucket.account, deployment),
    )


def _names(bucket: DeployedBucket, access: Access, deployment: Deployment) -> tuple[str, ...]:
    """Return what in the bucket's policy is but a name: of the bucket and its key, of the roles, and of what services were granted."""
    granted_there = (pattern for service in access.services.values() for pattern in patterns_of(on_bucket(service, bucket.name)))
    return (bucket.name, bucket.key or "", *(role.arn for role in deployment.roles), *granted_there)


def _alone(deployment: Deployment) -> Deployment:
    """Return the deployment as far as a question that brings its own bucket depends on it."""
    return replace(deployment, providers=(), roles=(), buckets=(), keys=())


def other_cases(
    bucket: DeployedBucket, declared: Bucket, let_in: tuple[str, ...], logs: tuple[Logging, ...], deployment: Deployment
) -> Iterator[Case]:
    """Yield the cases in which an undeclared principal reaches the bucket, or an administrator is locked out."""
    layers = with_organization_policies(
        PolicySet(identity=(EVERYTHING,), resource=policies(bucket.policy), public_access=bucket.public_access),
        deployment,
        owner=bucket.account,
    )
    # Requests of a service are distinguished by aws:SourceAccount, even where the policy does not name that key.
    distinguished = (*declared_conditions(()), *([Condition("Null", "aws:SourceAccount", ("true",))] if declared.services else []))
    vocabulary, where = Vocabulary.of(documents_of(layers), distinguished), of_bucket(bucket)
    for who, request in undeclared_principals(deployment, S3_ACTIONS, vocabulary, resource_account=bucket.account, resources=where):
        binding = applicable_policies(layers, request, deployment)
        can = allowed(request, binding)
        if request.principal.account != bucket.account or declared.exclusive:
            deliveries = _deliveries(bucket, declared, deployment.target.account, request)
            is_declared = disjunction(_is_declared(request, bucket, declared, let_in, logs), *deliveries)
            broken = conjunction(can, negation(is_declared))
            yield case_on(bucket, request, broken, binding, description=f"{who} reaches the bucket")
        if request.principal.account == bucket.account and request.principal.kind is not PrincipalKind.WEB_IDENTITY:
            invited = conjunction(is_administrator(declared, request), within_guard_rails(declared, bucket, request))
            broken = conjunction(invited, negation(can))
            yield Case.of(request, broken, binding, expected=False, description=f"{who} is locked out, and an administrator")


def _is_declared(
    request: SymbolicRequest, bucket: DeployedBucket, declared: Bucket, let_in: tuple[str, ...], logs: tuple[Logging, ...]
) -> Formula:
    if request.principal.kind is PrincipalKind.SERVICE:
        return _logs(bucket, logs, request)
    arn = request.key("aws:PrincipalArn")
    services = [text_matches(arn.text, Glob.literal(role)) for role in let_in] if isinstance(arn, FreeText) else []
    return disjunction(*services, is_administrator(declared, request))


def _deliveries(bucket: DeployedBucket, declared: Bucket, account: str, request: SymbolicRequest) -> Iterator[Formula]:
    """Yield when an AWS service that is declared writes where it writes for this account, or looks at the bucket's ACL to do so."""
    if not declared.services or request.principal.kind is not PrincipalKind.SERVICE:
        return
    source = request.key("aws:SourceAccount")
    if not isinstance(request.principal.arn, TextValue) or not isinstance(source, FreeText):
        return
    of_account = conjunction(source.present, text_matches(source.text, Glob.literal(account)))
    for name in declared.services:
        row = DELIVERIES[name]
        # The Region is of no matter to where it writes.
        there = Matches("resource", Glob.of((f"{bucket.arn}/{row.prefix.format(account=account)}", STAR)))
        puts = conjunction(request.does(PUTS), there)
        looks = conjunction(request.does(["s3:GetBucketAcl"]), Matches("resource", Glob.literal(bucket.arn))) if row.reads_acl else FALSE
        yield conjunction(text_matches(request.principal.arn, Glob.literal(row.principal)), of_account, disjunction(puts, looks))


def _logs(bucket: DeployedBucket, logs: tuple[Logging, ...], request: SymbolicRequest) -> Formula:
    """S3's log delivery, writing the log of a declared bucket where that is declared."""
    if not logs or not isinstance(request.principal.arn, TextValue):
        return FALSE
    return conjunction(
        text_matches(request.principal.arn, Glob.literal("logging.s3.amazonaws.com")),
        request.does(PUTS),
        disjunction(*(Matches("resource", Glob.of((f"{bucket.arn}/{log.prefix}", STAR))) for log in logs)),
    )


def public(bucket: DeployedBucket, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if no unsigned request on the bucket is allowed."""
    inputs = (bucket, _alone(deployment))
    return Guarantee(
        f"public access to {bucket.name}",
        f"no unsigned request on bucket {bucket.name} is allowed",
        lambda: public_cases(*inputs),
        unknown=unknown_of(bucket, deployment),
        parts=lambda: [GuaranteePart(public_cases, inputs, _names(bucket, access, deployment))],
        code="public-access",
        over=lambda: f"all unsigned requests for {actions_over(S3_ACTIONS)}, with any condition keys",
    )


def public_cases(bucket: DeployedBucket, deployment: Deployment) -> Iterator[Case]:
    """Yield the unsigned requests on the bucket that are allowed."""
    layers = with_organization_policies(
        PolicySet(resource=policies(bucket.policy), public_access=bucket.public_access), deployment, owner=bucket.account
    )
    vocabulary = Vocabulary.of(documents_of(layers))
    request = anonymous(deployment, S3_ACTIONS, vocabulary, resource_account=bucket.account, resources=of_bucket(bucket))
    yield case_on(bucket, request, allowed(request, layers), layers, description="an unsigned request reaches the bucket")


def guard_rails(bucket: DeployedBucket, access: Access, deployment: Deployment) -> Iterator[Guarantee]:
    """Unsatisfiable if and only if the bucket takes no request over plain http or old TLS, and no object with another key."""
    algorithms = access.buckets[bucket.name].algorithms
    named, key_named = (Condition("Null", header, ("false",)) for header in (_SSE, f"{_SSE}-aws-kms-key-id"))
    other_key: list[tuple[Condition, ...]] = []
    if bucket.key is not None:
        other_key = [
            (key_named, Condition("StringNotEquals", key_named.key, (bucket.key,))),
            # What names KMS and no key is encrypted with AWS's own key for S3 [A].
            (named, Condition("Null", key_named.key, ("true",))),
        ]
    rows = (
        (
            Relaxation.TLS,
            "transport",
            "no request over plain http or TLS older than 1.2 is allowed",
            S3_ACTIONS,
            [(Condition("Bool", "aws:SecureTransport", ("false",)),), (Condition("NumericLessThan", "s3:TlsVersion", ("1.2",)),)],
        ),
        (
            Relaxation.RIGHT_KEY,
            "encryption",
            "no object is put with another encryption or key than the bucket's",
            PUTS,
            [(named, Condition("StringNotEquals", _SSE, algorithms)), *other_key],
        ),
        (
            Relaxation.CUSTOMER_KEYS,
            "customer keys",
            "no object is put with a key of the caller's (SSE-C)",
            PUTS,
            [(Condition("Null", f"{_SSE}-customer-algorithm", ("false",)),)],
        ),
    )
    names = cache(lambda: _names(bucket, access, deployment))
    for relaxation, name, theorem, actions, ways in rows:
        if relaxation not in access.buckets[bucket.name].relax:
            inputs = (bucket, _alone(deployment), actions, tuple(ways))
            yield Guarantee(
                f"{name} of {bucket.name}",
                f"on bucket {bucket.name} {theorem}, whoever asks",
                partial(refused, *inputs),
                assumed=("every principal has every permission of its own", *([_BESIDE_KMS] if relaxation is Relaxation.RIGHT_KEY else [])),
                unknown=unknown_of(bucket, deployment),
                parts=partial(_refused_part, inputs, names),
                code=name.replace(" ", "-"),
                over=partial(principals_over, actions, bucket.policy, bucket.account, deployment),
            )


def _refused_part(inputs: tuple[object, ...], names: Callable[[], tuple[str, ...]]) -> tuple[GuaranteePart]:
    return (GuaranteePart(refused, inputs, names()),)


def refused(
    bucket: DeployedBucket, deployment: Deployment, actions: tuple[str, ...], ways: tuple[tuple[Condition, ...], ...]
) -> Iterator[Case]:
    """Yield the cases in which any principal's request meets all conditions of one of the `ways`."""
    layers = with_organization_policies(
        PolicySet(identity=(EVERYTHING,), resource=policies(bucket.policy)), deployment, owner=bucket.account
    )
    vocabulary = Vocabulary.of(documents_of(layers), [line for way in ways for line in way])
    account, where = bucket.account, of_bucket(bucket)
    signed = undeclared_principals(deployment, actions, vocabulary, resource_account=account, resources=where)
    unsigned = anonymous(deployment, actions, vocabulary, resource_account=account, resources=where)
    for who, request in (*signed, ("an unsigned request", unsigned)):
        binding = applicable_policies(layers, request, deployment)
        can = allowed(request, binding)
        for way in ways:
            met = conjunction(*(holds(line, request, variables=False, effect=Effect.DENY) for line in way))
            lines = " and ".join(f"{line.operator} {line.key} {' or '.join(line.values)}" for line in way)
            description = f"{who} may, where {lines}"
            yield case_on(bucket, request, conjunction(can, met), binding, description=description)


def writers(bucket: DeployedBucket, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if no service writes an object that only other services were granted to write.

    Where a role makes on the bucket exactly the requests that its own grants mean, it writes nothing of others.
    """
    with_grants = {name: service for name, service in access.services.items() if has_grant(service, bucket.name)}
    roles = tuple(role for role in deployment.roles if role.service in with_grants)

    def parts() -> Iterator[GuaranteePart]:
        granted_there = {name: on_bucket(service, bucket.name) for name, service in with_grants.items()}
        buckets = {bucket.name: access.buckets[bucket.name]}
        patterns = tuple(map(patterns_of, granted_there.values()))
        alone = only(access, buckets, granted_there)
        for role in roles:
            own = bucket_part(role, with_grants[role.service or ""], bucket, access, deployment)
            inputs = (replace(role, trust=EMPTY), bucket, alone, _alone(deployment))
            yield GuaranteePart(writer_cases, inputs, derived=patterns, implied_by=own)

    return Guarantee(
        f"writers of {bucket.name}",
        f"an object of bucket {bucket.name} that one service was granted to write, another writes only if it was granted too",
        lambda: (case for role in roles for case in writer_cases(role, bucket, access, deployment)),
        assumed=assumed_boundaries(roles),
        unknown=(*unknown_of(bucket, deployment), *unread_of(roles)),
        holds_without_cases=not with_grants,
        parts=parts,
        # SECURITY: a service with policies of its own may do more than its grants mean and be proved.
        follows_from=() if any(one.policies for one in with_grants.values()) else tuple(f"requests of {name}" for name in with_grants),
        code="writers",
        over=lambda: sessions_over(roles, f"{actions_over(WRITES)} on its objects"),
    )


def writer_cases(role: DeployedRole, bucket: DeployedBucket, access: Access, deployment: Deployment) -> Iterator[Case]:
    """Yield what the role writes on the bucket and only another service was granted to write."""
    layers = layers_of(role, bucket, deployment)
    request = session(role, layers, access, deployment, WRITES, where=of_bucket(bucket), account=bucket.account)
    with_grants = {name: service for name, service in access.services.items() if has_grant(service, bucket.name)}
    means = {name: granted(service, access.buckets[bucket.name], bucket, request) for name, service in with_grants.items()}
    own = means.pop(role.service or "")
    broken = conjunction(allowed(request, layers), disjunction(*means.values()), negation(own))
    yield case_on(bucket, request, broken, layers, description=f"{role.service} writes what only another service was granted")
