"""Who may become a service's role: the provider, the audience and the subject, each pinned.

Condition keys have the issuer without its scheme. Subjects are alternatives, exact ones in one statement and wildcards in
another, since two operators in one statement would have to hold together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bucketpass.compile.names import Names
from bucketpass.compile.permissions import exact, tenant_fence
from bucketpass.compile.plan import Origin, TracedDocument, TracedStatement
from bucketpass.frozen import quickly_made
from bucketpass.issuers import trusted
from bucketpass.model.access import Identity, Service
from bucketpass.model.own_folder import own_tags
from bucketpass.policy import Condition, Effect, PrincipalElement, Statement

__all__ = ["own_identities", "session_tags", "trust_statements"]


@quickly_made
@dataclass(frozen=True, slots=True)
class _Kind:
    """What identities of one statement have in common."""

    provider: str
    path: str
    aud: tuple[str, ...]
    oaud: tuple[str, ...]
    several: bool
    require: tuple[tuple[str, tuple[str, ...]], ...]
    operator: str


def session_tags(service: Service) -> tuple[str, ...]:
    """The session tags that tokens may set: those declared, and those that grants go by."""
    return tuple(sorted({*service.session.tags, *_owners(service)}))


def _owners(service: Service) -> set[str]:
    return {tag for grant in service.grants for tag in own_tags(grant.per)}


def trust_statements(name: str, names: Names) -> tuple[TracedStatement, ...]:
    """The statements of the service's trust policy. Each has an audience and a subject."""
    service = names.access.services[name]
    groups: dict[_Kind, tuple[list[str], list[Origin]]] = {}
    for index, identity in enumerate(service.identity):
        kind, subjects = _kind(identity, names)
        known_subjects, origins = groups.setdefault(kind, ([], []))
        known_subjects += subjects
        origins.append(Origin(f"services.{name}.identity[{index}]", f"{name} is {' or '.join(subjects)} of {identity.issuer}"))
    return tuple(TracedStatement(_statement(kind, subjects, service), tuple(origins)) for kind, (subjects, origins) in groups.items())


def own_identities(name: str, trust: TracedDocument, names: Names) -> TracedDocument:
    """The same statements, which were cut, each traced to those of the service's identities alone whose subjects it has."""
    service = names.access.services[name]
    seen = (trusted(names.access.issuers[identity.issuer], identity) for identity in service.identity)
    subjects = [{exact(subject) for subject in each.subjects} for each in seen]
    ours = {f"services.{name}.identity[{index}]": texts for index, texts in enumerate(subjects)}
    return TracedDocument(
        tuple(
            replace(traced, origins=tuple(origin for origin in traced.origins if ours[origin.path] & _subjects(traced.statement)))
            for traced in trust.statements
        )
    )


def _subjects(statement: Statement) -> set[str]:
    return {value for condition in statement.conditions if condition.key.endswith(":sub") for value in condition.values}


def _kind(identity: Identity, names: Names) -> tuple[_Kind, tuple[str, ...]]:
    issuer = names.access.issuers[identity.issuer]
    seen = trusted(issuer, identity)
    wild = seen.wild or (identity.unsafe_wildcard is not None and any(set("*?") & set(subject) for subject in seen.subjects))
    declared = (*identity.require.items(), *((claim, (value,)) for claim, value in seen.require))
    require = tuple(sorted((claim, tuple(sorted(values))) for claim, values in declared))
    operator = "StringLike" if wild else "StringEquals"
    kind = _Kind(names.provider_arn(issuer), seen.provider_path, seen.aud, seen.oaud, seen.several, require, operator)
    return kind, seen.subjects


def _statement(kind: _Kind, subjects: list[str], service: Service) -> Statement:
    tags = session_tags(service)
    actions = [
        "sts:AssumeRoleWithWebIdentity",
        *(["sts:SetSourceIdentity"] if service.session.source_identity else []),
        *(["sts:TagSession"] if tags else []),
    ]
    claims = (("aud", kind.aud), *(() if kind.several else (("oaud", kind.oaud),)), *kind.require)
    # SECURITY: true only where the token has the audience, and azp says which client it was made for.
    any_audience = (Condition("ForAnyValue:StringEquals", f"{kind.path}:oaud", tuple(map(exact, sorted(kind.oaud)))),)
    conditions = [
        Condition(kind.operator, f"{kind.path}:sub", tuple(sorted({exact(subject) for subject in subjects}))),
        *(Condition("StringEquals", f"{kind.path}:{claim}", tuple(map(exact, sorted(values)))) for claim, values in claims if values),
        *(any_audience if kind.several else ()),
        *_tag_fence(service, tags),
    ]
    conditions.sort(key=lambda condition: (condition.operator, condition.key))
    return Statement(
        Effect.ALLOW, actions=tuple(actions), principal=PrincipalElement(federated=(kind.provider,)), conditions=tuple(conditions)
    )


def _tag_fence(service: Service, tags: tuple[str, ...]) -> tuple[Condition, ...]:
    if not tags:
        return ()
    owners = sorted(_owners(service))
    # SECURITY: a token that sets tags of its own choice would decide what other policies that go by tags let it do.
    known = Condition("ForAllValues:StringEquals", "aws:TagKeys", tags)
    return (known, *(Condition(*line) for owner in owners for line in tenant_fence(f"aws:RequestTag/{owner}")))
