"""All layers of policy together, over requests that are not known yet: when AWS allows.

The order and the table of what a grant survives are those of `decide.layers`; a resource policy's grant is direct, to a role,
or to an account, and each of them needs other layers beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bucketpass.decide import NamedPolicy, PolicySet, PrincipalKind
from bucketpass.decide.public_access import is_public
from bucketpass.policy import Effect, PolicyDocument
from bucketpass.prove.principals import Meant
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.statement import speaks_of
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, conjunction, disjunction, negation

__all__ = ["allowed", "documents_of"]

_WITH_ACCOUNT = (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one level says: when a Deny applies, and when which kind of Allow."""

    deny: Formula = FALSE
    allow: Meant = field(default_factory=Meant)


_NO_OBJECTION = _Said(allow=Meant(direct=TRUE))


def documents_of(layers: PolicySet) -> Iterable[PolicyDocument]:
    """All documents of all layers."""
    groups = (layers.identity, layers.resource, layers.boundary, layers.session, layers.endpoint, *layers.scps, *layers.rcps)
    return (policy.document for group in groups if group is not None for policy in group)


def allowed(request: SymbolicRequest, layers: PolicySet) -> Formula:
    """True of exactly the requests that `decide.decide` allows."""
    kind = request.principal.kind
    has_account = kind in _WITH_ACCOUNT
    own_account = not request.resource_account or request.resource_account == request.principal.account
    guards = [_ask(level, request, principals=True) for level in layers.rcps]
    if layers.endpoint is not None:
        endpoint = _ask(layers.endpoint, request, principals=True)
        # An endpoint policy that names an account means its root user alone.
        guards.append(_Said(endpoint.deny, Meant(endpoint.allow.direct, endpoint.allow.role)))
    resource = _ask(layers.resource or (), request, principals=True, spares_nobody=layers.boundary is not None)
    if has_account:
        guards += [_ask(level, request) for level in layers.scps]
    identity = _ask(layers.identity, request) if has_account else _Said()
    boundary, session = (
        _ask(policies, request) if policies is not None and has_account else _NO_OBJECTION for policies in (layers.boundary, layers.session)
    )
    said = (*guards, resource, identity, boundary, session)
    is_restricted = layers.public_access is not None and layers.public_access.restrict_public_buckets
    if (
        is_restricted
        and any(is_public(policy.document) for policy in layers.resource or ())
        and not (kind is PrincipalKind.SERVICE or (own_account and has_account))
    ):
        return FALSE
    granted = TRUE if kind is PrincipalKind.ROOT else identity.allow.at_all
    fenced = conjunction(boundary.allow.at_all, session.allow.at_all)
    if not has_account:
        enough = resource.allow.at_all
    elif not own_account:
        enough = conjunction(resource.allow.at_all, granted, fenced)
    else:
        delegated = resource.allow.at_all if _needs_resource_policy(request) else TRUE
        enough = disjunction(resource.allow.direct, conjunction(resource.allow.role, fenced), conjunction(delegated, granted, fenced))
    return conjunction(enough, *(level.allow.at_all for level in guards), *(negation(level.deny) for level in said))


def _needs_resource_policy(request: SymbolicRequest) -> bool:
    """Keys and roles: their policy must allow too. All actions of a request are of one service."""
    return request.actions[0].partition(":")[0].lower() in ("kms", "sts")


def _ask(policies: Iterable[NamedPolicy], request: SymbolicRequest, *, principals: bool = False, spares_nobody: bool = False) -> _Said:
    denies: list[Formula] = []
    direct: list[Formula] = []
    role: list[Formula] = []
    account: list[Formula] = []
    for policy in policies:
        for spoken in speaks_of(policy.document, request, spares_nobody=spares_nobody if principals else None):
            who = spoken.who
            if spoken.statement.effect is Effect.DENY:
                denies.append(conjunction(spoken.when, who.at_all))
            else:
                for found, meaning in ((direct, who.direct), (role, who.role), (account, who.account)):
                    found.append(conjunction(spoken.when, meaning))
    return _Said(disjunction(*denies), Meant(disjunction(*direct), disjunction(*role), disjunction(*account)))
