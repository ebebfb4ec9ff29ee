"""S3: objects that a program uploads.

Which properties replace a resource: Terraform AWS provider's `aws_s3_object` schema, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, unless
from bucketpass.provision.embedded.resources.interface import Alone, Made, Property
from bucketpass.provision.embedded.values import Properties, Value, asset_bytes, flag, maybe_text, table, text

__all__ = ["BucketObject"]

# Property: parameter of PutObject, and of HeadObject's answer.
HEADERS = {
    "cacheControl": "CacheControl",
    "contentDisposition": "ContentDisposition",
    "contentEncoding": "ContentEncoding",
    "contentLanguage": "ContentLanguage",
    "contentType": "ContentType",
    "serverSideEncryption": "ServerSideEncryption",
    "storageClass": "StorageClass",
    "kmsKeyId": "SSEKMSKeyId",
}


class BucketObject(Alone):
    """`aws.s3.BucketObject`, `BucketObjectv2`. Its ID is `<bucket>/<key>`, as an import of it names it."""

    tokens = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")
    overwrites = True
    part_of = "bucket"
    properties = (
        Property("bucket", replace=True),
        Property("key", replace=True),
        Property("source", asset=True),
        Property("content"),
        Property("contentBase64"),
        Property("etag"),
        Property("sourceHash"),
        Property("metadata"),
        *(Property(name, filled=True) for name in HEADERS),
        Property("forceDestroy", default=False),
        Property("tags"),
        Property("region", replace=True),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return bucket and key."""
        return f"{text(wanted, 'bucket')}/{text(wanted, 'key')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """Upload the object."""
        options: dict[str, Any] = {parameter: maybe_text(wanted, name) for name, parameter in HEADERS.items()}
        tags = "&".join(f"{_quoted(tag['Key'])}={_quoted(tag['Value'])}" for tag in key_values(wanted))
        options |= {"Tagging": tags} if tags else {}
        answer = aws.s3.put_object(
            Bucket=text(wanted, "bucket"),
            Key=text(wanted, "key"),
            Body=_content(wanted),
            Metadata={name: str(value) for name, value in table(wanted, "metadata").items()},
            **{name: value for name, value in options.items() if value},
        )
        arn = f"arn:{aws.partition}:s3:::{text(wanted, 'bucket')}/{text(wanted, 'key')}"
        computed = {"arn": arn, "etag": answer["ETag"].strip('"'), "versionId": answer.get("VersionId", "")}
        return Made(f"{text(wanted, 'bucket')}/{text(wanted, 'key')}", computed)

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """Return the object of a bucket and key."""
        bucket, _, key = identifier.partition("/")
        found: Any = unless(("404", "NoSuchKey", "NoSuchBucket"), lambda: aws.s3.head_object(Bucket=bucket, Key=key))
        if found is None:
            return None
        tags = plain_tags(aws.s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]) if found.get("TagCount") else {}
        return {
            "bucket": bucket,
            "key": key,
            "versionId": found.get("VersionId", ""),
            "metadata": dict(found.get("Metadata", {})),
            **{name: found[parameter] for name, parameter in HEADERS.items() if parameter in found},
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Upload the object again."""
        return self.create(aws, new).computed

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Delete the object; in a bucket with versions all versions of it, which are the stack's own uploads."""
        bucket, _, key = identifier.partition("/")
        with ignoring("NoSuchBucket"):
            pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
            versions = [one for page in pages for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())) if one["Key"] == key]
            for version in versions:
                options: dict[str, Any] = {"BypassGovernanceRetention": True} if flag(last, "forceDestroy") else {}
                aws.s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"], **options)


def _content(wanted: Properties) -> bytes:
    given = [name for name in ("source", "content", "contentBase64") if wanted.get(name) is not None]
    if len(given) > 1:
        raise RequestError(f"got `{given[0]}` and `{given[1]}` of one object, expected one of them")
    if given == ["source"]:
        return asset_bytes(table(wanted, "source"))
    return base64.b64decode(text(wanted, "contentBase64")) if given == ["contentBase64"] else (maybe_text(wanted, "content") or "").encode()


def _quoted(value: str) -> str:
    from urllib.parse import quote

    return quote(value, safe="")
