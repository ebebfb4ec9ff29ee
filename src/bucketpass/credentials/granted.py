"""What a declaration grants to a role, in words."""

from __future__ import annotations

from bucketpass.compile import compile_access
from bucketpass.compile.names import Names
from bucketpass.compile.permissions import declared_keys
from bucketpass.credentials.trust import target_of
from bucketpass.credentials.values import RoleToAssume
from bucketpass.model.access import Access, Grant

__all__ = ["granted"]


def granted(access: Access | None, role: RoleToAssume) -> str:
    """The grants of the role's service, such as `read s3://datasets/raw/`; empty where the declaration has no such role."""
    if access is None:
        return ""
    target = target_of(role)
    service = next((planned.service for planned in compile_access(access, target).roles if planned.arn == role.arn), None)
    if service is None:
        return ""
    names = Names(access, target)
    return ", ".join(words(grant, names.bucket(grant.bucket)) for grant in access.services[service].grants)


def words(grant: Grant, bucket: str) -> str:
    """One grant: its levels, or its actions, and where they hold."""
    done = " and ".join([*(level.value for level in grant.access), *grant.actions])
    return f"{done} {' and '.join(f's3://{bucket}/{keys}' for keys in declared_keys(grant))}"
