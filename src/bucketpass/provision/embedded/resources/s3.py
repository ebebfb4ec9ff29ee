"""S3: buckets.

Which properties replace a resource: Terraform AWS provider's `aws_s3_bucket` schema, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bucketpass.aws.arn import bucket_arn, partition_of_region
from bucketpass.errors import RequestError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import bucket_tags, ignoring, key_values, unless
from bucketpass.provision.embedded.resources.interface import Made, Naming, Property, then
from bucketpass.provision.embedded.resources.shapes import PLAIN, from_aws, refuse_unknown_names, to_aws
from bucketpass.provision.embedded.shared import SharedSetting
from bucketpass.provision.embedded.values import Properties, Value, flag, maybe_text, table, text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["ENCRYPTION", "NO_BUCKET", "REGION", "BucketResource"]

NO_BUCKET = ("NoSuchBucket", "404")
REGION = Property("region", replace=True)
ENCRYPTION = "serverSideEncryptionConfiguration"


@dataclass(frozen=True, slots=True)
class BucketResource:
    """`aws.s3.Bucket` and its older name `BucketV2`. Its ID is its name."""

    tokens: tuple[str, ...] = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
    properties: tuple[Property, ...] = (
        Property("bucket", replace=True, naming=Naming(63, lower=True)),
        Property("bucketPrefix", replace=True),
        Property("acl"),
        Property("objectLockEnabled", replace=True, filled=True),
        Property("forceDestroy", default=False),
        Property("tags", late=True),
        Property("versioning", late=True, filled=True),
        Property("serverSideEncryptionConfiguration", late=True, filled=True),
        REGION,
    )
    # In us-east-1 CreateBucket answers 200 for a bucket of one's own [A: API reference, CreateBucket].
    overwrites: bool = True
    part_of: str = ""
    shared: SharedSetting | None = None

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """Raise `RequestError` for a nested property that S3 does not know."""
        if isinstance(wanted.get(ENCRYPTION), Mapping):
            rules = to_aws({"rules": [table(wanted, ENCRYPTION).get("rule")]}, PLAIN)
            refuse_unknown_names(aws.s3, "put_bucket_encryption", "ServerSideEncryptionConfiguration", rules)
        strange = table(wanted, "versioning").keys() - {"enabled", "mfaDelete"} if isinstance(wanted.get("versioning"), Mapping) else ()
        if strange:
            raise RequestError(f"property `versioning.{min(strange)}` is not known, expected `enabled` or `mfaDelete`")

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The bucket's name."""
        return text(wanted, "bucket")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The bucket exists. `acl="private"` says what is so anyway and is not sent: buckets without ACLs refuse any."""
        name = text(wanted, "bucket")
        options: dict[str, Any] = {}
        if aws.region != "us-east-1":
            options["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
        if flag(wanted, "objectLockEnabled"):
            options["ObjectLockEnabledForBucket"] = True
        if maybe_text(wanted, "acl") not in {None, "private"}:
            options["ACL"] = text(wanted, "acl")
        aws.s3.create_bucket(Bucket=name, **options)
        made = Made(name, _bucket_facts(name, aws.region))
        with then(made):
            self.update(aws, name, {"acl": wanted.get("acl")}, wanted)
        return made

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The bucket of a name."""
        location = unless(NO_BUCKET, lambda: aws.s3.get_bucket_location(Bucket=identifier))
        if location is None:
            return None
        region = location.get("LocationConstraint") or "us-east-1"
        tags = {name: tag for name, tag in bucket_tags(aws, identifier).items() if not name.startswith("aws:")}
        return {**_bucket_facts(identifier, region), "bucket": identifier, "tags": tags, "tagsAll": tags}

    def read_of(self, aws: RegionClients, identifier: str, known: Properties) -> Properties | None:
        """The bucket of a name; with its versioning and encryption where the program gives them with the bucket."""
        found = self.read(aws, identifier)
        if found is None:
            return None
        given: dict[str, Value] = {}
        if known.get("versioning") is not None:
            live = aws.s3.get_bucket_versioning(Bucket=identifier)
            given["versioning"] = {"enabled": live.get("Status") == "Enabled", "mfaDelete": live.get("MFADelete") == "Enabled"}
        if known.get(ENCRYPTION) is not None:
            rules = aws.s3.get_bucket_encryption(Bucket=identifier)["ServerSideEncryptionConfiguration"]["Rules"]
            given[ENCRYPTION] = {"rule": from_aws(rules[0], PLAIN)}
        return {**found, **given}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Tags, ACL, versions and encryption are as in `new`."""
        if table(old, "tagsAll") != table(new, "tagsAll"):
            self._tag(aws, identifier, old, new)
        before, after = maybe_text(old, "acl") or "private", maybe_text(new, "acl") or "private"
        if before != after:
            aws.s3.put_bucket_acl(Bucket=identifier, ACL=after)  # type: ignore[arg-type]
        if old.get("versioning") != new.get("versioning"):
            status: Literal["Enabled", "Suspended"] = "Enabled" if flag(table(new, "versioning"), "enabled") else "Suspended"
            aws.s3.put_bucket_versioning(Bucket=identifier, VersioningConfiguration={"Status": status})
        if old.get(ENCRYPTION) != new.get(ENCRYPTION):
            if table(new, ENCRYPTION):
                rules = to_aws({"rules": [table(new, ENCRYPTION)["rule"]]}, PLAIN)
                aws.s3.put_bucket_encryption(Bucket=identifier, ServerSideEncryptionConfiguration=rules)
            else:
                aws.s3.delete_bucket_encryption(Bucket=identifier)
        return {}

    def _tag(self, aws: RegionClients, bucket: str, old: Properties, new: Properties) -> None:
        """Set the tags. S3 knows only all of them at once, so that those of others are read and written again."""
        live = bucket_tags(aws, bucket) if table(old, "tagsAll") else {}
        kept = {name: tag for name, tag in live.items() if name not in table(old, "tagsAll")}
        tags: Properties = {"tagsAll": {**kept, **table(new, "tagsAll")}}
        if table(tags, "tagsAll"):
            aws.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": key_values(tags)})  # type: ignore[typeddict-item]
        else:
            aws.s3.delete_bucket_tagging(Bucket=bucket)

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The bucket is gone. One with objects in it is refused, but for `forceDestroy`, which deletes them."""
        with ignoring(*NO_BUCKET):
            if flag(last, "forceDestroy"):
                _empty(aws.s3, identifier)
            aws.s3.delete_bucket(Bucket=identifier)


def _bucket_facts(name: str, region: str) -> dict[str, Value]:
    partition = partition_of_region(region)
    return {
        "arn": bucket_arn(partition.name, name),
        "bucketDomainName": f"{name}.s3.{partition.dns_suffix}",
        "bucketRegionalDomainName": f"{name}.s3.{region}.{partition.dns_suffix}",
        "bucketRegion": region,
        "region": region,
        "requestPayer": "BucketOwner",
    }


def _empty(s3: S3Client, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if versions:
            objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
