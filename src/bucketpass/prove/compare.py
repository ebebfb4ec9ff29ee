"""Two versions of a declaration: what each service may do now and could not before, and the other way round.

The difference is one of meaning, not of text: statements that are written otherwise and allow the same make none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import TypeVar

from bucketpass.aws.arn import bucket_arn
from bucketpass.compile.difference import Change, ChangedRequests, ChangedTokens, ChangeKind
from bucketpass.decide import AuthorizationRequest, Decision, PolicySet, decide
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.model import Access
from bucketpass.prove.access_points import answered, decide_there, elsewhere, fitting, through
from bucketpass.prove.callers import EVERYTHING, KEY_ACTIONS, S3_ACTIONS, anonymous, service_session, undeclared_principals
from bucketpass.prove.declared import declared_conditions
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.keys import FreeText, text_matches
from bucketpass.prove.narrow import Index
from bucketpass.prove.never import at_place
from bucketpass.prove.question import SECONDS, Answer, Asked, Case, Counterexample, Guarantee, Verdict, prove
from bucketpass.prove.request import SymbolicRequest
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
from bucketpass.prove.vocabulary import Vocabulary
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


@dataclass(frozen=True, slots=True)
class _Side:
    """A bucket or key as a version has it, and the policies that decide there."""

    version: Version
    policies: PolicySet
    resource: DeployedBucket | DeployedKey

    @property
    def points(self) -> Iterable[str]:
        """The ARNs of its access points."""
        return self.resource.access_points.values() if isinstance(self.resource, DeployedBucket) else ()

    def answers(self, request: SymbolicRequest, points: Iterable[str]) -> Formula:
        """True of requests that it allows. points: of both sides; through one that this side does not have nobody comes."""
        if not isinstance(self.resource, DeployedBucket):
            return allowed(request, self.policies)
        absent = (negation(through(request, point)) for point in points if point not in self.points)
        return conjunction(allowed(request, self.policies), answered(self.resource, request, self.policies), *absent)

    def decide(self, request: AuthorizationRequest) -> Decision:
        """The engine's answer."""
        if not isinstance(self.resource, DeployedBucket):
            return decide(request, self.policies)
        return decide_there(self.resource, self.policies)(request)


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


_AS_OTHERS_SEE = attrgetter("policy", "public_access", "access_points", "access_point_policies")


def _others_at_bucket(arn: str, without: Version, having: Version, description: str) -> Iterator[Case]:
    """Requests that others may make on the bucket in `having`, and not in `without`."""
    pair = [next(bucket for bucket in version.deployment.buckets if bucket.arn == arn) for version in (having, without)]
    if _AS_OTHERS_SEE(pair[0]) == _AS_OTHERS_SEE(pair[1]) and _same_surroundings(without, having):
        return
    now, then = (
        with_organization_policies(
            PolicySet(identity=(EVERYTHING,), resource=policies(bucket.policy), public_access=bucket.public_access),
            version.deployment,
            owner=bucket.account,
        )
        for bucket, version in zip(pair, (having, without), strict=True)
    )
    yield from _others(_Side(having, now, pair[0]), _Side(without, then, pair[1]), S3_ACTIONS, of_bucket(pair[0]), description)


def _others_at_key(arn: str, without: Version, having: Version, description: str) -> Iterator[Case]:
    """Requests that others may make with the key in `having`, and not in `without`."""
    pair = [version.deployment.key(arn) for version in (having, without)]
    if pair[0].policy == pair[1].policy and _same_surroundings(without, having):
        return
    now, then = (
        with_organization_policies(PolicySet(identity=(EVERYTHING,), resource=(key.policy,)), version.deployment, owner=key.account)
        for key, version in zip(pair, (having, without), strict=True)
    )
    yield from _others(_Side(having, now, pair[0]), _Side(without, then, pair[1]), KEY_ACTIONS, _is(arn), description)


def _same_surroundings(one: Version, other: Version) -> bool:
    return one.deployment.guardrails == other.deployment.guardrails


def _others(having: _Side, without: _Side, actions: tuple[str, ...], where: Formula, description: str) -> Iterator[Case]:
    vocabulary = Vocabulary.of([*documents_of(having.policies), *documents_of(without.policies)])
    services = dict.fromkeys(role.arn for side in (without, having) for role in side.version.deployment.roles)
    deployment, account = having.version.deployment, having.resource.account
    everybody = (
        *undeclared_principals(deployment, actions, vocabulary, resource_account=account, resources=where),
        ("an unsigned request", anonymous(deployment, actions, vocabulary, resource_account=account, resources=where)),
    )
    for who, request in everybody:
        now, then = (
            replace(side, policies=applicable_policies(side.policies, request, side.version.deployment)) for side in (having, without)
        )
        arn = request.keys.get("aws:principalarn")
        own = [text_matches(arn.text, Glob.literal(role)) for role in services] if isinstance(arn, FreeText) else []
        yield _differing(request, now, then, f"{description} by {who}", *map(negation, own))


def _differing(request: SymbolicRequest, now: _Side, then: _Side | None, description: str, *more: Formula) -> Case:
    """The case of requests that `now` answers and `then`, where there is that side, does not."""
    points = dict.fromkeys(point for side in (now, then) if side is not None for point in side.points)
    asked, broken = [Asked(request, True, now.decide)], conjunction(fitting(request), now.answers(request, points), *more)
    if then is not None:
        asked.append(Asked(request, False, then.decide))
        broken = conjunction(broken, negation(then.answers(request, points)))
    return Case(tuple(asked), broken, description, unclear=elsewhere(request, points))


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
            now, then = ((version, _bucket(version, bucket)) for version in (having, without))
            yield from _case(role, peer, now, then, of_bucket(bucket), description)
        for arn in dict.fromkeys((*_keys(service, without), *_keys(service, having)) if only is None else ()):
            after, before = ((version, version.deployment.key(arn)) for version in (having, without))
            yield from _case(role, peer, after, before, _is(arn), description)


def _case(  # noqa: PLR0917 - one question, in the parts that it has
    role: DeployedRole,
    peer: DeployedRole | None,
    having: tuple[Version, DeployedBucket] | tuple[Version, DeployedKey],
    without: tuple[Version, DeployedBucket] | tuple[Version, DeployedKey],
    where: Formula,
    description: str,
) -> Iterator[Case]:
    now = _side(role, *having)
    then = None if peer is None else _side(peer, *without)
    documents = [*documents_of(now.policies), *(documents_of(then.policies) if then is not None else ())]
    version, resource = having
    vocabulary = Vocabulary.of(documents, declared_conditions(version.access.services.values()))
    actions = S3_ACTIONS if isinstance(resource, DeployedBucket) else KEY_ACTIONS
    request = service_session(role, version.deployment, actions, vocabulary, resources=where, resource_account=resource.account)
    yield _differing(request, now, then, description)


def _side(role: DeployedRole, version: Version, resource: DeployedBucket | DeployedKey) -> _Side:
    return _Side(version, layers_of(role, resource, version.deployment), resource)


def _is(arn: str) -> Formula:
    return Matches("resource", Glob.literal(arn))


def _bucket(version: Version, bucket: DeployedBucket) -> DeployedBucket:
    """The bucket as that version has it. One that the version does not have gets no policy, so that no statement names the role."""
    bare = replace(bucket, policy=None, access_points={}, access_point_policies={})
    return next((known for known in version.deployment.buckets if known.arn == bucket.arn), bare)


def _keys(service: str, version: Version) -> Iterable[str]:
    declared = version.access.services.get(service)
    return () if declared is None else (key.arn for key in keys_of(declared, version.deployment))
