"""The settings of a bucket that are resources of their own.

A setting is the same in every respect but three calls, so that the settings are a table (`SETTINGS`).
Which properties replace a resource: Terraform AWS provider's `aws_s3_bucket*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, require_operation, unless
from bucketpass.provision.embedded.resources.interface import Made, Property
from bucketpass.provision.embedded.resources.notification import notification_from_aws, notification_to_aws
from bucketpass.provision.embedded.resources.s3 import NO_BUCKET, REGION
from bucketpass.provision.embedded.resources.shapes import LIFECYCLE, PLAIN, from_aws, refuse_unknown_names, to_aws
from bucketpass.provision.embedded.shared import POLICY, RULES, TAGS, SharedSetting
from bucketpass.provision.embedded.values import UNKNOWN, Properties, Value, flag, items, maybe_text, reveal, table, text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["SETTINGS", "Setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a bucket as a resource. Its ID is the bucket's name.

    operation, parameter: the call that sets it, and what of the call `body` makes of the properties. get: reads it. remove: takes it
    back. absent: what AWS answers where there is none. beside: a property that is a parameter of its own in the call.
    least: the least value of `parameter`, with which an endpoint is asked whether it has the call at all.
    others_may_change: what is not as it was set last is somebody else's by now, and stays.
    """

    tokens: tuple[str, ...]
    settable: tuple[Property, ...]
    operation: str
    parameter: str
    body: Callable[[Properties], Any]
    get: Callable[[S3Client, str], Properties]
    remove: Callable[[S3Client, str], object]
    absent: tuple[str, ...] = ()
    shared: SharedSetting | None = None
    beside: str = ""
    least: Mapping[str, Any] | None = field(default=None, hash=False)
    others_may_change: bool = False
    overwrites: bool = True
    part_of: str = "bucket"

    @property
    def properties(self) -> tuple[Property, ...]:
        """The bucket that it belongs to, and what can be set."""
        return (Property("bucket", replace=True), REGION, *self.settable)

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The bucket's name."""
        return text(wanted, "bucket")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The bucket has the setting."""
        self._put(aws, text(wanted, "bucket"), wanted)
        return Made(text(wanted, "bucket"), {"region": aws.region})

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The setting of the bucket of a name."""
        found = unless((*NO_BUCKET, *self.absent), lambda: self.get(aws.s3, identifier))
        # What S3 leaves out of its answer is not set: said, so that it differs from what was set.
        said = dict.fromkeys(rule.name for rule in self.settable if not rule.filled and rule.name not in NEVER_ANSWERED)
        return {"bucket": identifier, "region": aws.region, **said, **found} if found else None

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The setting is as in `new`."""
        self._put(aws, identifier, new)
        return {}

    def _put(self, aws: RegionClients, bucket: str, wanted: Properties) -> None:
        beside = {} if wanted.get(self.beside) is None else {self.beside[:1].upper() + self.beside[1:]: wanted[self.beside]}
        getattr(aws.s3, self.operation)(Bucket=bucket, **{self.parameter: self.body(wanted), **beside})

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """Raise `RequestError` for a nested property that S3 does not know, `ProvisionError` if the endpoint does not have the setting."""
        if self.least is not None:
            what, asked = self.operation.removeprefix("put_").replace("_", " "), {self.parameter: self.least}
            require_operation(f"the setting {what}", lambda: getattr(aws.s3, self.operation)(Bucket=NOBODYS_BUCKET, **asked))
        given = reveal(wanted)
        if isinstance(given, Mapping) and not any(given.get(rule.name) is UNKNOWN for rule in self.settable):
            refuse_unknown_names(aws.s3, self.operation, self.parameter, self.body({name: v for name, v in given.items() if v is not None}))

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The bucket is as if the setting had never been made."""
        live = self.read(aws, identifier) if self.others_may_change else None
        if live is not None and any(live.get(rule.name) != last.get(rule.name) for rule in self.settable if rule.name in live):
            return
        with ignoring(*NO_BUCKET, *self.absent):
            self.remove(aws.s3, identifier)


def _lifecycle_rule(rule: Value) -> Any:
    """A rule as S3 takes it. One without a filter is for all objects, and S3 wants to hear that."""
    sent = to_aws(rule if isinstance(rule, Mapping) else {}, LIFECYCLE)
    return sent if {"Filter", "Prefix"} & sent.keys() else {**sent, "Filter": {"Prefix": ""}}


