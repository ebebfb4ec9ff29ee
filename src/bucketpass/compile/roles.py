"""A service's role: its trust, and its permissions in as many policies as AWS's sizes ask for."""

from __future__ import annotations

from bucketpass.aws.quotas import (
    MANAGED_POLICIES_PER_ROLE,
    MANAGED_POLICY_CHARACTERS,
    ROLE_INLINE_POLICIES_CHARACTERS,
    TRUST_POLICY_CHARACTERS,
)
from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge, pack, size_of
from bucketpass.compile.permissions import GrantStatements
from bucketpass.compile.plan import ManagedPolicyPlan, RolePlan, TracedDocument, TracedStatement
from bucketpass.compile.trust import trust_statements
from bucketpass.errors import Place, QuotaError

__all__ = ["role_plans"]


def role_plans(service: str, grants: tuple[GrantStatements, ...], names: Names) -> tuple[RolePlan, ...]:
    """The service's role; more than one where its identities are too many for one trust policy.

    Raises `QuotaError` where a role cannot hold the permissions.
    """
    declared = names.access.services[service]
    first = names.role(service)
    documents = _permissions(service, grants)
    trusts = pack(trust_statements(service, names), TRUST_POLICY_CHARACTERS)
    plans = []
    for number, trust in enumerate(trusts):
        name = first if number == 0 else f"{first}-{number + 1}"
        managed = documents[:MANAGED_POLICIES_PER_ROLE]
        plans.append(
            RolePlan(
                service=service,
                name=name,
                arn=names.role_arn(service, name),
                description=declared.description or f"bucketpass: service {service}",
                trust=trust,
                policies=tuple(_policy(name, index, service, document, names) for index, document in enumerate(managed)),
                inline=tuple((name, document) for document in documents[MANAGED_POLICIES_PER_ROLE:]),
                path=declared.path,
                max_session_seconds=max(declared.session.seconds, 3600),
                permissions_boundary=declared.permissions_boundary,
                tags=names.tags(names.access.services[service].tags),
            )
        )
    return tuple(plans)


def _permissions(service: str, grants: tuple[GrantStatements, ...]) -> tuple[TracedDocument, ...]:
    """Managed policies, as many as a role takes, and one inline policy with the rest."""
    statements = merge(TracedStatement(statement, (grant.origin,)) for grant in grants for statement in (*grant.role, *grant.key))
    documents = pack(statements, MANAGED_POLICY_CHARACTERS)
    managed, rest = documents[:MANAGED_POLICIES_PER_ROLE], documents[MANAGED_POLICIES_PER_ROLE:]
    inline = pack((traced for document in rest for traced in document.statements), ROLE_INLINE_POLICIES_CHARACTERS)
    if len(inline) > 1:
        size = sum(size_of(traced) for document in documents for traced in document.statements)
        room = MANAGED_POLICIES_PER_ROLE * MANAGED_POLICY_CHARACTERS + ROLE_INLINE_POLICIES_CHARACTERS
        raise QuotaError(
            f"service `{service}` needs about {size} characters of policies, a role takes {room}",
            remedy="grant a common prefix, use `per:` a session tag, or split the service in two",
            place=Place(path=f"services.{service}.grants"),
        )
    return (*managed, *inline)


def _policy(role: str, index: int, service: str, document: TracedDocument, names: Names) -> ManagedPolicyPlan:
    # A dot keeps the policies of a role apart from those of the service's next role.
    name = role if index == 0 else f"{role}.{index + 1}"
    path = names.access.services[service].path
    return ManagedPolicyPlan(
        name=name,
        arn=names.policy_arn(name, path),
        description=f"bucketpass: what service {service} may do",
        document=document,
        path=path,
        tags=names.tags(names.access.services[service].tags),
    )
