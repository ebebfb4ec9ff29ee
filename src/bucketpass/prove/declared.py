"""What a declaration means: the requests and tokens that it grants, from the model and not from the compiled policies.

This is the other side of every guarantee, so that it is written a second time, from the meaning of each word:

===========  =======================================================================================================
read         the objects below the prefix, and the list of their names
write        objects below the prefix put there, an upload in parts given up or looked at; neither read nor deleted
create       as write, but an object only where there is none: by a request that S3 refuses if there is one
delete       objects below the prefix
list         the list of names below the prefix
keys         of these only the keys that match a pattern, and the names that start with the text before its first wildcard
exclude      keys below the prefix that the service never touches, by whatever grant or policy
versions     the same for old versions
per: tag     the folder below the prefix that the session's tag names, where it names one folder
clients      the folder asked for by its name without the slash, the folders on the way to it (names, empty objects), HeadBucket
encryption   what S3 itself has to ask the bucket's key for: data is decrypted to be read, and a data key made to write;
             where and when a grant holds is S3's own question, KMS is asked from inside AWS
===========  =======================================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.aws.arn import partition_of_region
from bucketpass.deployment.resources import DeployedBucket, Deployment
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Service
from bucketpass.model.clients import Listing, asks_head, folder_name, listing_of, makes_markers, parents
from bucketpass.model.own_folder import own_parts, own_tags
from bucketpass.policy import Condition
from bucketpass.policy.values import read_address, read_date, read_network
from bucketpass.prove.declared_bucket import SSE, SSE_CUSTOMER, SSE_KEY, within_guard_rails
from bucketpass.prove.keys import Fixed, FreeText, present
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import EVERYTHING, STAR, Glob, Hole, Repeat, Units
from bucketpass.requests.context import can_carry

__all__ = [
    "creates_only",
    "declared_conditions",
    "excluded",
    "folder_part",
    "granted",
    "granted_keys",
    "one_folder",
    "usable_tag",
]

_MEANT: dict[AccessLevel, tuple[str, ...]] = {
    AccessLevel.READ: ("s3:GetObject", "s3:ListBucket"),
    AccessLevel.WRITE: ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    AccessLevel.CREATE: ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    AccessLevel.DELETE: ("s3:DeleteObject",),
    AccessLevel.LIST: ("s3:ListBucket",),
}
_OLD = {"s3:GetObject": "s3:GetObjectVersion", "s3:DeleteObject": "s3:DeleteObjectVersion", "s3:ListBucket": "s3:ListBucketVersions"}
_LISTINGS = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
_READS = frozenset({"s3:GetObject", "s3:GetObjectVersion"})
# What S3 asks KMS for on behalf of the caller [A]; an upload in parts reads back what it has.
_DATA_KEYS = {
    "s3:GetObject": ("kms:Decrypt",),
    "s3:GetObjectVersion": ("kms:Decrypt",),
    "s3:PutObject": ("kms:GenerateDataKey", "kms:Decrypt"),
}
_UNLESS_THERE, _CREATION = "s3:if-none-match", "s3:ObjectCreationOperation"
_NEW_TAG, _TAGGED_UPLOADS = "s3:RequestObjectTag/", frozenset({"s3:PutObject", "s3:PutObjectTagging"})
_PREFIX, _DELIMITER, _MOST = "s3:prefix", "s3:delimiter", "s3:max-keys"
_CONTEXT = "kms:EncryptionContext:aws:s3:arn"

KeyParts = tuple[str | Units | Hole | Repeat, ...]


def declared_conditions(services: Iterable[Service]) -> tuple[Condition, ...]:
    """Conditions with every key and operand that the declaration uses: what symbolic requests have to distinguish."""
    lines = [
        Condition("Null", key, ("true",))
        for key in ("s3:prefix", SSE, SSE_KEY, SSE_CUSTOMER, _CONTEXT, "kms:ViaService", "aws:SourceVpce", "aws:PrincipalOrgID",
                    "s3:TlsVersion", "aws:SecureTransport", "s3:DataAccessPointArn", "aws:PrincipalArn")
    ]  # fmt: skip
    for service in services:
        for grant in service.grants:
            lines += [Condition("Null", f"s3:ExistingObjectTag/{tag}", ("true",)) for tag in grant.object_tags]
            lines += [Condition("Null", f"{_NEW_TAG}{tag}", ("true",)) for tag in grant.upload_tags]
            lines += [Condition("Null", "aws:SourceVpc", ("true",))] if grant.access_point is not None else []
            if creates_only(grant):
                lines += [Condition("Null", _UNLESS_THERE, ("true",)), Condition("Bool", _CREATION, ("false",))]
            if listing_of(grant) is Listing.BUCKET_ROOT or asks_head(grant):
                lines += [Condition("StringEquals", _DELIMITER, ("/",)), Condition("Null", _MOST, ("true",))]
            lines += [Condition("Null", f"aws:PrincipalTag/{tag}", ("true",)) for tag in own_tags(grant.per)]
            if grant.conditions.networks:
                lines.append(Condition("IpAddress", "aws:SourceIp", grant.conditions.networks))
            times = (grant.conditions.not_before, grant.conditions.not_after)
            lines += [Condition("DateLessThan", "aws:CurrentTime", (time.isoformat(),)) for time in times if time is not None]
    return tuple(lines)


def granted(service: Service, bucket: Bucket, where: DeployedBucket, request: SymbolicRequest) -> Formula:
    """True of the S3 requests that the service's grants on the bucket mean, within the bucket's own guard rails."""
    grants = [grant for grant in service.grants if grant.bucket == where.name]
    return conjunction(
        disjunction(*(_granted(grant, bucket, where, request) for grant in grants)),
        negation(excluded(service, where, request)),
        within_guard_rails(bucket, where, request),
    )


def _granted(grant: Grant, bucket: Bucket, where: DeployedBucket, request: SymbolicRequest) -> Formula:
    actions, heads = _actions(grant), [re.split("[*?]", pattern)[0] for pattern in grant.keys or ("",)]
    on_objects = disjunction(*(Matches(request.resource, Glob.of((f"{where.arn}/", *key))) for key in _keys(grant, request)))
    on_bucket = Matches(request.resource, Glob.literal(where.arn))
    folder = _folder(grant, request)
    starts = [Glob.of((*folder[:-1], head, STAR) if grant.key is None else folder) for head in heads]
    below = TRUE if EVERYTHING in starts else request.has(_PREFIX, *starts)
    tagged = [request.has(f"s3:ExistingObjectTag/{tag}", Glob.literal(value)) for tag, value in grant.object_tags.items()]
    parts = []
    for action in actions:
        if ACTIONS[action].resource is ResourceKind.OBJECT:
            there = conjunction(on_objects, *(tagged if can_carry("s3:ExistingObjectTag/", action) else ()))
        else:
            there = conjunction(on_bucket, below if can_carry("s3:prefix", action) else TRUE)
        if action == "s3:PutObject" and creates_only(grant):
            there = conjunction(
                there, disjunction(present(request.key(_UNLESS_THERE)), request.passes(_CREATION, lambda text: text == "false"))
            )
        if action in _TAGGED_UPLOADS:
            there = conjunction(there, *(request.has(f"{_NEW_TAG}{tag}", Glob.literal(value)) for tag, value in grant.upload_tags.items()))
        parts.append(conjunction(request.does([action]), there))
    parts += _for_clients(grant, where, actions, request, conjunction(*tagged))
    through = [] if grant.access_point is None else [_through(where.access_points[grant.access_point], request)]
    if grant.access_point in bucket.vpc_access_points:
        through.append(request.has("aws:SourceVpc", Glob.literal(bucket.vpc_access_points[str(grant.access_point)])))
    return conjunction(disjunction(*parts), usable_tag(grant, request), *_circumstances(grant, request), *through)


def _for_clients(
    grant: Grant, where: DeployedBucket, actions: tuple[str, ...], request: SymbolicRequest, tagged: Formula
) -> Iterator[Formula]:
    """What clients ask for besides the objects: names of folders, empty objects for folders, and whether the bucket is there."""

    def on(key: str) -> Formula:
        return Matches(request.resource, Glob.literal(f"{where.arn}{key}"))

    def asked(*prefixes: str) -> Formula:
        """A listing of one of these prefixes; no prefix at all is the empty one."""
        named = request.has(_PREFIX, *map(Glob.literal, prefixes))
        return disjunction(named, negation(present(request.key(_PREFIX)))) if "" in prefixes else named

    lists, listing = "s3:ListBucket" in actions, listing_of(grant)
    name, way = folder_name(grant.prefix), tuple(parents(grant.prefix))
    if listing is not Listing.EXACT and name and grant.key is None and grant.per is None:
        listings = [action for action in actions if action in _LISTINGS]
        yield conjunction(request.does(listings), on(""), asked(name))
        if lists:
            yield conjunction(request.does([action for action in actions if action in _READS]), on(f"/{name}"), tagged)
    if listing is Listing.BUCKET_ROOT and lists and grant.prefix:
        yield conjunction(request.does(["s3:ListBucket"]), on(""), asked("", *way), request.has(_DELIMITER, Glob.literal("/")))
    yield conjunction(request.does(["s3:PutObject"]), disjunction(*(on(f"/{marker}") for marker in _markers(grant, actions))))
    if asks_head(grant):
        # S3 takes HeadBucket for a listing without a prefix.
        nothing = (negation(present(request.key(key))) for key in (_DELIMITER, _MOST))
        yield conjunction(request.does(["s3:ListBucket"]), on(""), asked(""), *nothing)


def _markers(grant: Grant, actions: Iterable[str]) -> tuple[str, ...]:
    """The empty objects that a client puts for the folders on the way."""
    return tuple(parents(grant.prefix)) if makes_markers(grant) and "s3:PutObject" in actions and not creates_only(grant) else ()


def creates_only(grant: Grant) -> bool:
    """Return whether the grant lets a service put objects only where there are none."""
    return AccessLevel.CREATE in grant.access and not (AccessLevel.WRITE in grant.access or "s3:PutObject" in grant.actions)


def _through(access_point: str, request: SymbolicRequest) -> Formula:
    return request.has("s3:DataAccessPointArn", Glob.literal(access_point))


def _actions(grant: Grant) -> tuple[str, ...]:
    """The S3 actions that the words of a grant mean. One object is not listed, it is asked for by its name."""
    meant = [action for level in grant.access for action in _MEANT[level]]
    if grant.key is not None and AccessLevel.LIST not in grant.access:
        meant = [action for action in meant if action not in _LISTINGS]
    if grant.versions:
        meant += [_OLD[action] for action in meant if action in _OLD]
    if grant.upload_tags:
        meant.append("s3:PutObjectTagging")
    return tuple(dict.fromkeys([*meant, *grant.actions]))


def _folder(grant: Grant, request: SymbolicRequest) -> KeyParts:
    """The keys of a grant: literal text, the session's tag as one folder, and anything below; or one whole key."""
    if grant.key is not None:
        return (grant.key,)
    folders = (folder_part(name, is_tag, request) for name, is_tag in own_parts(grant.per))
    below = tuple(part for folder in folders for part in (*folder, "/"))
    return (grant.prefix, *below, STAR) if grant.prefix or below else (STAR,)