def _lifecycle(found: Mapping[str, Any]) -> dict[str, Value]:
    least = found.get("TransitionDefaultMinimumObjectSize")
    return {**from_aws({"Rules": found["Rules"]}, LIFECYCLE), **({LEAST_SIZE: least} if least else {})}


LEAST_SIZE = "transitionDefaultMinimumObjectSize"
# These are sent with a call, and do not belong to the setting.
NEVER_ANSWERED = frozenset({"expectedBucketOwner", "token"})
# S3 keeps names that begin so for itself: there is no such bucket.
NOBODYS_BUCKET = "xn--bucketpass"
WEBSITE = frozenset({"indexDocument", "errorDocument", "redirectAllRequestsTo", "routingRules"})
PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _both(name: str) -> tuple[str, str]:
    """Today's token, and that of the name with `V2`, under which pulumi-aws had the same resource before version 7."""
    return f"aws:s3/{name[0].lower()}{name[1:]}:{name}", f"aws:s3/{name[0].lower()}{name[1:]}V2:{name}V2"


SETTINGS = (
    Setting(
        ("aws:s3/bucketPolicy:BucketPolicy",),
        (Property("policy", policy=True),),
        "put_bucket_policy",
        "Policy",
        lambda wanted: text(wanted, "policy"),
        lambda s3, bucket: {"policy": s3.get_bucket_policy(Bucket=bucket)["Policy"]},
        lambda s3, bucket: s3.delete_bucket_policy(Bucket=bucket),
        ("NoSuchBucketPolicy",),
        shared=POLICY,
    ),
    Setting(
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",),
        tuple(Property(name, default=False) for name in PUBLIC_ACCESS),
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
        lambda wanted: to_aws({name: flag(wanted, name) for name in PUBLIC_ACCESS}, PLAIN),
        lambda s3, bucket: from_aws(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"], PLAIN),
        lambda s3, bucket: s3.delete_public_access_block(Bucket=bucket),
        ("NoSuchPublicAccessBlockConfiguration",),
    ),
    Setting(
        ("aws:s3/bucketOwnershipControls:BucketOwnershipControls",),
        (Property("rule"),),
        "put_bucket_ownership_controls",
        "OwnershipControls",
        lambda wanted: {"Rules": [to_aws(table(wanted, "rule"), PLAIN)]},
        lambda s3, bucket: {"rule": from_aws(s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0], PLAIN)},
        lambda s3, bucket: s3.delete_bucket_ownership_controls(Bucket=bucket),
        ("OwnershipControlsNotFoundError",),
    ),
    Setting(
        _both("BucketServerSideEncryptionConfiguration"),
        (Property("rules"), Property("expectedBucketOwner", replace=True)),
        "put_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        lambda wanted: to_aws({"rules": wanted["rules"]}, PLAIN),
        lambda s3, bucket: from_aws(s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"], PLAIN),
        lambda s3, bucket: s3.delete_bucket_encryption(Bucket=bucket),
        ("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    Setting(
        _both("BucketVersioning"),
        (Property("versioningConfiguration"), Property("expectedBucketOwner", replace=True)),
        "put_bucket_versioning",
        "VersioningConfiguration",
        lambda wanted: to_aws(table(wanted, "versioningConfiguration"), PLAIN),
        lambda s3, bucket: {"versioningConfiguration": {"status": s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")}},
        # A bucket that once had versions can never again be without: AWS's provider suspends them too, and lets it be where
        # Object Lock forbids that.
        lambda s3, bucket: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}),
        ("InvalidBucketState",),
    ),
    Setting(
        _both("BucketLifecycleConfiguration"),
        (Property("rules"), Property(LEAST_SIZE, filled=True), Property("expectedBucketOwner", replace=True)),
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        lambda wanted: {"Rules": [_lifecycle_rule(rule) for rule in items(wanted, "rules")]},
        lambda s3, bucket: _lifecycle(s3.get_bucket_lifecycle_configuration(Bucket=bucket)),
        lambda s3, bucket: s3.delete_bucket_lifecycle(Bucket=bucket),
        ("NoSuchLifecycleConfiguration",),
        shared=RULES,
        beside=LEAST_SIZE,
    ),
    Setting(
        # Tags of a bucket that others own. A type of this engine alone: AWS's provider sets tags only with the bucket itself.
        ("aws:s3/bucketTags:BucketTags",),
        (Property("tags"),),
        "put_bucket_tagging",
        "Tagging",
        lambda wanted: {"TagSet": [{"Key": name, "Value": tag} for name, tag in table(wanted, "tags").items()]},
        lambda s3, bucket: {"tags": {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}},
        lambda s3, bucket: s3.delete_bucket_tagging(Bucket=bucket),
        ("NoSuchTagSet",),
        shared=TAGS,
    ),
    Setting(
        _both("BucketLogging"),
        (Property("targetBucket"), Property("targetPrefix"), Property("expectedBucketOwner", replace=True)),
        "put_bucket_logging",
        "BucketLoggingStatus",
        lambda wanted: {
            "LoggingEnabled": {"TargetBucket": text(wanted, "targetBucket"), "TargetPrefix": maybe_text(wanted, "targetPrefix") or ""}
        },
        lambda s3, bucket: from_aws(s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled", {}), PLAIN),
        lambda s3, bucket: s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={}),
        others_may_change=True,
    ),
    Setting(
        _both("BucketObjectLockConfiguration"),
        (Property("rule"), Property("objectLockEnabled", replace=True, default="Enabled"), Property("expectedBucketOwner", replace=True)),
        "put_object_lock_configuration",
        "ObjectLockConfiguration",
        lambda wanted: to_aws({"objectLockEnabled": "Enabled", "rule": wanted.get("rule")}, PLAIN),
        lambda s3, bucket: from_aws(s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"], PLAIN),
        lambda s3, bucket: s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}),
        ("ObjectLockConfigurationNotFoundError",),
    ),
    Setting(
        _both("BucketCorsConfiguration"),
        (Property("corsRules"), Property("expectedBucketOwner", replace=True)),
        "put_bucket_cors",
        "CORSConfiguration",
        lambda wanted: {"CORSRules": to_aws({"rules": wanted["corsRules"]}, PLAIN)["Rules"]},
        lambda s3, bucket: {"corsRules": from_aws({"Rules": s3.get_bucket_cors(Bucket=bucket)["CORSRules"]}, PLAIN)["rules"]},
        lambda s3, bucket: s3.delete_bucket_cors(Bucket=bucket),
        ("NoSuchCORSConfiguration",),
    ),
    Setting(
        _both("BucketWebsiteConfiguration"),
        (
            *(Property(name) for name in ("indexDocument", "errorDocument", "redirectAllRequestsTo", "routingRules")),
            Property("expectedBucketOwner", replace=True),
        ),
        "put_bucket_website",
        "WebsiteConfiguration",
        lambda wanted: to_aws({name: value for name, value in wanted.items() if name in WEBSITE}, PLAIN),
        lambda s3, bucket: {
            name: value for name, value in from_aws(s3.get_bucket_website(Bucket=bucket), PLAIN).items() if name in WEBSITE
        },
        lambda s3, bucket: s3.delete_bucket_website(Bucket=bucket),
        ("NoSuchWebsiteConfiguration",),
        least={"IndexDocument": {"Suffix": "index.html"}},
    ),
    Setting(
        _both("BucketAccelerateConfiguration"),
        (Property("status"), Property("expectedBucketOwner", replace=True)),
        "put_bucket_accelerate_configuration",
        "AccelerateConfiguration",
        lambda wanted: {"Status": text(wanted, "status")},
        lambda s3, bucket: {"status": s3.get_bucket_accelerate_configuration(Bucket=bucket).get("Status", "Suspended")},
        # A bucket that once was accelerated can only be suspended.
        lambda s3, bucket: s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Suspended"}),
    ),
    Setting(
        ("aws:s3/bucketNotification:BucketNotification",),
        (Property("eventbridge", default=False), Property("lambdaFunctions"), Property("queues"), Property("topics")),
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
        notification_to_aws,
        lambda s3, bucket: notification_from_aws(s3.get_bucket_notification_configuration(Bucket=bucket)),
        lambda s3, bucket: s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={}),
    ),
    Setting(
        ("aws:s3/bucketReplicationConfig:BucketReplicationConfig",),
        (Property("role"), Property("rules"), Property("token")),
        "put_bucket_replication",
        "ReplicationConfiguration",
        lambda wanted: to_aws({"role": wanted["role"], "rules": wanted["rules"]}, PLAIN),
        lambda s3, bucket: from_aws(s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"], PLAIN),
        lambda s3, bucket: s3.delete_bucket_replication(Bucket=bucket),
        ("ReplicationConfigurationNotFoundError",),
        least={"Role": "arn:aws:iam::000000000000:role/nobody", "Rules": []},
    ),
)
