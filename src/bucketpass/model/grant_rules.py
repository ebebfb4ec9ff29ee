"""What is wrong with grants."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from bucketpass.aws.actions import ACTIONS, AccessKind, ResourceKind
from bucketpass.errors import Diagnostic
from bucketpass.model.access import NAME, AccessLevel, Bucket, Grant, GrantConditions
from bucketpass.model.bucket import OTHERS
from bucketpass.model.clients import CLIENTS, ClientNeeds, Listing, folder_name
from bucketpass.model.mistake import mistake, unwritable
from bucketpass.model.notes import nearest
from bucketpass.model.own_folder import own_tags
from bucketpass.policy.values import read_network
from bucketpass.requests.context import can_carry

__all__ = ["exclusion_mistakes", "grant_mistakes"]

KEY_BYTES = 1024
LISTING = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
WRITING = frozenset({AccessLevel.WRITE, AccessLevel.CREATE})
READING = frozenset({AccessLevel.READ, AccessLevel.LIST})
READS = (AccessKind.LIST, AccessKind.READ)
RESOURCES = frozenset({ResourceKind.BUCKET, ResourceKind.OBJECT})


def grant_mistakes(path: str, grant: Grant, buckets: Mapping[str, Bucket]) -> Iterator[Diagnostic]:
    """All that is wrong with a grant."""
    if grant.bucket not in buckets:
        yield mistake(
            f"{path}.bucket", f"got the unknown bucket `{grant.bucket}`", NAME.unwanted_in(grant.bucket) or nearest(grant.bucket, buckets)
        )
    if not grant.access and not grant.actions:
        levels = ", ".join(f"`{level.value}`" for level in AccessLevel)
        yield mistake(path, f"`access` is missing, expected one or more of {levels}", "add `access: read`")
    yield from _keys(path, grant)
    for index, action in enumerate(grant.actions):
        yield from _action(f"{path}.actions[{index}]", action, grant)
    if grant.object_tags and (set(grant.access) - READING or grant.actions):
        message = "got `object_tags` for more than reading, where S3 does not look at them"
        yield mistake(f"{path}.object_tags", message, "write a grant of its own with `access: read`")
    if grant.upload_tags and not WRITING & set(grant.access):
        yield mistake(f"{path}.upload_tags", "got `upload_tags` for a grant that uploads nothing", "add `access: write`, or remove them")
    bucket = buckets.get(grant.bucket)
    changes = set(grant.access) - READING or any(ACTIONS[action].access not in READS for action in grant.actions if action in ACTIONS)
    if bucket is not None and bucket.account == OTHERS and changes:
        message = f"got a grant that changes `{grant.bucket}`, a public bucket of others"
        yield mistake(path, message, "grant `read`, or name the `account` whose administrators let the service in")
    points = () if bucket is None or grant.access_point is None else (*bucket.access_points, *bucket.vpc_access_points)
    if grant.access_point is not None and grant.bucket in buckets and grant.access_point not in points:
        message = f"got the unknown access point `{grant.access_point}` of `{grant.bucket}`"
        yield mistake(f"{path}.access_point", message, nearest(grant.access_point, points) or "declare it in the bucket's `access_points`")
    yield from _clients(path, grant)
    yield from _conditions(f"{path}.conditions", grant.conditions)


def _clients(path: str, grant: Grant) -> Iterator[Diagnostic]:
    """What is wrong with `clients`, `listing` and `head`."""
    if not grant.clients and not grant.head and grant.listing is Listing.EXACT:
        return
    asked = [(f"clients[{index}]", name, CLIENTS[name]) for index, name in enumerate(grant.clients)]
    asked += [
        (field, field, only) for field, only in (("listing", ClientNeeds("", grant.listing)), ("head", ClientNeeds("", head=grant.head)))
    ]
    for field, word, client in asked:
        if grant.per is not None and (client.listing is not Listing.EXACT or client.head or client.markers):
            # SECURITY: a listing without the tenant's own folder in its prefix shows the names of all tenants.
            message = f"got `{word}` beside `per`, whose sessions would see the names of other tenants"
            yield mistake(f"{path}.{field}", message, "give it a grant, or a bucket, of its own without `per`")
    if grant.listing is Listing.EXACT:
        return
    if grant.key is not None or not READING & set(grant.access):
        yield mistake(f"{path}.listing", f"got `{grant.listing.value}` for a grant that lists nothing", "add `access: list`, or remove it")
    elif grant.listing is Listing.FOLDER and not folder_name(grant.prefix):
        message = f"got `folder` for the prefix `{grant.prefix}`, which is not a folder: it does not end with `/`"
        yield mistake(f"{path}.listing", message, f"write `{grant.prefix}/`" if grant.prefix else "remove it")


def _keys(path: str, grant: Grant) -> Iterator[Diagnostic]:
    if grant.key is not None and grant.prefix:
        yield mistake(f"{path}.key", "got both `key` and `prefix`", "keep one of them")
    if grant.key is not None and grant.per is not None:
        yield mistake(f"{path}.per", "got both `key` and `per`", "give a `prefix` that the tenants' folders are below")
    tags = own_tags(grant.per)
    if len(set(map(str.lower, tags))) < len(tags):
        yield mistake(f"{path}.per", f"got `{grant.per}`, which has a tag twice", "name each tag once")
    if grant.per is not None and grant.prefix and not grant.prefix.endswith("/"):
        message = f"got the prefix `{grant.prefix}`, expected one that ends with `/`, since each tenant has a folder below it"
        yield mistake(f"{path}.prefix", message, f"write `{grant.prefix}/`")
    texts = [("prefix", grant.prefix), *([("key", grant.key)] if grant.key is not None else [])]
    for field, patterns in (("keys", grant.keys), ("exclude", grant.exclude)) if grant.keys or grant.exclude else ():
        texts += [(f"{field}[{index}]", pattern) for index, pattern in enumerate(patterns)]
        yield from _patterns(f"{path}.{field}", patterns, grant)
    for field, text in texts:
        if unwritable(text):
            message = f"got `{text.encode('unicode_escape').decode('ascii')}`, which has characters that IAM cannot write"
            yield mistake(f"{path}.{field}", message, "remove the control characters")
        if len(text.encode()) > KEY_BYTES:
            yield mistake(f"{path}.{field}", f"got {len(text.encode())} bytes, expected at most {KEY_BYTES}, as S3's keys have")
    if grant.key is not None and (AccessLevel.LIST in grant.access or LISTING & set(grant.actions)):
        yield mistake(f"{path}.key", "got `list` of one key, which would show every key that starts with it", "give a `prefix` to list")
    if grant.key == "":
        yield mistake(f"{path}.key", "got an empty key", "name the object, or give a `prefix`")


def _patterns(path: str, patterns: tuple[str, ...], grant: Grant) -> Iterator[Diagnostic]:
    """What is wrong with `keys` or `exclude`."""
    field = path.rpartition(".")[2]
    if patterns and grant.key is not None:
        yield mistake(path, f"got both `key` and `{field}`", "keep one of them")
    for index, pattern in enumerate(patterns):
        if grant.prefix.endswith("/") and pattern.startswith(grant.prefix):
            message = f"got `{pattern}`, which begins with the prefix that it is below"
            yield mistake(f"{path}[{index}]", message, f"write `{pattern.removeprefix(grant.prefix) or '*'}`")
        if field == "exclude" and (not pattern.strip("*") or pattern in grant.keys):
            yield mistake(f"{path}[{index}]", f"got `{pattern}`, which excludes all that is granted", "exclude less")


def exclusion_mistakes(path: str, grants: tuple[Grant, ...]) -> Iterator[Diagnostic]:
    """Grants that another grant of the service excludes as a whole. path: that of the service's grants."""
    excluded = [
        (f"{path}[{index}]", grant.bucket, f"{grant.prefix}{pattern}")
        for index, grant in enumerate(grants)
        for pattern in grant.exclude
        if pattern.endswith("/") and not set("*?") & set(pattern) and grant.per is None
    ]
    for index, grant in enumerate(grants) if excluded else ():
        start = grant.prefix if grant.key is None else grant.key
        for other, bucket, folder in excluded:
            if grant.bucket == bucket and start.startswith(folder):
                message = f"got a grant of `{start}`, which can never hold: `{other}` excludes `{folder}`, and AWS lets a Deny win"
                yield mistake(f"{path}[{index}]", message, "remove one of the two, or give it a service of its own")


