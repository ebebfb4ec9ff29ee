"""The requests of a log put to changed policies: what would break, and what would newly be allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bucketpass.deployment.resources import DeployedRole, Deployment
from bucketpass.policy import Effect
from bucketpass.usage.decisions import Decider, LogVerdict, UsageDecision
from bucketpass.usage.engines.interface import QueryEngine
from bucketpass.usage.policies import OwnedPolicies, policies_of
from bucketpass.usage.records import NOT_FOUND, Outcome
from bucketpass.usage.reduce import RequestClass, reduce_rows
from bucketpass.usage.store import LogStore

__all__ = ["Replay", "ReplayEffect", "Replayed", "replay"]


class ReplayEffect(Enum):
    """What a change of policies does to requests that were made."""

    BREAKS = "breaks"  # allowed then, refused now
    NOT_FOUND_IS_REFUSED = "404 becomes 403"  # the key did not exist; who may not list the bucket no longer learns that
    NEWLY_ALLOWED = "newly allowed"  # refused then and by the old policies, allowed now
    UNTOLD = "cannot tell"
    CONTRADICTS = "contradicts"  # allowed or refused then, and the old policies say otherwise
    SAME = "same"


_OF_MISSING = {
    LogVerdict.ALLOWED: ReplayEffect.SAME,
    LogVerdict.REFUSED: ReplayEffect.NOT_FOUND_IS_REFUSED,
    LogVerdict.UNTOLD: ReplayEffect.UNTOLD,
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """Requests of one class and what the change does to them. `service`: whose role sent them, by the new or the old declaration."""

    kind: ReplayEffect
    found: RequestClass
    service: str | None
    new: UsageDecision
    old: UsageDecision | None


@dataclass(frozen=True, slots=True)
class Replay:
    """Every class, with what the change does to it. A class can contradict the old policies and break as well: it is there twice."""

    rows: tuple[Replayed, ...]

    def of(self, kind: ReplayEffect) -> tuple[Replayed, ...]:
        """The classes of one kind, those with the most requests first."""
        return tuple(sorted((row for row in self.rows if row.kind is kind), key=lambda row: -row.found.requests))

    def requests(self, kind: ReplayEffect) -> int:
        """How many requests are of the kind."""
        return sum(row.found.requests for row in self.rows if row.kind is kind)


def replay(engine: QueryEngine, store: LogStore, new: Deployment, old: Deployment | None = None, *, since: int | None = None) -> Replay:
    """What `new` does to the requests of the log. `old`: the policies that were in force, where they are known.

    `since`: seconds since 1970 before which requests do not count.
    """
    before_policies = policies_of(old) if old is not None else OwnedPolicies()
    reduction = reduce_rows(engine, store, policies_of(new) + before_policies, partition=new.target.partition, since=since)
    denies = (statement for document in before_policies.documents for statement in document.statements)
    settled = frozenset(statement for statement in denies if statement.effect is Effect.DENY)
    now, then = Decider(new, settled), Decider(old, settled) if old is not None else None
    rows: list[Replayed] = []
    for found in reduction.classes:
        if found.row["outcome"] == Outcome.UNDECIDED.value or not _concerns(found, now, then):
            continue
        answer = now.answer(found)
        before = then.answer(found) if then is not None else None
        roles = [role for one in (now, then) if one is not None and (role := one.role(found)) is not None]
        kinds = list(_kinds(found, answer, before))
        if ReplayEffect.SAME in kinds and found.row["error"] == NOT_FOUND and now.role(found) is not None:
            listing = now.answer_to_missing(found)
            kinds = [_OF_MISSING[listing.verdict]]
            answer = answer if listing.verdict is LogVerdict.ALLOWED else listing
        rows += (Replayed(kind, found, _service(roles), answer, before) for kind in kinds)
    return Replay(tuple(rows))


def _concerns(found: RequestClass, now: Decider, then: Decider | None) -> bool:
    """Whether the request is to a bucket or from a role of either deployment."""
    bucket = str(found.row["bucket"])
    return any(one.bucket(bucket) is not None or one.role(found) is not None for one in (now, then) if one is not None)


def _service(roles: Sequence[DeployedRole]) -> str | None:
    """The service that one of the deployments names, as templates do not; else the role's name."""
    return next((role.service for role in roles if role.service), roles[0].name if roles else None)


def _kinds(found: RequestClass, new: UsageDecision, old: UsageDecision | None) -> Iterable[ReplayEffect]:
    allowed = found.row["outcome"] == Outcome.ALLOWED.value
    if old is not None and old.verdict is (LogVerdict.REFUSED if allowed else LogVerdict.ALLOWED):
        # The log knows better what was in force: another policy, another deployment, or a change in between.
        yield ReplayEffect.CONTRADICTS
    if new.verdict is LogVerdict.UNTOLD:
        yield ReplayEffect.UNTOLD
    elif allowed:
        yield ReplayEffect.BREAKS if new.verdict is LogVerdict.REFUSED else ReplayEffect.SAME
    elif new.verdict is LogVerdict.REFUSED:
        yield ReplayEffect.SAME
    elif old is None or old.verdict is LogVerdict.REFUSED:
        yield ReplayEffect.NEWLY_ALLOWED
