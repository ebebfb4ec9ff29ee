"""A declaration into a Plan."""

from __future__ import annotations

from dataclasses import replace

from bucketpass.compile.buckets import bucket_plan
from bucketpass.compile.keys import key_plan
from bucketpass.compile.names import Names
from bucketpass.compile.permissions import grant_origin, object_statements
from bucketpass.compile.plan import Plan, RolePlan, Target, TracedStatement
from bucketpass.compile.providers import provider_plans
from bucketpass.compile.roles import role_plan
from bucketpass.model.access import Access
from bucketpass.model.validate import validate
from bucketpass.policy import PrincipalElement

__all__ = ["compile_access"]


def compile_access(access: Access, target: Target) -> Plan:
    """The resources that give every service exactly what is declared: the same plan for the same declaration and target.

    Raises `DeclarationError` for what is wrong with the declaration, `QuotaError` for what is larger than AWS takes.
    """
    validate(access)
    names = Names(access, target)
    roles = tuple(role_plan(service, names) for service in access.services)
    allows, welcome = _let_in(roles, names)
    return Plan(
        target=target,
        providers=provider_plans(names),
        keys=tuple(key_plan(name, names) for name, bucket in access.buckets.items() if bucket.encryption == "kms"),
        roles=roles,
        buckets=tuple(bucket_plan(name, allows[name], tuple(sorted(welcome[name])), names) for name in access.buckets),
    )


def _let_in(roles: tuple[RolePlan, ...], names: Names) -> tuple[dict[str, list[TracedStatement]], dict[str, set[str]]]:
    """By bucket: what its policy allows to which role, and the ARNs of those roles."""
    allows: dict[str, list[TracedStatement]] = {name: [] for name in names.access.buckets}
    welcome: dict[str, set[str]] = {name: set() for name in names.access.buckets}
    for role in roles:
        for index, grant in enumerate(names.access.services[role.service].grants):
            origin = grant_origin(role.service, index, grant)
            welcome[grant.bucket].add(role.arn)
            allows[grant.bucket] += [
                TracedStatement(replace(statement, principal=PrincipalElement(aws=(role.arn,))), (origin,))
                for statement in object_statements(grant, names)
            ]
    return allows, welcome
