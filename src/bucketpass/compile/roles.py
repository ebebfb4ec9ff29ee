"""A service's role: its trust, and its permissions in as many policies as AWS's sizes ask for."""

from __future__ import annotations

from bucketpass.aws.quotas import MANAGED_POLICY_CHARACTERS
from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge, pack
from bucketpass.compile.permissions import grant_origin, key_statements, object_statements
from bucketpass.compile.plan import ManagedPolicyPlan, RolePlan, TracedDocument, TracedStatement
from bucketpass.compile.trust import trust_statements

__all__ = ["role_plan"]


def role_plan(service: str, names: Names) -> RolePlan:
    """The role of one service."""
    declared = names.access.services[service]
    name = names.role(service)
    tags = tuple(sorted({**names.access.tags, **declared.tags}.items()))
    statements = [
        TracedStatement(statement, (grant_origin(service, index, grant),))
        for index, grant in enumerate(declared.grants)
        for statement in (*object_statements(grant, names), *key_statements(grant, declared, names))
    ]
    documents = pack(merge(statements), MANAGED_POLICY_CHARACTERS)
    return RolePlan(
        service=service,
        name=name,
        arn=names.role_arn(service, name),
        description=declared.description or f"bucketpass: service {service}",
        trust=TracedDocument(trust_statements(service, names)),
        policies=tuple(
            _policy(name if index == 0 else f"{name}-{index + 1}", service, document, names, tags)
            for index, document in enumerate(documents)
        ),
        path=declared.path,
        max_session_seconds=declared.session.seconds,
        permissions_boundary=declared.permissions_boundary,
        tags=tags,
    )


def _policy(name: str, service: str, document: TracedDocument, names: Names, tags: tuple[tuple[str, str], ...]) -> ManagedPolicyPlan:
    path = names.access.services[service].path
    return ManagedPolicyPlan(
        name=name,
        arn=names.policy_arn(name, path),
        description=f"bucketpass: what service {service} may do",
        document=document,
        path=path,
        tags=tags,
    )
