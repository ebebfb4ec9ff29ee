"""An S3 API call as the questions that AWS asks of its policies: one for each action, with the keys that S3 sets.

::

    questions(S3Call("CopyObject", "datasets", "b", source=Source("datasets", "a")))
    # s3:GetObject on .../a, s3:PutObject on .../b

Which actions, when and on what stands in `aws.operations`. A listing without a prefix is asked twice, without `s3:prefix` and
with an empty one: which of the two AWS sets is not documented [open], so that only what both allow is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bucketpass.aws.arn import bucket_arn, object_arn
from bucketpass.aws.operations import COPIED_TAGS, OPERATIONS, Need, On
from bucketpass.aws.request_keys import CREATING, HEADER_KEYS, LISTING_PARAMETERS, LISTINGS
from bucketpass.decide.ownership import ObjectOwnership
from bucketpass.decide.policy_set import PublicAccessBlock
from bucketpass.errors import RequestError
from bucketpass.requests.request import ContextValue

__all__ = ["Question", "S3Call", "Source", "questions", "request_tag_keys"]


@dataclass(frozen=True, slots=True)
class Source:
    """What a copy reads."""

    bucket: str
    key: str
    version_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    kms_key: str | None = None
    bucket_key: bool = True


@dataclass(frozen=True, slots=True)
class S3Call:
    """One call. `parameters` are those of the query, `headers` have names in lower case; `keys` is the body of DeleteObjects.

    `tags` are those of the object that is there; `kms_key` is the ARN of the key that the object is or will be encrypted with,
    None for SSE-S3; with `bucket_key` its encryption context is the bucket. `ownership` and `public_access` are the bucket's; the
    defaults are AWS's for a new bucket, but for Block Public Access, which is None where it is not known.
    """

    operation: str
    bucket: str = ""
    key: str = ""
    version_id: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    keys: tuple[tuple[str, str | None], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    kms_key: str | None = None
    bucket_key: bool = True
    ownership: ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED
    public_access: PublicAccessBlock | None = None
    region: str = "us-east-1"
    partition: str = "aws"
    dns_suffix: str = "amazonaws.com"


@dataclass(frozen=True, slots=True)
class Question:
    """One action on one resource, and the keys that the call itself sets. `on` says whose resource policy is concerned."""

    action: str
    resource: str
    context: Mapping[str, ContextValue]
    on: On


def questions(call: S3Call) -> tuple[Question, ...]:
    """What must be allowed, all of it, for the call to go through. Raises `RequestError` for an operation that S3 has not."""
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise RequestError(
            f"`{call.operation}` is no operation of S3", remedy="write it as the API does, such as GetObject or ListObjectsV2"
        )
    found: list[Question] = []
    for need in (*operation.needs, *_copied_tags(call)):
        if need.headers and not any(name in call.headers for name in need.headers):
            continue
        found.extend(_asked(call, need))
    return tuple(found)


def _copied_tags(call: S3Call) -> tuple[Need, ...]:
    """What a copy needs beside for the tags that it takes along, which it does unless told to replace them. [K]"""
    if call.operation != "CopyObject" or call.source is None or not call.source.tags:
        return ()
    return () if call.headers.get("x-amz-tagging-directive", "COPY") == "REPLACE" else COPIED_TAGS


def _asked(call: S3Call, need: Need) -> list[Question]:
    match need.on:
        case On.SERVICE:
            return [Question(need.action, "*", {}, need.on)]
        case On.BUCKET:
            resource = bucket_arn(call.partition, call.bucket)
            return [Question(need.action, resource, context, need.on) for context in _bucket_contexts(call, need.action)]
        case On.OBJECT:
            objects = call.keys if need.per_key else ((call.key, call.version_id),)
            return [_on_object(call, need, key, version) for key, version in objects]
        case On.SOURCE:
            return [_on_source(call, need, call.source)] if call.source is not None else []
        case On.KEY:
            return [_on_kms_key(call, need, call)] if call.kms_key else []
        case On.SOURCE_KEY:
            source = call.source
            return [_on_kms_key(call, need, source)] if source is not None and source.kms_key else []


def _bucket_contexts(call: S3Call, action: str) -> list[dict[str, ContextValue]]:
    if action not in LISTINGS:
        return [_header_keys(call)]
    context: dict[str, ContextValue] = {f"s3:{name}": call.parameters[name] for name in LISTING_PARAMETERS if name in call.parameters}
    return [context] if "s3:prefix" in context else [context, {**context, "s3:prefix": ""}]


def _on_object(call: S3Call, need: Need, key: str, version: str | None) -> Question:
    context: dict[str, ContextValue] = {f"s3:ExistingObjectTag/{name}": value for name, value in call.tags.items()}
    context |= _header_keys(call)
    if need.action == "s3:PutObject":
        context["s3:ObjectCreationOperation"] = str(call.operation in CREATING).lower()
    action = need.action
    if version is not None and need.versioned is not None:
        action = need.versioned
        context["s3:VersionId"] = version
    return Question(action, object_arn(call.partition, call.bucket, key), context, need.on)


def _on_source(call: S3Call, need: Need, source: Source) -> Question:
    context: dict[str, ContextValue] = {f"s3:ExistingObjectTag/{name}": value for name, value in source.tags.items()}
    action = need.action
    if source.version_id is not None and need.versioned is not None:
        action = need.versioned
        context["s3:VersionId"] = source.version_id
    return Question(action, object_arn(call.partition, source.bucket, source.key), context, need.on)


def _on_kms_key(call: S3Call, need: Need, encrypted: S3Call | Source) -> Question:
    bucket = encrypted.bucket
    about = bucket_arn(call.partition, bucket) if encrypted.bucket_key else object_arn(call.partition, bucket, encrypted.key)
    context: dict[str, ContextValue] = {
        "kms:ViaService": f"s3.{call.region}.{call.dns_suffix}",
        "kms:EncryptionContext:aws:s3:arn": about,
        "kms:EncryptionContextKeys": ("aws:s3:arn",),
        # However S3 was asked: KMS listens with TLS alone [A].
        "aws:SecureTransport": "true",
    }
    return Question(need.action, encrypted.kms_key or "", context, need.on)


def _header_keys(call: S3Call) -> dict[str, ContextValue]:
    named: dict[str, ContextValue] = {key: call.headers[name] for name, key in HEADER_KEYS.items() if name in call.headers}
    return named | request_tag_keys(call.headers.get("x-amz-tagging", ""))


def request_tag_keys(header: str) -> dict[str, ContextValue]:
    """The keys of the tags that the header x-amz-tagging sets, which is written as a query is."""
    if not header:
        return {}
    from urllib.parse import parse_qsl

    tags = dict(parse_qsl(header, keep_blank_values=True))
    if not tags:
        return {}
    return {**{f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}, "s3:RequestObjectTagKeys": tuple(tags)}
