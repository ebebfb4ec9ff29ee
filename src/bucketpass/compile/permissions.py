"""What a grant becomes: statements that allow exactly it, on S3 and on the keys that S3 needs for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from bucketpass.compile.actions import actions_of, by_kind, creates_only, key_actions_of
from bucketpass.compile.names import Names
from bucketpass.compile.packing import GrantPart, Line, grant_part
from bucketpass.compile.plan import Origin
from bucketpass.model.access import AccessLevel, Bucket, Grant, GrantConditions, Service
from bucketpass.model.clients import Listing, asks_head, folder_name, listing_of, makes_markers, parents
from bucketpass.model.own_folder import own_folder, own_tags
from bucketpass.policy import escape_pattern

__all__ = ["GrantStatements", "declared_keys", "exact", "grant_statements", "tenant_fence"]

READS = ("s3:GetObject", "s3:GetObjectVersion")
LISTING = ("s3:ListBucket",)
TAGGED_UPLOADS = frozenset({"s3:PutObject", "s3:PutObjectTagging"})
ALWAYS = Grant("").conditions  # most grants have these very ones


class GrantStatements(NamedTuple):
    """What one grant becomes, without principals.

    role: on S3, as the role's policy has it. bucket: as the bucket's policy has it, on the bucket itself only. key: on KMS.
    """

    origin: Origin
    role: tuple[GrantPart, ...]
    bucket: tuple[GrantPart, ...]
    key: tuple[GrantPart, ...]


def grant_statements(service: str, names: Names) -> tuple[GrantStatements, ...]:
    """The statements of each grant of a service."""
    declared = names.access.services[service]
    return tuple(_compiled(f"services.{service}.grants[{index}]", service, grant, names) for index, grant in enumerate(declared.grants))


def _compiled(path: str, service: str, grant: Grant, names: Names) -> GrantStatements:
    origins = (Origin(path, _words(service, grant)),)
    actions = actions_of(grant)
    key = _key_statements(grant, actions, names.access.services[service], names, origins)
    bucket = names.bucket_arn(grant.bucket)
    excluded = _exclusion(grant, bucket, origins)
    if grant.access_point is None:
        parts = _statements(grant, actions, origins, bucket, f"{bucket}/")
        return GrantStatements(origins[0], (*parts, *excluded), parts, key)
    # A request through an access point is decided for the access point and for the bucket beneath it [A].
    point = names.access_point_arn(grant.bucket, grant.access_point)
    vpc = names.access.buckets[grant.bucket].vpc_access_points.get(grant.access_point)
    inside: tuple[Line, ...] = () if vpc is None else (("StringEquals", "aws:SourceVpc", (vpc,)),)
    through = (("StringEquals", "s3:DataAccessPointArn", (point,)), *inside)
    beneath = _statements(grant, actions, origins, bucket, f"{bucket}/", through=through)
    at_point = _statements(grant, actions, origins, point, f"{point}/object/", through=inside)
    return GrantStatements(origins[0], (*at_point, *beneath, *excluded), beneath, key)


def _exclusion(grant: Grant, bucket: str, origins: tuple[Origin, ...]) -> tuple[GrantPart, ...]:
    """What the service may not touch in the bucket. An Allow cannot leave keys out: only a Deny takes them away."""
    if not grant.exclude:
        return ()
    resources = tuple(sorted(f"{bucket}/{_folder(grant)}{_wild(pattern)}" for pattern in grant.exclude))
    return (grant_part(("s3:*",), resources, (), origins, denies=True),)


def _words(service: str, grant: Grant) -> str:
    what = _what(grant.access, grant.actions)
    where = " and ".join([f"{grant.bucket}/{text}" for text in declared_keys(grant)])
    besides = f" but not {' and '.join(grant.exclude)} there" if grant.exclude else ""
    return f"{service} may {what} {where}{besides}{f', own {grant.per} only' if grant.per else ''}"


@cache
def _what(access: tuple[AccessLevel, ...], actions: tuple[str, ...]) -> str:
    return " and ".join([*(level.value for level in access), *actions])


def declared_keys(grant: Grant) -> tuple[str, ...]:
    """Return what a grant is about, as people write it: `raw/`, `raw/*.csv` or one key."""
    if grant.key is not None:
        return (grant.key,)
    return tuple([f"{grant.prefix}{pattern}" for pattern in grant.keys]) or (grant.prefix,)


def _statements(
    grant: Grant, actions: tuple[str, ...], origins: tuple[Origin, ...], bucket: str, objects: str, *, through: tuple[Line, ...] = ()
) -> tuple[GrantPart, ...]:
    common = (*through, *_fence(grant), *_where_and_when(grant.conditions))
    tags = grant.object_tags.items()
    tagged = tuple([("StringEquals", f"s3:ExistingObjectTag/{name}", (exact(value),)) for name, value in tags]) if tags else ()
    patterns = tuple([objects + pattern for pattern in _key_patterns(grant)])
    # By the kind of actions: tagged object, object, listing, bucket.
    forms = ((patterns, tagged), (patterns, ()), ((bucket,), _listing(grant)), ((bucket,), ()))
    create_only, demanded = creates_only(grant), _demanded_tags(grant)
    parts = []
    for kind, of_kind in by_kind(actions):
        resources, conditions = forms[kind]
        for meant, more in _ways(of_kind) if create_only else ((of_kind, ()),):
            for actions_there, tags_there in _by_tags(meant, demanded) if demanded else ((meant, ()),):
                parts.append(grant_part(actions_there, resources, (*more, *tags_there, *conditions, *common), origins))
    for meant, key, more in _besides(grant, actions):
        resource, conditions = (bucket, ()) if key is None else (objects + key, tagged if key else ())
        parts.append(grant_part(meant, (resource,), (*more, *conditions, *common), origins))
    return tuple(parts)


def _demanded_tags(grant: Grant) -> tuple[Line, ...]:
    if not grant.upload_tags:
        return ()
    return tuple(("StringEquals", f"s3:RequestObjectTag/{name}", (exact(value),)) for name, value in grant.upload_tags.items())


def _by_tags(actions: tuple[str, ...], demanded: tuple[Line, ...]) -> Iterator[tuple[tuple[str, ...], tuple[Line, ...]]]:
    """Yield the actions that have to bring the tags with these, and the others without."""
    for group, lines in (
        (tuple(action for action in actions if action in TAGGED_UPLOADS), demanded),
        (tuple(action for action in actions if action not in TAGGED_UPLOADS), ()),
    ):
        if group:
            yield group, lines


def _besides(grant: Grant, actions: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str | None, tuple[Line, ...]]]:
    """Yield what clients ask for besides the objects: actions, on which key (None: the bucket), and when."""
    if not grant.clients and not grant.head and grant.listing is Listing.EXACT:
        return
    listing, name, way = listing_of(grant), folder_name(grant.prefix), tuple(parents(grant.prefix))
    lists, reads = "s3:ListBucket" in actions, tuple(action for action in READS if action in actions)
    if listing is not Listing.EXACT and name and lists and reads:
        yield reads, escape_pattern(name), ()
    if listing is Listing.BUCKET_ROOT and grant.prefix and lists:
        # One level at a time, so that no key of other folders is shown.
        levels = ("StringEqualsIfExists", "s3:prefix", tuple(map(exact, ("", *way))))
        yield LISTING, None, (levels, ("StringEquals", "s3:delimiter", ("/",)))
    yield from ((("s3:PutObject",), marker, ()) for marker in _markers(grant, actions))
    if asks_head(grant) and not (lists and not _listing(grant)):
        # Whether HeadBucket has an empty s3:prefix or none is not documented, so that both are allowed [open].
        nothing = (("Null", key, ("true",)) for key in ("s3:delimiter", "s3:max-keys"))
        yield LISTING, None, (*nothing, ("StringEqualsIfExists", "s3:prefix", ("",)))


def _markers(grant: Grant, actions: tuple[str, ...]) -> tuple[str, ...]:
    """The folders on the way for which a client puts an empty object each."""
    puts = makes_markers(grant) and "s3:PutObject" in actions and not creates_only(grant)
    return tuple(map(escape_pattern, parents(grant.prefix))) if puts else ()


def _ways(actions: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], tuple[Line, ...]], ...]:
    """The actions with the conditions under which they are allowed; a write that must not overwrite in two ways [A].

    S3 itself refuses a request with `If-None-Match` on a key that exists. What starts an upload in parts and adds to it creates no
    object and has no such header; its completion has.
    """
    if "s3:PutObject" not in actions:
        return ((actions, ()),)
    others = tuple(action for action in actions if action != "s3:PutObject")
    return (
        *(((others, ()),) if others else ()),
        (("s3:PutObject",), (("Null", "s3:if-none-match", ("false",)),)),
        (("s3:PutObject",), (("Bool", "s3:ObjectCreationOperation", ("false",)),)),
    )


def _key_statements(
    grant: Grant, actions: tuple[str, ...], service: Service, names: Names, origins: tuple[Origin, ...]
) -> tuple[GrantPart, ...]:
    """The KMS statements of a grant: only through S3, and only for this bucket's data."""
    own, companions = names.key(grant.bucket), key_actions_of(actions)
    keys = service.keys if own is None else (own, *service.keys)
    if not keys or not companions:
        return ()
    arn = names.bucket_arn(grant.bucket)
    of_object = tuple(f"{arn}/{pattern}" for pattern in (*_key_patterns(grant), *_markers(grant, actions)))
    patterns: dict[str, tuple[str, ...]] = {"bucket": (arn,), "object": of_object, "both": (arn, *of_object)}
    context = ("StringLike", "kms:EncryptionContext:aws:s3:arn", patterns[_encryption_context(names.access.buckets[grant.bucket])])
    # SECURITY: without ViaService the role could decrypt stolen ciphertext by itself, away from S3's own checks.
    via = ("StringEquals", "kms:ViaService", (names.s3_endpoint(grant.bucket),))
    return (grant_part(companions, tuple(sorted(keys)), (via, context, *_fence(grant)), origins),)


