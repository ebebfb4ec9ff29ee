"""Each setting of a bucket as one row: what is made of what is declared."""

from dataclasses import replace

import pytest

from bucketpass.compile.dialect_rgw import UNSUPPORTED
from bucketpass.compile.plan import BucketPlan, TracedDocument
from bucketpass.emit.bucket_settings import BUCKET_SETTINGS, settings_of
from bucketpass.emit.resource import Argument, Arguments
from bucketpass.model import Bucket, parse_access

HARDENED = {
    "s3.BucketLifecycleConfiguration",
    "s3.BucketOwnershipControls",
    "s3.BucketPublicAccessBlock",
    "s3.BucketServerSideEncryptionConfiguration",
    "s3.BucketVersioning",
}


def planned(bucket: str) -> BucketPlan:
    declared = parse_access(f"issuers: {{}}\nservices: {{}}\nbuckets: {{data: {bucket}}}").buckets["data"]
    key = declared.encryption if declared.encryption.startswith("arn:") else None
    log = declared.logging.bucket if declared.logging else None
    return BucketPlan(
        "data", "data", "arn:aws:s3:::data", TracedDocument(()), declared, key=key, log_bucket=log, tags=tuple(declared.tags.items())
    )


def settings(bucket: str) -> dict[str, Arguments]:
    return dict(settings_of(planned(bucket)))


def test_a_bucket_has_its_guard_rails_where_nothing_is_said() -> None:
    found = settings("{}")
    assert found.keys() == HARDENED
    assert found["s3.BucketServerSideEncryptionConfiguration"]["rules"] == (
        {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}, "blocked_encryption_types": ("SSE-C",)},
    )
    assert found["s3.BucketLifecycleConfiguration"]["rules"] == (
        {
            "id": "incomplete-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        },
    )


def test_two_layers_of_encryption_have_no_bucket_key() -> None:
    key = "arn:aws:kms:::key/1"
    found = settings(f"{{encryption: {{key: '{key}'}}, dsse: true}}")["s3.BucketServerSideEncryptionConfiguration"]
    default: dict[str, Argument] = {"sse_algorithm": "aws:kms:dsse", "kms_master_key_id": key}
    assert found == {"rules": ({"apply_server_side_encryption_by_default": default, "blocked_encryption_types": ("SSE-C",)},)}


def test_each_guard_rail_can_be_taken_down() -> None:
    found = settings(
        "{versioning: false, relax: {block_public_access: a website, customer_keys: an old client, incomplete_uploads: they are kept}}"
    )
    assert found.keys() == {"s3.BucketOwnershipControls", "s3.BucketServerSideEncryptionConfiguration"}
    assert found["s3.BucketServerSideEncryptionConfiguration"]["rules"] == (
        {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}},
    )


@pytest.mark.parametrize(
    ("bucket", "kind", "arguments"),
    [
        ("{event_bridge: true}", "s3.BucketNotification", {"eventbridge": True}),
        ("{transfer_acceleration: true}", "s3.BucketAccelerateConfiguration", {"status": "Enabled"}),
        ("{logging: {bucket: logs, prefix: a/}}", "s3.BucketLogging", {"target_bucket": "logs", "target_prefix": "a/"}),
        (
            "{object_lock: {days: 3}}",
            "s3.BucketObjectLockConfiguration",
            {"rule": {"default_retention": {"mode": "GOVERNANCE", "days": 3}}},
        ),
        (
            "{cors: [{origins: ['*'], max_age_seconds: 0}]}",
            "s3.BucketCorsConfiguration",
            {"cors_rules": ({"allowed_methods": ("GET", "HEAD"), "allowed_origins": ("*",), "max_age_seconds": 0},)},
        ),
    ],
)
def test_what_is_declared_is_a_resource(bucket: str, kind: str, arguments: Argument) -> None:
    found = settings(bucket)
    assert found.keys() == HARDENED | {kind}
    assert found[kind] == arguments


def test_days_of_the_whole_bucket_are_rules_beside_those_of_some_objects() -> None:
    lifecycle = "{expire_days: 30, expire_old_versions_days: 9, keep_old_versions: 2, rules: [{prefix: a/, tags: {k: v}, expire_days: 1}]}"
    enabled, every = {"status": "Enabled"}, {"filter": {"prefix": ""}}
    assert settings(f"{{lifecycle: {lifecycle}}}")["s3.BucketLifecycleConfiguration"]["rules"] == (
        {"id": "incomplete-uploads", **enabled, **every, "abort_incomplete_multipart_upload": {"days_after_initiation": 7}},
        {"id": "expire", **enabled, **every, "expiration": {"days": 30}},
        {
            "id": "expire-old-versions",
            **enabled,
            **every,
            "noncurrent_version_expiration": {"noncurrent_days": 9, "newer_noncurrent_versions": 2},
        },
        {"id": "rule-1", **enabled, "filter": {"and_": {"prefix": "a/", "tags": {"k": "v"}}}, "expiration": {"days": 1}},
    )


@pytest.mark.parametrize(
    ("bucket", "kinds"),
    [
        ("{create: false}", set()),
        ("{create: false, lifecycle: {expire_days: 3}}", {"s3.BucketLifecycleConfiguration"}),
        (
            "{create: false, tags: {a: b}, logging: {bucket: logs}, lifecycle: {incomplete_uploads_days: 3}}",
            {"s3.BucketTags", "s3.BucketLogging", "s3.BucketLifecycleConfiguration"},
        ),
        ("{account: '444455556666'}", set()),
    ],
)
def test_what_others_own_gets_what_was_asked_for_alone(bucket: str, kinds: set[str]) -> None:
    assert settings(bucket).keys() == kinds


def test_what_an_endpoint_does_not_have_is_left_out() -> None:
    names = {setting.kind for setting in BUCKET_SETTINGS}
    assert {".".join(name.split(".")[:2]) for name in UNSUPPORTED} <= names
    plan = replace(planned("{}"), unsupported=("s3.BucketVersioning", "s3.BucketPublicAccessBlock.block_public_acls"))
    found = dict(settings_of(plan))
    assert found.keys() == HARDENED - {"s3.BucketVersioning"}
    assert found["s3.BucketPublicAccessBlock"].keys() == {"block_public_policy", "ignore_public_acls", "restrict_public_buckets"}


def test_a_bucket_of_python_is_the_same_as_one_of_a_file() -> None:
    plan = replace(planned("{}"), declared=Bucket())
    assert dict(settings_of(plan)) == settings("{}")