def folder_part(name: str, is_tag: bool, request: SymbolicRequest) -> KeyParts:
    """The name of one folder: literal, or the value of the session's tag."""
    if not is_tag:
        return (name,)
    match request.key(f"aws:PrincipalTag/{name}"):
        case FreeText(_, text):
            return (text.prefix, Hole(text.variable))
        case Fixed(str() as value):
            return (value,)
    return ()


def _keys(grant: Grant, request: SymbolicRequest) -> list[KeyParts]:
    """The keys of a grant: its folder, or what matches a pattern below it."""
    folder = _folder(grant, request)
    return [_below(folder, pattern) for pattern in grant.keys] or [folder]


def _below(folder: KeyParts, pattern: str) -> KeyParts:
    return (*folder[:-1], *Glob.parse(pattern).parts(), *((STAR,) if pattern.endswith("/") else ()))


def excluded(service: Service, where: DeployedBucket, request: SymbolicRequest) -> Formula:
    """True of the requests on objects that the service never touches in this bucket."""
    return disjunction(
        *(
            conjunction(
                Matches(request.resource, Glob.of((f"{where.arn}/", *_below(_folder(grant, request), pattern)))),
                *(present(request.key(f"aws:PrincipalTag/{tag}")) for tag in own_tags(grant.per)),
            )
            for grant in service.grants
            if grant.bucket == where.name
            for pattern in grant.exclude
        )
    )


