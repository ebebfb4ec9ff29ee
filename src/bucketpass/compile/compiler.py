"""A declaration into a Plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bucketpass.aws.arn import Arn
from bucketpass.compile.buckets import bucket_plan, is_elsewhere
from bucketpass.compile.dialect import translate
from bucketpass.compile.impossible import impossible
from bucketpass.compile.keys import key_plan
from bucketpass.compile.names import Names
from bucketpass.compile.packing import GrantPart, merge, to_principals
from bucketpass.compile.permissions import GrantStatements, grant_statements
from bucketpass.compile.plan import FurtherKeyPlan, Plan, RolePlan, Target, TracedDocument
from bucketpass.compile.providers import provider_plans
from bucketpass.compile.roles import role_plans
from bucketpass.errors import DeclarationError, Place
from bucketpass.model.access import Access
from bucketpass.model.validate import validate
from bucketpass.policy import parse_pattern
from bucketpass.policy.pattern import compile_parts

__all__ = ["compile_access"]

BUCKET_NAME_CHARACTERS = 63  # [A]


@dataclass(slots=True)
class _Guests:
    """What services have at one bucket, for its policy and for its key's, and the ARNs of their roles."""

    allows: list[GrantPart] = field(default_factory=list)
    key_uses: list[GrantPart] = field(default_factory=list)
    roles: dict[str, None] = field(default_factory=dict)


def compile_access(access: Access, target: Target, *, validated: bool = False) -> Plan:
    """Return the resources that give every service exactly what is declared: the same plan for the same declaration and target.

    validated: the declaration has just been read, so that its rules need not be applied again.
    Raises `DeclarationError` for what is wrong with the declaration, `QuotaError` for what is larger than AWS takes.
    """
    if not validated:
        validate(access)
    never = tuple(impossible(access, target))
    if never:
        raise DeclarationError(diagnostics=never)
    _keep_the_deployer_in(access, target)
    names = Names(access, target)
    _fit_regional_names(names)
    return translate(_plan(names))


def _plan(names: Names) -> Plan:
    access = names.access
    compiled = {service: grant_statements(service, names) for service in access.services}
    roles = tuple(role for service, grants in compiled.items() for role in role_plans(service, grants, names))
    guests = _guests(roles, compiled, names)
    return Plan(
        target=names.target,
        quotas=access.quotas,
        providers=provider_plans(names),
        keys=tuple(key_plan(name, names) for name, bucket in access.buckets.items() if bucket.encryption == "kms"),
        roles=roles,
        further_keys=tuple(_further_keys(roles, compiled, names)),
        buckets=tuple(bucket_plan(name, its.allows, its.key_uses, tuple(its.roles), names) for name, its in guests.items()),
    )


def _guests(roles: Iterable[RolePlan], compiled: Mapping[str, tuple[GrantStatements, ...]], names: Names) -> dict[str, _Guests]:
    guests = {name: _Guests() for name in names.access.buckets}
    for role in roles:
        declared, principals = names.access.services[role.service].grants, (role.arn,)
        for grant, statements in zip(declared, compiled[role.service], strict=True):
            bucket = guests[grant.bucket]
            bucket.roles[role.arn] = None
            bucket.allows += [to_principals(part, principals) for part in statements.bucket]
            if statements.key:
                bucket.key_uses += [to_principals(part, principals) for part in statements.key]
    return guests


def _further_keys(roles: Iterable[RolePlan], compiled: Mapping[str, tuple[GrantStatements, ...]], names: Names) -> Iterator[FurtherKeyPlan]:
    """Yield what the owners of keys in other accounts let the services do that name them: an account alone lets nobody use its keys."""
    uses: dict[str, list[GrantPart]] = {}
    for role in roles:
        for key in names.access.services[role.service].keys:
            if is_elsewhere(key, names):
                parts = (part for grant in compiled[role.service] for part in grant.key)
                uses.setdefault(key, []).extend(to_principals(part, (role.arn,))._replace(resources=(key,)) for part in parts)
    return (FurtherKeyPlan(key, TracedDocument(merge(parts))) for key, parts in sorted(uses.items()) if parts)


def _keep_the_deployer_in(access: Access, target: Target) -> None:
    if target.deployer is None:
        return
    for name, bucket in access.buckets.items():
        if bucket.administrators and not any(_is(target.deployer, administrator) for administrator in bucket.administrators):
            raise DeclarationError(
                f"bucket `{name}` would lock out `{target.deployer}`, who deploys it",
                remedy="add it to the bucket's `administrators`, or deploy as one of them",
                place=Place(path=f"buckets.{name}.administrators"),
            )


def _is(caller: str, administrator: str) -> bool:
    """Whether a caller's ARN is that of the administrator, or of a session of it."""
    # An account's root could take the policy away again, but neither change the bucket nor delete it: it has to be named as well.
    arn, pattern = Arn.parse(caller), administrator
    if arn is not None and arn.resource.startswith("assumed-role/"):
        # The ARN of a session has the role's name without its path.
        caller = f"{arn.account}/{arn.resource.split('/')[1]}"
        pattern = f"{administrator.split(':')[4]}/{administrator.rpartition('/')[2]}"
    return compile_parts(parse_pattern(pattern))(caller)


def _fit_regional_names(names: Names) -> None:
    for name, bucket in names.access.buckets.items():
        physical = names.bucket(name)
        if bucket.regional and len(physical) > BUCKET_NAME_CHARACTERS:
            raise DeclarationError(
                f"got the bucket name `{physical}` of {len(physical)} characters, S3 takes {BUCKET_NAME_CHARACTERS}",
                remedy="give the bucket a shorter `name`",
                place=Place(path=f"buckets.{name}"),
            )