def _encryption_context(bucket: Bucket) -> str:
    """What S3 names to KMS: with a bucket key the bucket, else the object [A]. An object keeps the setting of when it was written."""
    existing = not bucket.create or bucket.account is not None
    return bucket.encryption_context or ("both" if existing else "bucket" if bucket.bucket_key and not bucket.dsse else "object")


def _key_patterns(grant: Grant) -> tuple[str, ...]:
    if grant.key is not None:
        return (escape_pattern(grant.key),)
    folder = _folder(grant)
    return tuple(sorted([folder + _wild(pattern) for pattern in grant.keys])) if grant.keys else (f"{folder}*",)


def _wild(pattern: str) -> str:
    """A declared pattern as IAM reads it: `*` and `?` are wildcards in both; one that ends with `/` is all below it."""
    return exact(f"{pattern}*" if pattern.endswith("/") else pattern)


def _folder(grant: Grant) -> str:
    return escape_pattern(grant.prefix) + own_folder(grant.per, lambda tag: f"${{aws:PrincipalTag/{tag}}}")


def _listing(grant: Grant) -> tuple[Line, ...]:
    """A listing shows keys that start with `s3:prefix`, so it stays inside the grant exactly where that starts with the grant's own."""
    if not grant.keys and not grant.clients and grant.listing is Listing.EXACT:
        folder = _folder(grant)
        return (("StringLike", "s3:prefix", (f"{folder}*",)),) if folder else ()
    folder, name = _folder(grant), folder_name(grant.prefix) if listing_of(grant) is not Listing.EXACT else ""
    names = (escape_pattern(name),) if name else ()
    # A listing cannot be narrowed to a pattern, but to the text that it begins with.
    below = sorted({f"{folder}{exact(re.split('[*?]', pattern)[0])}*" for pattern in grant.keys or ("",)})
    return (("StringLike", "s3:prefix", (*names, *below)),) if "*" not in below else ()