def usable_tag(grant: Grant, request: SymbolicRequest) -> Formula:
    """True where each tag that a grant goes by names exactly one folder. Without such a tag, always."""
    return conjunction(*(one_folder(request, f"aws:PrincipalTag/{tag}") for tag in own_tags(grant.per)))


def one_folder(request: SymbolicRequest, key: str) -> Formula:
    """A name that is not empty, holds no slash, and nothing that could be taken for a wildcard."""
    refused = [Glob.of((STAR, character, STAR)) for character in "/*?"]
    return conjunction(request.has(key, Glob.parse("?*")), *(negation(request.has(key, glob)) for glob in refused))


def _circumstances(grant: Grant, request: SymbolicRequest) -> Iterator[Formula]:
    conditions = grant.conditions
    if conditions.vpc_endpoints:
        yield request.has("aws:SourceVpce", *map(Glob.literal, conditions.vpc_endpoints))
    if conditions.networks:
        networks = [network for text in conditions.networks if (network := read_network(text)) is not None]
        yield request.passes("aws:SourceIp", lambda text: any(read_address(text) in network for network in networks))
    for limit, fits in ((conditions.not_before, _at_or_after), (conditions.not_after, _before)):
        if limit is not None:
            yield request.passes("aws:CurrentTime", fits(read_date(limit.isoformat())))