def _action(path: str, action: str, grant: Grant) -> Iterator[Diagnostic]:
    known = ACTIONS.get(action)
    if known is None or known.resource not in RESOURCES or not action.startswith("s3:"):
        names = [name for name, row in ACTIONS.items() if name.startswith("s3:") and row.resource in RESOURCES]
        yield mistake(path, f"got the unknown action `{action}`, expected one of S3 on objects or a bucket", _near(action, names))
    elif known.access is AccessKind.PERMISSIONS and known.resource is ResourceKind.BUCKET:
        # SECURITY: who may write the bucket's policy may do everything.
        yield mistake(path, f"got `{action}`, which changes who may do what", "leave it to the administrators")
    elif known.resource is ResourceKind.BUCKET and not can_carry("s3:prefix", action) and (grant.prefix or grant.key or grant.per):
        message = f"got `{action}`, which works on the whole bucket, in a grant of a part of it"
        yield mistake(path, message, "give it a grant without `prefix`")


def _near(word: str, names: list[str]) -> str:
    remedy = nearest(word, names)
    return remedy if remedy.startswith("did you mean") else "such as `s3:GetObjectTagging`"


def _conditions(path: str, conditions: GrantConditions) -> Iterator[Diagnostic]:
    for index, network in enumerate(conditions.networks):
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            reason = "it has host bits set" if "host bits" in str(error) else "expected an address block such as `203.0.113.0/24`"
            yield mistake(f"{path}.networks[{index}]", f"got `{network}`: {reason}")
            continue
        if read_network(network) is None:
            message = f"got `{network}`, a network that AWS cannot read: its address has an IPv4 tail"
            yield mistake(f"{path}.networks[{index}]", message, "write the tail in hexadecimal groups, or the IPv4 network itself")
    for field in ("not_before", "not_after"):
        moment = getattr(conditions, field)
        if moment is not None and moment.tzinfo is None:
            yield mistake(f"{path}.{field}", f"got `{moment}` without a zone", "give it a zone, such as UTC")
            return
    if conditions.not_before and conditions.not_after and conditions.not_before >= conditions.not_after:
        yield mistake(f"{path}.not_after", "got a time that is not after `not_before`", "the grant would never hold")
