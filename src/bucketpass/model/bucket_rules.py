"""What is wrong with buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bucketpass.aws.arn import Arn
from bucketpass.errors import Diagnostic
from bucketpass.model.access import Access, Bucket, LifecycleRule
from bucketpass.model.bucket import OTHERS
from bucketpass.model.field import record_of
from bucketpass.model.lifecycle_rules import lifecycle_mistakes
from bucketpass.model.mistake import mistake
from bucketpass.model.service_rules import policy_text_mistakes

__all__ = ["bucket_mistakes", "name_clashes"]

NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
NO_POLICY = "none"
# See: S3 User Guide, "General purpose bucket naming rules" [A].
RESERVED = ("xn--", "sthree-", "amzn-s3-demo-")
OTHER_KINDS = {
    "-s3alias": "an access point's alias",
    "--ol-s3": "an Object Lambda access point's alias",
    ".mrap": "a Multi-Region Access Point",
    "--x-s3": "a directory bucket (S3 Express One Zone)",
    "--table-s3": "an S3 table bucket",
}
IP_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")


def bucket_mistakes(name: str, access: Access) -> Iterator[Diagnostic]:
    """All that is wrong with a bucket by itself."""
    path, bucket = f"buckets.{name}", access.buckets[name]
    physical = access.bucket_name(name)
    if NAME.fullmatch(physical) is None:
        message = f"got the bucket name `{physical}`, expected 3 to 63 of a-z, 0-9, `-` and `.`"
        yield mistake(f"{path}.name" if bucket.name else path, message, "add `name: <its name in S3>`")
    yield from _reserved(f"{path}.name" if bucket.name else path, physical, bucket)
    yield from _doors(path, bucket)
    yield from _ownership(path, bucket)
    yield from _settings(path, name, access)


def _reserved(path: str, physical: str, bucket: Bucket) -> Iterator[Diagnostic]:
    """Names that S3 keeps for something else."""
    for ending, kind in OTHER_KINDS.items():
        if physical.endswith(ending):
            yield mistake(
                path, f"got the name `{physical}`, which is that of {kind}, expected a general purpose bucket", "name another bucket"
            )
    if bucket.create and (physical.startswith(RESERVED) or IP_ADDRESS.fullmatch(physical)):
        message = f"got the bucket name `{physical}`, which S3 does not take: it begins with what AWS reserves, or is an IP address"
        yield mistake(path, message, "choose another name")


def name_clashes(access: Access) -> Iterator[Diagnostic]:
    """Buckets that are declared twice under different names."""
    first: dict[str, str] = {}
    for name in access.buckets:
        physical = access.bucket_name(name)
        if first.setdefault(physical, name) != name:
            yield mistake(
                f"buckets.{name}", f"got the bucket name `{physical}`, which `{first[physical]}` has too", "declare a bucket once"
            )


def _doors(path: str, bucket: Bucket) -> Iterator[Diagnostic]:
    fences = [field for field, on in (("exclusive", bucket.exclusive), ("perimeter", bool(bucket.perimeter.vpc_endpoints))) if on]
    if fences and not bucket.administrators:
        message = f"`{fences[0]}` without `administrators` locks out whoever deploys this"
        yield mistake(f"{path}.{fences[0]}", message, "add `administrators: [<ARN of the role that deploys>]`")
    if bucket.administrators and not fences:
        message = "`administrators` changes nothing without `exclusive` or `perimeter.vpc_endpoints`"
        yield mistake(f"{path}.administrators", message, "add `exclusive: true`, or remove them")
    for administrator in bucket.administrators:
        if (arn := Arn.parse(administrator)) is not None and arn.service == "sts":
            message = (
                f"got the administrator `{administrator}`, a session: a request of it has the ARN of its role, so that this never matches"
            )
            yield mistake(f"{path}.administrators", message, "name the role: arn:aws:iam::<account>:role/<path and name>")
    if bucket.administrators and all(
        (arn := Arn.parse(administrator)) is not None and arn.resource == "root" for administrator in bucket.administrators
    ):
        message = "got only the root of an account as `administrators`, which is its root user and no role or user of it"
        yield mistake(f"{path}.administrators", message, "name the role that deploys as well")
    for relaxation, reason in bucket.relax.items():
        if not reason.strip():
            yield mistake(f"{path}.relax.{relaxation.value}", "got no reason", "say why it is taken down")


def _ownership(path: str, bucket: Bucket) -> Iterator[Diagnostic]:
    ours = bucket.create and bucket.account is None
    if bucket.policy is not None and ours:
        yield mistake(f"{path}.policy", "got the policy of a bucket that is not there yet", "add `create: false`, or remove it")
    if bucket.policy not in {None, NO_POLICY}:
        yield from policy_text_mistakes(f"{path}.policy", str(bucket.policy))
    if not ours:
        for field in record_of(Bucket).fields:
            refused = field.of == "made" or (field.of == "account" and bucket.account is not None)
            if bucket.account == OTHERS:
                # Nobody here has a say in its settings, its policy or its key.
                refused = field.name not in {"name", "account", "region", "create"}
            if not refused or getattr(bucket, field.attribute) == field.default:
                continue
            message = (
                f"got `{field.name}` for a bucket of another account" if bucket.account else f"got `{field.name}` for an adopted bucket"
            )
            yield mistake(f"{path}.{field.name}", message, "set it where the bucket is made, or import the bucket in place of adopting it")
    if bucket.key_policy is not None and (bucket.account is not None or not bucket.encryption.startswith("arn:")):
        message = "got `key_policy` without a key of this account that exists"
        yield mistake(f"{path}.key_policy", message, "add `encryption: {key: <arn>}`, or remove it")
    if bucket.encryption == "kms" and not ours:
        yield mistake(f"{path}.encryption", "got `kms` for an existing bucket", "write `{key: <arn>}` with its key")


def _settings(path: str, name: str, access: Access) -> Iterator[Diagnostic]:
    bucket = access.buckets[name]
    if bucket.dsse and bucket.encryption == "s3":
        yield mistake(f"{path}.dsse", "got `dsse` without a KMS key", "add `encryption: kms`, or the ARN of a key")
    if bucket.dsse and bucket.encryption_context in {"bucket", "both"}:
        yield mistake(f"{path}.encryption_context", "got a bucket key's context beside `dsse`, which has no bucket key", "remove it")
    if bucket.object_lock is not None and not bucket.versioning:
        yield mistake(f"{path}.object_lock", "got an object lock without versioning", "remove `versioning: false`")
    whole = bucket.lifecycle
    everything = LifecycleRule(expire_old_versions_days=whole.expire_old_versions_days, keep_old_versions=whole.keep_old_versions)
    for where, rule in (("", everything), *((f".rules[{index}]", rule) for index, rule in enumerate(whole.rules))):
        days = rule.expire_old_versions_days
        if bucket.object_lock is not None and days is not None and days < bucket.object_lock.days:
            message = f"got old versions that go after {days} days, but are locked for {bucket.object_lock.days}"
            yield mistake(f"{path}.lifecycle{where}", message)
        yield from lifecycle_mistakes(f"{path}.lifecycle{where}", rule)
    if bucket.logging is not None and bucket.logging.bucket == name:
        yield mistake(f"{path}.logging.bucket", "got the bucket itself, which would log its own logs", "name another bucket")
    target = access.buckets.get(bucket.logging.bucket) if bucket.logging is not None else None
    if target is not None and (target.encryption != "s3" or target.object_lock is not None):
        message = "got a bucket with KMS encryption or an object lock, to which S3 does not deliver logs"
        yield mistake(f"{path}.logging.bucket", message, "name one with `encryption: s3` and no lock")
    if bucket.transfer_acceleration and "." in access.bucket_name(name):
        message = f"got `transfer_acceleration` for `{access.bucket_name(name)}`: S3 does not accelerate a bucket with a dot in its name"
        yield mistake(f"{path}.transfer_acceleration", message, "remove it, or choose a name without `.`")
    if bucket.services and bucket.encryption != "s3":
        message = "got AWS services for a bucket with KMS encryption, whose key lets them write nothing"
        yield mistake(f"{path}.services", message, "give them a bucket of their own with `encryption: s3`")
    points = (*bucket.access_points, *bucket.vpc_access_points)
    for point in sorted({point for point in points if points.count(point) > 1}):
        yield mistake(f"{path}.access_points", f"got the access point `{point}` twice", "keep one of them")
