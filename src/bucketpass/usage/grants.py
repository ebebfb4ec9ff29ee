"""Which grants of a declaration are used, by which services and how far: the answer of `bucketpass usage`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from fnmatch import fnmatchcase

from bucketpass.aws.arn import parse_arn
from bucketpass.compile import Target, compile_access
from bucketpass.compile.actions import LEVELS, VERSIONS
from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge
from bucketpass.compile.permissions import grant_statements
from bucketpass.decide import NamedPolicy, PolicySet, decide
from bucketpass.deployment.resources import Deployment, deployment_of
from bucketpass.model import Access
from bucketpass.model.access import AccessLevel, Grant
from bucketpass.policy import PolicyDocument
from bucketpass.usage.decisions import DecidedRequest, Decider, LogVerdict, UsageDecision, without_untold
from bucketpass.usage.engines.interface import QueryEngine, Value
from bucketpass.usage.period import Coverage, coverage_of
from bucketpass.usage.policies import OwnedPolicies, policies_of
from bucketpass.usage.principals import arn_principal, role_principal
from bucketpass.usage.records import Outcome
from bucketpass.usage.reduce import Reduction, RequestClass, reduce_rows
from bucketpass.usage.sql import Fragment, joined
from bucketpass.usage.store import LogStore

__all__ = ["GrantStatus", "GrantUse", "Usage", "usage_of"]

_DELETES = "DeleteObjects"


class GrantStatus(Enum):
    """What the logs say of a grant."""

    USED = "used"
    UNUSED = "unused"
    NOT_COVERED = "not covered"
    UNTOLD = "cannot tell"


@dataclass(slots=True)
class GrantUse:
    """What was done with one grant. `path`: its place in the declaration; first, last: seconds since 1970, None where it was not used.

    actions: the S3 actions that were used. head: the longest text that all keys and prefixes of its requests begin with.
    untold: requests that may have used it, and whose keys the logs do not have.
    """

    path: str
    service: str
    description: str
    grant: Grant
    bucket: str
    requests: int = 0
    sessions: int = 0
    first: int | None = None
    last: int | None = None
    untold: int = 0
    actions: set[str] = field(default_factory=set)
    classes: list[RequestClass] = field(default_factory=list)
    status: GrantStatus = GrantStatus.UNUSED

    @property
    def unused_levels(self) -> tuple[AccessLevel, ...]:
        """The declared levels that no request used. READ counts as used by a listing only where nothing else could list."""
        used = {level for level in self.grant.access if _uses(level, self.grant, self.actions)}
        return tuple(level for level in self.grant.access if level not in used)

    @property
    def unused_versions(self) -> bool:
        """Whether the grant is for old versions too, and none was asked for."""
        return self.grant.versions and not self.actions & set(VERSIONS.values())


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything that the logs say of a declaration.

    contradictions: requests that were allowed though the declaration refuses them. refusals: requests that were refused, with
    the declaration's own answer. undeclared: requests of principals that are not declared, to declared buckets. untold: requests
    that cannot be decided from the logs. events: the query for the rows that count.
    """

    grants: tuple[GrantUse, ...]
    coverage: Coverage
    contradictions: tuple[tuple[RequestClass, UsageDecision], ...]
    refusals: tuple[tuple[RequestClass, UsageDecision], ...]
    undeclared: tuple[tuple[RequestClass, UsageDecision], ...]
    untold: tuple[tuple[RequestClass, UsageDecision], ...]
    events: Fragment


def usage_of(
    access: Access, target: Target, engine: QueryEngine, store: LogStore, *, since: int | None = None, complete: bool = False
) -> Usage:
    """What the logs say of each grant. `since`: the length of the period in seconds, None: all that the logs have.

    complete: a day without any record is a day without requests, not one that was not logged.
    """
    deployment = deployment_of(compile_access(access, target))
    coverage = coverage_of(engine, store, since)
    grants = _Grants(access, target, deployment)
    policies = policies_of(deployment) + grants.policies
    administrators = _administrators(access, Names(access, target))
    reduction = reduce_rows(engine, store, policies, partition=target.partition, since=coverage.since)
    decider = Decider(deployment)
    found: dict[str, list[tuple[RequestClass, UsageDecision]]] = {
        name: [] for name in ("contradictions", "refusals", "undeclared", "untold")
    }
    for one in reduction.classes:
        answer = decider.answer(one)
        kind = _kind(one, answer, decider, administrators)
        if kind is not None:
            found[kind].append((one, answer))
        if kind in (None, "untold") and one.row["outcome"] == Outcome.ALLOWED.value:
            grants.use(one, answer, decider)
    _count_sessions(engine, reduction, grants.all)
    for grant in grants.all:
        grant.status = _status(grant, coverage, complete=complete)
    return Usage(tuple(grants.all), coverage, **{name: tuple(them) for name, them in found.items()}, events=reduction.events)


def _administrators(access: Access, names: Names) -> Mapping[str, tuple[str, ...]]:
    """Whom each bucket declares as its administrators, as logs name them; a name may have wildcards."""
    return {names.bucket(name): tuple(arn_principal(arn)[0] for arn in bucket.administrators) for name, bucket in access.buckets.items()}


