"""The policies that a request of a log can meet, by whose they are: a row meets those of its principal and of its buckets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bucketpass.aws.arn import parse_arn
from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import Deployment
from bucketpass.policy import PolicyDocument
from bucketpass.usage.principals import role_principal

__all__ = ["OwnedPolicies", "documents_of", "policies_of"]


@dataclass(frozen=True, slots=True)
class OwnedPolicies:
    """Documents by principal (as rows name it), by bucket, and those that every request can meet."""

    principals: Mapping[str, tuple[PolicyDocument, ...]] = field(default_factory=dict)
    buckets: Mapping[str, tuple[PolicyDocument, ...]] = field(default_factory=dict)
    others: tuple[PolicyDocument, ...] = ()

    def __add__(self, more: OwnedPolicies) -> OwnedPolicies:
        return OwnedPolicies(
            _together(self.principals, more.principals), _together(self.buckets, more.buckets), (*self.others, *more.others)
        )

    @property
    def documents(self) -> Iterable[PolicyDocument]:
        """Every document."""
        for owned in (self.principals, self.buckets):
            for documents in owned.values():
                yield from documents
        yield from self.others


def _together(
    one: Mapping[str, tuple[PolicyDocument, ...]], other: Mapping[str, tuple[PolicyDocument, ...]]
) -> dict[str, tuple[PolicyDocument, ...]]:
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in {**one, **other}}


def policies_of(deployment: Deployment) -> OwnedPolicies:
    """Every policy of the deployment that a request of S3 or KMS can meet."""
    guardrails = deployment.guardrails
    others = [
        *(key.policy for key in deployment.keys),
        *(policy for level in (*guardrails.scps, *guardrails.rcps) for policy in level),
        *(guardrails.endpoint or ()),
    ]
    return OwnedPolicies(
        {
            role_principal(parse_arn(role.arn).account, role.name): _documents(
                (*role.policies, *(role.boundary if isinstance(role.boundary, tuple) else ()))
            )
            for role in deployment.roles
        },
        {parse_arn(bucket.arn).bucket: _documents((bucket.policy,)) for bucket in deployment.buckets if bucket.policy is not None},
        _documents(others),
    )


def documents_of(deployment: Deployment) -> tuple[PolicyDocument, ...]:
    """The same without their owners."""
    return tuple(policies_of(deployment).documents)


def _documents(policies: Iterable[NamedPolicy]) -> tuple[PolicyDocument, ...]:
    return tuple(policy.document for policy in policies)
