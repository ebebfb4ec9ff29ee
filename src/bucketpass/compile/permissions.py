"""What a grant becomes: statements that allow exactly it, on S3 and on the keys that S3 needs for it."""

from __future__ import annotations

from datetime import UTC, datetime

from bucketpass.compile.actions import BUCKET_ACTIONS, KMS_ACTIONS, OBJECT_ACTIONS, PREFIX_ACTIONS, TAGGED_ACTIONS, actions_of
from bucketpass.compile.names import Names
from bucketpass.compile.plan import Origin
from bucketpass.model.access import Grant, GrantConditions, Service
from bucketpass.policy import Condition, Effect, Statement, escape_pattern

__all__ = ["bucket_statements", "exact", "grant_origin", "key_statements", "object_statements", "tenant_fence"]


def grant_origin(service: str, index: int, grant: Grant) -> Origin:
    """Where the grant stands, and what it says in words."""
    what = " and ".join([*(level.value for level in grant.access), *grant.actions])
    where = f"{grant.bucket}/{grant.key if grant.key is not None else grant.prefix}"
    whose = f", own {grant.per} only" if grant.per else ""
    return Origin(f"services.{service}.grants[{index}]", f"{service} may {what} {where}{whose}")


def object_statements(grant: Grant, names: Names) -> tuple[Statement, ...]:
    """The S3 statements of a grant, without a principal, as the role's policy has them."""
    bucket = names.bucket_arn(grant.bucket)
    if grant.access_point is None:
        return _statements(grant, bucket, f"{bucket}/", ())
    # A request through an access point is decided for the access point and for the bucket beneath it [A].
    point = names.access_point_arn(grant.bucket, grant.access_point)
    return (*_statements(grant, point, f"{point}/object/", ()), *bucket_statements(grant, names))


def bucket_statements(grant: Grant, names: Names) -> tuple[Statement, ...]:
    """The S3 statements of a grant, without a principal, as the bucket's policy has them: on the bucket itself only."""
    bucket = names.bucket_arn(grant.bucket)
    point = grant.access_point and names.access_point_arn(grant.bucket, grant.access_point)
    through = (Condition("StringEquals", "s3:DataAccessPointArn", (point,)),) if point else ()
    return _statements(grant, bucket, f"{bucket}/", through)


def _statements(grant: Grant, bucket: str, objects: str, through: tuple[Condition, ...]) -> tuple[Statement, ...]:
    actions = actions_of(grant)
    common = (*through, *_fence(grant), *_where_and_when(grant.conditions))
    tagged = tuple(Condition("StringEquals", f"s3:ExistingObjectTag/{name}", (exact(value),)) for name, value in grant.object_tags.items())
    pattern = objects + _key_pattern(grant)
    groups = (
        (OBJECT_ACTIONS & TAGGED_ACTIONS, pattern, tagged),
        (OBJECT_ACTIONS - TAGGED_ACTIONS, pattern, ()),
        (PREFIX_ACTIONS, bucket, _listing(grant)),
        (BUCKET_ACTIONS - PREFIX_ACTIONS, bucket, ()),
    )
    return tuple(
        Statement(Effect.ALLOW, actions=meant, resources=(resource,), conditions=_sorted((*conditions, *common)))
        for kind, resource, conditions in groups
        if (meant := tuple(action for action in actions if action in kind))
    )


def key_statements(grant: Grant, service: Service, names: Names) -> tuple[Statement, ...]:
    """The KMS statements of a grant: only through S3, and only for this bucket's data."""
    keys = [key for key in (names.key(grant.bucket), *service.keys) if key is not None]
    actions = sorted({companion for action in actions_of(grant) for companion in KMS_ACTIONS.get(action, ())})
    if not keys or not actions:
        return ()
    arn = names.bucket_arn(grant.bucket)
    # With a bucket key the encryption context is the bucket's ARN, else the object's [A].
    bucket_key = names.access.buckets[grant.bucket].bucket_key
    pattern = arn if bucket_key else f"{arn}/{_key_pattern(grant)}"
    context = Condition("StringLike", "kms:EncryptionContext:aws:s3:arn", (pattern,))
    # SECURITY: without ViaService the role could decrypt stolen ciphertext by itself, away from S3's own checks.
    via = Condition("StringEquals", "kms:ViaService", (names.s3_endpoint(),))
    return (
        Statement(
            Effect.ALLOW,
            actions=tuple(actions),
            resources=tuple(sorted(keys)),
            conditions=_sorted((via, context)),
        ),
    )


def _sorted(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(sorted(conditions, key=lambda condition: (condition.operator, condition.key)))


def _key_pattern(grant: Grant) -> str:
    if grant.key is not None:
        return escape_pattern(grant.key)
    return f"{_folder(grant)}*"


def _folder(grant: Grant) -> str:
    prefix = escape_pattern(grant.prefix)
    return f"{prefix}${{aws:PrincipalTag/{grant.per}}}/" if grant.per else prefix


def _listing(grant: Grant) -> tuple[Condition, ...]:
    """A listing shows keys that start with `s3:prefix`, so it stays inside the grant exactly where that starts with the grant's own."""
    folder = _folder(grant)
    return (Condition("StringLike", "s3:prefix", (f"{folder}*",)),) if folder else ()


def _fence(grant: Grant) -> tuple[Condition, ...]:
    return tenant_fence(f"aws:PrincipalTag/{grant.per}") if grant.per else ()


def exact(text: str) -> str:
    """The text as a value of StringEquals: `$` would start a variable; wildcards are ordinary characters there."""
    return text.replace("$", escape_pattern("$"))


def tenant_fence(key: str) -> tuple[Condition, ...]:
    """Holds only where the tag is there, is not empty, and names one folder."""
    # SECURITY: an empty tag would open `tenants//`, a tag with a slash another tenant's inner folder, and a wildcard must
    # not count on nobody expanding it.
    return (
        Condition("StringLike", key, ("?*",)),
        Condition("StringNotLike", key, ("*${*}*", "*${?}*", "*/*")),
    )


def _where_and_when(conditions: GrantConditions) -> tuple[Condition, ...]:
    lines = (
        Condition("StringEquals", "aws:SourceVpce", tuple(sorted(conditions.vpc_endpoints))),
        Condition("IpAddress", "aws:SourceIp", tuple(sorted(conditions.networks))),
        Condition("DateGreaterThanEquals", "aws:CurrentTime", _utc(conditions.not_before)),
        Condition("DateLessThan", "aws:CurrentTime", _utc(conditions.not_after)),
    )
    return tuple(line for line in lines if line.values)


def _utc(moment: datetime | None) -> tuple[str, ...]:
    return () if moment is None else (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)