def _fence(grant: Grant) -> tuple[Line, ...]:
    tags = own_tags(grant.per)
    return tuple([line for tag in tags for line in tenant_fence(f"aws:PrincipalTag/{tag}")]) if tags else ()


def exact(text: str) -> str:
    """The text as a value of StringEquals: `$` would start a variable; wildcards are ordinary characters there."""
    return text.replace("$", escape_pattern("$"))


def tenant_fence(key: str) -> tuple[Line, ...]:
    """Holds only where the tag is there, is not empty, and names one folder."""
    # SECURITY: an empty tag would open `tenants//`, a tag with a slash another tenant's inner folder, and a wildcard must
    # not count on nobody expanding it.
    return (
        ("StringLike", key, ("?*",)),
        ("StringNotLike", key, ("*${*}*", "*${?}*", "*/*")),
    )


def _where_and_when(conditions: GrantConditions) -> tuple[Line, ...]:
    if conditions is ALWAYS:
        return ()
    lines = (
        ("StringEquals", "aws:SourceVpce", conditions.vpc_endpoints),
        ("IpAddress", "aws:SourceIp", conditions.networks),
        ("DateGreaterThanEquals", "aws:CurrentTime", _utc(conditions.not_before)),
        ("DateLessThan", "aws:CurrentTime", _utc(conditions.not_after)),
    )
    return tuple((operator, key, tuple(sorted(values))) for operator, key, values in lines if values)


def _utc(moment: datetime | None) -> tuple[str, ...]:
    return () if moment is None else (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)
