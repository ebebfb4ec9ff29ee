"""A service's role: its trust, and its permissions in as many policies as AWS's sizes ask for."""

from __future__ import annotations

from bucketpass.aws.quotas import (
    MANAGED_POLICIES_PER_ROLE,
    MANAGED_POLICY_CHARACTERS,
    ROLE_INLINE_POLICIES_CHARACTERS,
)
from bucketpass.compile.further import attached_policies, further_documents, further_trust
from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge, pack, size_of
from bucketpass.compile.permissions import GrantStatements
from bucketpass.compile.plan import ManagedPolicyPlan, RolePlan, TracedDocument
from bucketpass.compile.trust import own_identities, trust_statements
from bucketpass.errors import Place, QuotaError
from bucketpass.policy import policy_size

__all__ = ["role_plans"]


def role_plans(service: str, grants: tuple[GrantStatements, ...], names: Names) -> tuple[RolePlan, ...]:
    """The service's role; more than one where its identities are too many for one trust policy.

    Raises `QuotaError` where a role cannot hold the permissions.
    """
    declared = names.access.services[service]
    first = names.role(service)
    attached, further = attached_policies(service, names), further_documents(service, names)
    quotas = names.access.quotas
    managed_at_most = quotas.managed_policies - len(attached)
    inline_at_most = ROLE_INLINE_POLICIES_CHARACTERS - sum(policy_size(document.document) for document in further)
    documents = _permissions(service, grants, managed_at_most, inline_at_most)
    tags = names.tags(declared.tags)
    others = further_trust(service, names)
    trusts = pack(trust_statements(service, names), quotas.trust_policy - sum(map(size_of, others)))
    if len(trusts) > 1:
        trusts = tuple(own_identities(service, trust, names) for trust in trusts)
    plans = []
    for number, trust in enumerate(trusts):
        name = first if number == 0 else f"{first}-{number + 1}"
        managed = documents[:managed_at_most]
        plans.append(
            RolePlan(
                service=service,
                name=name,
                arn=names.role_arn(service, name),
                description=declared.description or f"bucketpass: service {service}",
                trust=TracedDocument((*trust.statements, *others)),
                policies=tuple(_policy(name, index, service, document, names) for index, document in enumerate(managed)),
                inline=(
                    *((name, document) for document in documents[managed_at_most:]),
                    *((f"{name}.further-{number}", document) for number, document in enumerate(further, start=1)),
                ),
                declared=declared,
                max_session_seconds=max(declared.session.seconds, 3600),
                permissions_boundary=declared.permissions_boundary,
                attached=attached,
                tags=tags,
            )
        )
    return tuple(plans)


def _permissions(
    service: str, grants: tuple[GrantStatements, ...], managed_at_most: int, inline_at_most: int
) -> tuple[TracedDocument, ...]:
    """Managed policies, as many as the role has room for, and one inline policy with the rest."""
    if managed_at_most < 0 or inline_at_most < 0:
        raise QuotaError(
            f"service `{service}` has more further policies than a role takes: {MANAGED_POLICIES_PER_ROLE} attached unless it was raised, "
            f"{ROLE_INLINE_POLICIES_CHARACTERS} characters inline",
            remedy="make managed policies of them, or split the service in two",
            place=Place(path=f"services.{service}.policies"),
        )
    statements = merge(part for grant in grants for part in (*grant.role, *grant.key))
    documents = pack(statements, MANAGED_POLICY_CHARACTERS)
    managed, rest = documents[:managed_at_most], documents[managed_at_most:]
    inline = pack((traced for document in rest for traced in document.statements), inline_at_most)
    if len(inline) > 1:
        size = sum(size_of(traced) for document in documents for traced in document.statements)
        room = managed_at_most * MANAGED_POLICY_CHARACTERS + inline_at_most
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
