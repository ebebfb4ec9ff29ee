"""Two versions of a declaration: what each service may do now and could not before, and the other way round.

The difference is one of meaning, not of text: statements that are written otherwise and allow the same make none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TypeVar

from bucketpass.aws.arn import bucket_arn
from bucketpass.compile.difference import Change, ChangedRequests, ChangedTokens, ChangeKind
from bucketpass.decide import PolicySet, decide
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.model import Access
from bucketpass.prove.callers import EVERYTHING, KEY_ACTIONS, S3_ACTIONS, anonymous, service_session, undeclared_principals
from bucketpass.prove.declared import declared_conditions
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.keys import FreeText
from bucketpass.prove.narrow import Index
from bucketpass.prove.never import at_place
from bucketpass.prove.question import SECONDS, Answer, Asked, Case, Counterexample, Guarantee, Verdict, prove
from bucketpass.prove.request import SymbolicRequest, Vocabulary, text_matches
from bucketpass.prove.scope import (
    applicable_policies,
    keys_of,
    layers_of,
    of_bucket,
    policies,
    unknown_of,
    unread_of,
    with_organization_policies,
)
from bucketpass.prove.store import Digests
from bucketpass.prove.theory.formula import TRUE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.web_identity import admits, decide_token, takes_audience, token_request

__all__ = ["Difference", "Relation", "Version", "difference_about", "differences"]


class Relation(Enum):
    """How what is allowed now stands to what was allowed before."""

    EQUAL = "equal"
    MORE = "more"
    LESS = "less"
    INCOMPARABLE = "incomparable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Version:
    """A declaration and what it deploys."""

    access: Access
    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Difference:
    """How a service, a bucket or a key changed: `gained` and `lost` are examples, `reasons` what stands in the way of knowing.

    subject: `tokens` and `requests` of a service; `others` at a bucket or a key: everybody but the services of both versions.
    """

    owner: str
    subject: str
    relation: Relation
    gained: Counterexample | None = None
    lost: Counterexample | None = None
    reasons: tuple[str, ...] = ()


def differences(old: Version, new: Version, *, seconds: float = SECONDS) -> Iterator[Difference]:
    """Yield for each service of either version how its tokens and requests changed, and for each bucket and key who else may what.

    Theorem: all are EQUAL if and only if no token and no request is answered differently by the two versions, on what both have.
    """
    digests = Digests()
    before, after = (Index(version.access, version.deployment) for version in (old, new))
    for name in dict.fromkeys([*new.access.services, *old.access.services]):
        alone = [index.service(name) for version, index in ((old, before), (new, after)) if name in version.access.services]
        same = len(alone) == 2 and digests.of(*alone[0]) == digests.of(*alone[1])
        for subject, cases, unknown in (("tokens", _tokens, ()), ("requests", _requests, _unknown(name, old, new))):
            if same:
                yield Difference(name, subject, Relation.EQUAL)
            else:
                yield _difference(name, subject, partial(cases, name), old, new, unknown, seconds)
    for bucket, then in _in_both(new.deployment.buckets, old.deployment.buckets):
        unknown = (*unknown_of(bucket, new.deployment), *unknown_of(then, old.deployment)) if bucket.policy != then.policy else ()
        yield _difference(bucket.name, "others", partial(_others_at_bucket, bucket.arn), old, new, unknown, seconds)
    for key, _ in _in_both(new.deployment.keys, old.deployment.keys):
        yield _difference(key.arn, "others", partial(_others_at_key, key.arn), old, new, (), seconds)


def difference_about(
    change: Change, about: ChangedRequests | ChangedTokens, old: Version, new: Version, *, seconds: float = SECONDS
) -> Answer:
    """Return whether a request or token that the change is about is answered differently, with one that is as the counterexample."""
    without, having = (old, new) if change.kind is ChangeKind.MORE else (new, old)
    words, partition = "gained" if change.kind is ChangeKind.MORE else "lost", having.deployment.target.partition

    def cases() -> Iterator[Case]:
        if isinstance(about, ChangedTokens):
            found, provider = _tokens(change.owner, without, having, words), about.provider
            found = (case for case in found if str(case.asked[0].request.principal.arn).endswith(provider))
        else:
            found = _requests(change.owner, without, having, words, about.bucket)
        yield from (replace(case, broken=conjunction(case.broken, _is_about(about, partition, case.asked[0].request))) for case in found)

    return _nothing(words, cases, _unknown(change.owner, old, new), seconds)


def _is_about(about: ChangedRequests | ChangedTokens, partition: str, request: SymbolicRequest) -> Formula:
    if isinstance(about, ChangedRequests):
        return at_place(about.actions, bucket_arn(partition, about.bucket), about.keys, request)
    subject = request.key(f"{about.provider}:sub")
    pattern = Glob.parse(about.subject) if about.wild else Glob.literal(about.subject)
    return text_matches(subject.text, pattern) if isinstance(subject, FreeText) else TRUE


R = TypeVar("R", DeployedBucket, DeployedKey)
# The cases of what one version allows and the other does not: (without, having, words).
_Cases = Callable[[Version, Version, str], Iterator[Case]]


def _in_both(these: Iterable[R], those: Iterable[R]) -> Iterator[tuple[R, R]]:
    by_arn = {one.arn: one for one in those}
    yield from ((one, by_arn[one.arn]) for one in these if one.arn in by_arn)


def _difference(  # noqa: PLR0917 - one question, in the parts that it has
    owner: str, subject: str, cases: _Cases, old: Version, new: Version, unknown: tuple[str, ...], seconds: float
) -> Difference:
    gained = _nothing("gained", partial(cases, old, new, "gained"), unknown, seconds)
    lost = _nothing("lost", partial(cases, new, old, "lost"), unknown, seconds)
    reasons = tuple(dict.fromkeys((*gained.reasons, *lost.reasons)))
    return Difference(owner, subject, _relation(gained, lost), gained.counterexample, lost.counterexample, reasons)


def _others_at_bucket(arn: str, without: Version, having: Version, description: str) -> Iterator[Case]:
    """Requests that others may make on the bucket in `having`, and not in `without`."""
    pair = [next(bucket for bucket in version.deployment.buckets if bucket.arn == arn) for version in (having, without)]
    if pair[0].policy == pair[1].policy and pair[0].public_access == pair[1].public_access and _same_surroundings(without, having):
        return
    now, then = (
        with_organization_policies(
            PolicySet(identity=(EVERYTHING,), resource=policies(bucket.policy), public_access=bucket.public_access),
            version.deployment,
            owner=bucket.account,
        )
        for bucket, version in zip(pair, (having, without), strict=True)
    )
    yield from _others(now, then, without, having, S3_ACTIONS, of_bucket(pair[0]), pair[0].account, description)


def _others_at_key(arn: str, without: Version, having: Version, description: str) -> Iterator[Case]:
    """Requests that others may make with the key in `having`, and not in `without`."""
    pair = [version.deployment.key(arn) for version in (having, without)]
    if pair[0].policy == pair[1].policy and _same_surroundings(without, having):
        return
    now, then = (
        with_organization_policies(PolicySet(identity=(EVERYTHING,), resource=(key.policy,)), version.deployment, owner=key.account)
        for key, version in zip(pair, (having, without), strict=True)
    )
    yield from _others(now, then, without, having, KEY_ACTIONS, Matches("resource", Glob.literal(arn)), pair[0].account, description)


def _same_surroundings(one: Version, other: Version) -> bool:
    return one.deployment.guardrails == other.deployment.guardrails


def _others(  # noqa: PLR0917 - one question, in the parts that it has
    now: PolicySet,
    then: PolicySet,
    without: Version,
    having: Version,
    actions: tuple[str, ...],
    where: Formula,
    account: str,
    description: str,
) -> Iterator[Case]:
    vocabulary = Vocabulary.of([*documents_of(now), *documents_of(then)])
    services = dict.fromkeys(role.arn for version in (without, having) for role in version.deployment.roles)
    everybody = (
        *undeclared_principals(having.deployment, actions, vocabulary, resource_account=account, resources=where),
        ("an unsigned request", anonymous(having.deployment, actions, vocabulary, resource_account=account, resources=where)),
    )
    for who, request in everybody:
        binding, before = applicable_policies(now, request, having.deployment), applicable_policies(then, request, without.deployment)
        arn = request.keys.get("aws:principalarn")
        own = [text_matches(arn.text, Glob.literal(role)) for role in services] if isinstance(arn, FreeText) else []
        broken = conjunction(allowed(request, binding), negation(allowed(request, before)), *map(negation, own))
        asked = (Asked(request, True, partial(decide, policies=binding)), Asked(request, False, partial(decide, policies=before)))
        yield Case(asked, broken, f"{description} by {who}")


def _unknown(service: str, *versions: Version) -> tuple[str, ...]:
    """Permissions boundaries and managed policies that are known by ARN only and that differ between the versions."""
    boundaries = dict.fromkeys(role.boundary for version in versions for role in version.deployment.roles_of(service))
    unread = [set(unread_of(version.deployment.roles_of(service))) for version in versions]
    differing = unread[0].union(*unread) - unread[0].intersection(*unread)
    return (
        *(f"the permissions boundary {one}" for one in boundaries if isinstance(one, str) and len(boundaries) > 1),
        *sorted(differing),
    )


def _nothing(description: str, cases: Callable[[], Iterator[Case]], unknown: tuple[str, ...], seconds: float) -> Answer:
    # A service that is in one version alone has nothing to gain, or nothing to lose.
    asked = Guarantee(f"nothing {description}", f"nothing is {description}", cases, unknown=unknown, holds_without_cases=True)
    return prove(asked, seconds=seconds)


def _relation(gained: Answer, lost: Answer) -> Relation:
    known = {Verdict.PROVED: False, Verdict.COUNTEREXAMPLE: True}
    if gained.verdict is Verdict.UNKNOWN or lost.verdict is Verdict.UNKNOWN:
        return Relation.UNKNOWN
    return {
        (False, False): Relation.EQUAL,
        (True, False): Relation.MORE,
        (False, True): Relation.LESS,
        (True, True): Relation.INCOMPARABLE,
    }[known[gained.verdict], known[lost.verdict]]


def _tokens(service: str, without: Version, having: Version, description: str) -> Iterator[Case]:
    """Tokens that `having` admits and `without` does not."""
    roles, others = having.deployment.roles_of(service), without.deployment.roles_of(service)
    for provider in having.deployment.providers if roles else ():
        before, after = without.deployment.guardrails, having.deployment.guardrails
        request = token_request(provider, (*roles, *others), guardrails=after)
        now = disjunction(*(conjunction(admits(role, request, after), takes_audience(request, provider)) for role in roles))
        same = next((known for known in without.deployment.providers if known.arn == provider.arn), None)
        admitting = () if same is None else (conjunction(admits(role, request, before), takes_audience(request, same)) for role in others)
        then = disjunction(*admitting)
        asked = (Asked(request, True, decide_token(roles, after)),)
        yield Case(asked, conjunction(now, negation(then)), description)


def _requests(service: str, without: Version, having: Version, description: str, only: str | None = None) -> Iterator[Case]:
    """Requests that a role of `having` may make and none of `without` may. only: the bucket, by its name on AWS."""
    others = without.deployment.roles_of(service)
    for role in having.deployment.roles_of(service):
        peer = next((other for other in others if other.arn == role.arn), others[0] if others else None)
        buckets = {bucket.arn: bucket for version in (without, having) for bucket in version.deployment.buckets}
        for bucket in (one for arn, one in buckets.items() if only in (None, arn.rpartition(":")[2])):
            now = layers_of(role, _bucket(having, bucket), having.deployment)
            then = None if peer is None else layers_of(peer, _bucket(without, bucket), without.deployment)
            yield from _case(role, having, now, then, S3_ACTIONS, of_bucket(bucket), bucket.account, description)
        for arn in dict.fromkeys((*_keys(service, without), *_keys(service, having)) if only is None else ()):
            key = having.deployment.key(arn)
            now = layers_of(role, key, having.deployment)
            then = None if peer is None else layers_of(peer, without.deployment.key(arn), without.deployment)
            yield from _case(role, having, now, then, KEY_ACTIONS, Matches("resource", Glob.literal(arn)), key.account, description)


def _case(  # noqa: PLR0917 - one question, in the parts that it has
    role: DeployedRole,
    having: Version,
    now: PolicySet,
    then: PolicySet | None,
    actions: tuple[str, ...],
    where: Formula,
    account: str,
    description: str,
) -> Iterator[Case]:
    documents = [*documents_of(now), *(documents_of(then) if then is not None else ())]
    vocabulary = Vocabulary.of(documents, declared_conditions(having.access.services.values()))
    request = service_session(role, having.deployment, actions, vocabulary, resources=where, resource_account=account)
    asked = [Asked(request, True, partial(decide, policies=now))]
    broken = allowed(request, now)
    if then is not None:
        asked.append(Asked(request, False, partial(decide, policies=then)))
        broken = conjunction(broken, negation(allowed(request, then)))
    yield Case(tuple(asked), broken, description)


def _bucket(version: Version, bucket: DeployedBucket) -> DeployedBucket:
    """The bucket as that version has it. A bucket that the version does not have gets no policy, so that no statement names the role."""
    return next((known for known in version.deployment.buckets if known.arn == bucket.arn), replace(bucket, policy=None))


def _keys(service: str, version: Version) -> Iterable[str]:
    declared = version.access.services.get(service)
    return () if declared is None else (key.arn for key in keys_of(declared, version.deployment))