def _kind(one: RequestClass, answer: UsageDecision, decider: Decider, administrators: Mapping[str, tuple[str, ...]]) -> str | None:
    """Which list the requests belong to; None where they are use as declared, or say nothing of policies."""
    if one.row["outcome"] == Outcome.UNDECIDED.value:
        return None
    if decider.role(one) is None:
        bucket, principal = str(one.row["bucket"]), str(one.row["principal"])
        if any(fnmatchcase(principal, declared) for declared in administrators.get(bucket, ())):
            return None
        return "undeclared" if decider.bucket(bucket) is not None else None
    if one.row["outcome"] == Outcome.REFUSED.value:
        return "refusals"
    return {LogVerdict.REFUSED: "contradictions", LogVerdict.UNTOLD: "untold"}.get(answer.verdict)


class _Grants:
    """The grants, and which of them allow an authorization request by themselves."""

    def __init__(self, access: Access, target: Target, deployment: Deployment) -> None:
        names = Names(access, target)
        self.all: list[GrantUse] = []
        self._by_service: dict[str, list[tuple[GrantUse, PolicyDocument]]] = {}
        self._service = {role.arn: role.service for role in deployment.roles}
        for service, declared in access.services.items():
            for grant, compiled in zip(declared.grants, grant_statements(service, names), strict=True):
                use = GrantUse(compiled.origin.path, service, compiled.origin.words, grant, names.bucket(grant.bucket))
                self.all.append(use)
                self._by_service.setdefault(service, []).append(
                    (use, PolicyDocument(tuple(traced.statement for traced in merge(compiled.role))))
                )

    @property
    def policies(self) -> OwnedPolicies:
        """The documents of single grants, by the role that has them: its policy may say several in one statement."""
        return OwnedPolicies(
            {
                role_principal(parse_arn(arn).account, arn.rpartition("/")[2]): tuple(
                    document for _, document in self._by_service.get(service or "", ())
                )
                for arn, service in self._service.items()
            }
        )

    def use(self, one: RequestClass, answer: UsageDecision, decider: Decider) -> None:
        """Count the requests of the class with every grant that they used."""
        role = decider.role(one)
        of_service = self._by_service.get(self._service[role.arn] or "", []) if role is not None else []
        if not answer.asked:
            for use, _ in of_service:
                if one.row["operation"] == _DELETES and use.bucket == one.row["bucket"] and _may_delete(use.grant):
                    use.untold += one.requests
            return
        for use, document in of_service:
            actions = {asked.request.action for asked in answer.asked if not asked.on_key and _allows(document, asked, answer.untold)}
            if actions:
                use.actions |= actions
                use.classes.append(one)
                use.requests += one.requests
                use.first = one.first if use.first is None else min(use.first, one.first)
                use.last = one.last if use.last is None else max(use.last, one.last)


def _allows(document: PolicyDocument, asked: DecidedRequest, untold: frozenset[str]) -> bool:
    """Whether the grant's own statements allow the request; in one account, so that nothing else has a say."""
    policies = PolicySet(identity=(NamedPolicy("the grant", without_untold(document, untold, lenient=True) if untold else document),))
    return decide(replace(asked.request, resource_account=asked.request.principal.account), policies).allowed


def _may_delete(grant: Grant) -> bool:
    return AccessLevel.DELETE in grant.access or any(action.startswith("s3:DeleteObject") for action in grant.actions)


def _uses(level: AccessLevel, grant: Grant, actions: Iterable[str]) -> bool:
    """Whether an action was used that the level gives, and that no other level of the grant gives as well."""
    others = {action for other in grant.access if other is not level for action in LEVELS[other]} if level is AccessLevel.LIST else set()
    own = {form for action in LEVELS[level] if action not in others for form in (action, VERSIONS.get(action, action))}
    return bool(own & set(actions))


def _count_sessions(engine: QueryEngine, reduction: Reduction, grants: Sequence[GrantUse]) -> None:
    """Put the number of different sessions into each grant that was used."""
    labels = [(number, one.groups) for number, grant in enumerate(grants) for one in grant.classes]
    if not labels:
        return
    columns = {"label": "int64", **dict.fromkeys(reduction.names, "string")}
    engine.register("labels", columns, [(number, *map(_sql_text, groups)) for number, groups in labels])
    same = joined(" AND ", [Fragment(f"labels.{name} IS NOT DISTINCT FROM CAST(grouped.{name} AS VARCHAR)") for name in reduction.names])
    query = Fragment("SELECT label, count(DISTINCT coalesce(nullif(access_key_id, ''), session_name)) FROM (") + reduction.rows
    for label, sessions in engine.run(query + ") AS grouped JOIN labels ON " + same + " GROUP BY label"):
        grants[int(label or 0)].sessions = int(sessions or 0)


def _sql_text(value: Value) -> str | None:
    """A value as SQL writes it as a text."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _status(grant: GrantUse, coverage: Coverage, *, complete: bool) -> GrantStatus:
    if grant.requests:
        return GrantStatus.USED
    if grant.untold:
        return GrantStatus.UNTOLD
    return GrantStatus.UNUSED if complete or coverage.covers(grant.bucket) else GrantStatus.NOT_COVERED
