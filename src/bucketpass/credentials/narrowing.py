"""A session that may do less than its role: one job gets one folder.

`--prefix datasets/raw/2026/ --access read` becomes a session policy, by the same compiler that makes the roles' policies. With
the declaration at hand what the role does not have is refused before STS is asked; AWS allows it in no case, because a session
may do what both the role's policies and the session policy allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bucketpass.compile import compile_access
from bucketpass.compile.names import Names
from bucketpass.compile.session_policy import session_policy
from bucketpass.credentials.granted import granted
from bucketpass.credentials.trust import target_of
from bucketpass.credentials.values import RoleToAssume
from bucketpass.errors import InvalidInput
from bucketpass.model.access import Access, AccessLevel, Bucket, Grant, Service
from bucketpass.model.clients import Listing
from bucketpass.policy import policy_json

__all__ = ["narrowed_policy"]

# Of names that S3 gave before 2018, too.
BUCKET_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_")
LEVELS = {level.value: level for level in AccessLevel}


def narrowed_policy(place: str, levels: str | None, role: RoleToAssume, access: Access | None = None) -> str:
    """The session policy as JSON: these levels of access to `place` (`BUCKET/PREFIX`, with or without `s3://`), and nothing else.

    `levels` is `read`, `read,write` …; None is read. Raises InvalidInput where the declaration does not grant that to the role.
    """
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    wanted = tuple(dict.fromkeys(level_of(word) for word in (levels or "read").split(",")))
    if not bucket or not BUCKET_CHARACTERS.issuperset(bucket):
        # SECURITY: in a policy `*`, `?` and `${` in its name would be those of every bucket.
        raise InvalidInput(f"`{place}` does not name a bucket", remedy="expected BUCKET/PREFIX, such as datasets/raw/2026/")
    names = undeclared(bucket, prefix, wanted, role) if access is None else declared(bucket, prefix, wanted, role, access)
    return policy_json(session_policy(next(iter(names.access.services)), names))


def level_of(word: str) -> AccessLevel:
    """The level of this name. Raises InvalidInput."""
    if word.strip() not in LEVELS:
        raise InvalidInput(f"`{word}` is not a level of access", remedy=f"expected one or more of {', '.join(LEVELS)}, with commas between")
    return LEVELS[word.strip()]


def undeclared(bucket: str, prefix: str, levels: tuple[AccessLevel, ...], role: RoleToAssume) -> Names:
    """The grant alone. `bucket` is its name in S3."""
    return one_service(Access({}, {bucket: Bucket(create=False)}, {}), (Grant(bucket, prefix, levels),), role)


def declared(bucket: str, prefix: str, levels: tuple[AccessLevel, ...], role: RoleToAssume, access: Access) -> Names:
    """What the role's service is granted of it, with the conditions of its grants. `bucket` may be its name in the declaration, too."""
    target = target_of(role)
    service = next((planned.service for planned in compile_access(access, target).roles if planned.arn == role.arn), None)
    if service is None:
        raise InvalidInput(f"the declaration has no role `{role.arn}`", remedy="name the declaration that the role was made from")
    names = Names(access, target)
    own = {name for name in access.buckets if bucket in {name, names.bucket(name)}}
    grants = tuple(
        narrowed for grant in access.services[service].grants if grant.bucket in own for narrowed in within(grant, prefix, levels)
    )
    missing = [level.value for level in levels if not any(level in grant.access for grant in grants)]
    if missing:
        raise InvalidInput(
            f"the role has no {' and '.join(missing)} access to `s3://{bucket}/{prefix}`",
            remedy=f"it has {granted(access, role)}: name a prefix and a level within that",
        )
    return one_service(access, grants, role)


def within(grant: Grant, prefix: str, levels: tuple[AccessLevel, ...]) -> Iterator[Grant]:
    """The grant, narrowed to the prefix and the levels, where it covers the prefix."""
    common = tuple(level for level in levels if level in grant.access)
    if not common:
        return
    if grant.key is not None:
        if grant.key == prefix:
            yield replace(grant, access=common, actions=())
    elif prefix == grant.prefix:
        yield replace(grant, access=common, actions=())
    elif prefix.startswith(grant.prefix):
        # A folder below a session's own one: which that is, the role's policy tells by the session's tag; so it does by patterns.
        plain = replace(grant, per=None, keys=(), exclude=(), clients=(), listing=Listing.EXACT, head=False)
        yield replace(plain, prefix=prefix, access=common, actions=())


def one_service(access: Access, grants: tuple[Grant, ...], role: RoleToAssume) -> Names:
    """The names of a declaration whose only service has these grants."""
    only: Mapping[str, Service] = {"session": Service(identity=(), grants=grants)}
    return Names(replace(access, services=only), target_of(role))
