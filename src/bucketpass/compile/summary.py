"""A Plan in a few words for people: each resource, and what it is there for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bucketpass.aws.quotas import MANAGED_POLICY_CHARACTERS
from bucketpass.compile.plan import Plan, TracedDocument
from bucketpass.model.bucket import OTHERS
from bucketpass.policy import policy_size

__all__ = ["Line", "summary"]


@dataclass(frozen=True, slots=True)
class Line:
    """One resource: its kind, its name, and what it is there for."""

    kind: str
    name: str
    words: tuple[str, ...]


def summary(plan: Plan) -> tuple[Line, ...]:
    """A line for each resource, in the order in which they are made."""
    return tuple(_lines(plan))


def _lines(plan: Plan) -> Iterator[Line]:
    for provider in plan.providers:
        yield Line(
            "OIDC provider" if provider.create else "OIDC provider (there already)",
            provider.url,
            (f"audience {', '.join(provider.client_ids)}",),
        )
    for key in plan.keys:
        yield Line("KMS key", key.alias, _origins(key.policy))
    for role in plan.roles:
        yield Line("role", role.name, (*_origins(role.trust), _filled("trust policy", role.trust, plan.quotas.trust_policy)))
        for policy in role.policies:
            size = _filled("policy", policy.document, MANAGED_POLICY_CHARACTERS)
            yield Line("policy", policy.name, (*_origins(policy.document), size))
        for name, document in role.inline:
            yield Line("inline policy", f"{role.name}/{name}", _origins(document))
    for bucket in plan.buckets:
        owner = " of others" if bucket.account == OTHERS else f" of account {bucket.account}" if bucket.account else ""
        kind = f"bucket{owner}" if bucket.create else f"bucket{owner} (there already)"
        merged = () if bucket.policy_is_known else ("merged with what its policy says",)
        lock = bucket.declared.object_lock
        locked = () if lock is None else (f"objects locked for {lock.days} days, {lock.mode} (made without, it is replaced)",)
        yield Line(kind, bucket.bucket, (*_origins(bucket.policy), *merged, *locked))


def _origins(document: TracedDocument) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin.words for traced in document.statements for origin in traced.origins))


def _filled(what: str, document: TracedDocument, limit: int) -> str:
    return f"({what}: {policy_size(document.document)} of {limit} characters)"