def _at_or_after(limit: int | None) -> Callable[[str], bool]:
    return lambda text: (instant := read_date(text)) is not None and limit is not None and instant >= limit


def _before(limit: int | None) -> Callable[[str], bool]:
    return lambda text: (instant := read_date(text)) is not None and limit is not None and instant < limit


def granted_keys(service: Service, access: Access, deployment: Deployment, request: SymbolicRequest) -> Formula:
    """True of the KMS requests that S3 makes for what the service's grants mean, and of no others."""
    parts = []
    for grant in service.grants:
        where = next(bucket for bucket in deployment.buckets if bucket.name == grant.bucket)
        region = access.buckets[grant.bucket].region or deployment.target.region
        endpoint = f"s3.{region}.{partition_of_region(region).dns_suffix}"
        keys = [key for key in (where.key, *service.keys) if key is not None]
        actions = {companion for action in _actions(grant) for companion in _DATA_KEYS.get(action, ())}
        if not keys or not actions:
            continue
        objects = (
            *(Glob.of((f"{where.arn}/", *key)) for key in _keys(grant, request)),
            *(Glob.literal(f"{where.arn}/{marker}") for marker in _markers(grant, _actions(grant))),
        )
        about = _encryption_contexts(access.buckets[grant.bucket], where, objects)
        parts.append(
            conjunction(
                request.does(actions),
                disjunction(*(Matches(request.resource, Glob.literal(key)) for key in keys)),
                request.has("kms:ViaService", Glob.literal(endpoint)),
                request.has(_CONTEXT, *about),
                usable_tag(grant, request),
            )
        )
    return disjunction(*parts)


def _encryption_contexts(bucket: Bucket, where: DeployedBucket, of_object: tuple[Glob, ...]) -> tuple[Glob, ...]:
    """What S3 may name in the encryption context: the bucket if the object was written with a bucket key, else the object [A].

    Of a bucket that existed before its declaration nobody knows how its objects were written.
    """
    of_bucket = Glob.literal(where.arn)
    match bucket.encryption_context:
        case "bucket":
            return (of_bucket,)
        case "object":
            return of_object
        case "both":
            return (of_bucket, *of_object)
    if bucket.account is not None or not bucket.create:
        return (of_bucket, *of_object)
    return (of_bucket,) if bucket.bucket_key and not bucket.dsse else of_object
