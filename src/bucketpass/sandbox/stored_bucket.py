"""A bucket's settings as values, read from moto's bucket.

moto 5.2.4 and 5.2.5: the fields that are read are held by `tests/unit/sandbox/test_state.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bucketpass.aws.arn import partition_of_region
from bucketpass.digits import whole_number
from bucketpass.requests.s3 import DSSE
from bucketpass.sandbox.cors import CorsRule

__all__ = [
    "EncryptionRule",
    "LogTarget",
    "StoredAccessPoint",
    "StoredBucket",
    "StoredObjectLock",
    "stored_access_point",
    "stored_bucket",
]


@dataclass(frozen=True, slots=True)
class EncryptionRule:
    """How a bucket encrypts what says nothing of it, and the encryption types that it takes from nobody."""

    algorithm: str
    key_id: str | None
    bucket_key: bool
    blocked_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogTarget:
    """The bucket that gets another's access log, and what the logs' keys start with."""

    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True)
class StoredObjectLock:
    """A bucket's Object Lock. `mode` is of its default retention, None where it has none."""

    mode: str | None = None
    days: int = 0
    years: int = 0

    @property
    def period(self) -> timedelta:
        """How long the default retention is."""
        return timedelta(days=self.days + 365 * self.years)


@dataclass(frozen=True, slots=True)
class StoredAccessPoint:
    """An access point of a bucket. `in_vpc`: only requests from its VPC are answered."""

    arn: str
    bucket: str
    policy: str | None
    block_public_policy: bool
    restrict_public_buckets: bool
    in_vpc: bool


@dataclass(frozen=True, slots=True)
class StoredBucket:
    """A bucket's settings. `key_id` is what its default encryption names, None for SSE-S3.

    `encryption_rule` is that setting as it was put, None where it has none. `configurations` are documents that are
    only kept, by their root's name.
    """

    name: str
    account: str
    region: str
    policy: str | None
    block_public_acls: bool
    ignore_public_acls: bool
    block_public_policy: bool
    restrict_public_buckets: bool
    owner_enforced: bool
    key_id: str | None
    bucket_key: bool
    dsse: bool
    versioning: str | None
    encryption_rule: EncryptionRule | None
    log_target: LogTarget | None
    object_lock: StoredObjectLock | None
    cors: tuple[CorsRule, ...] = ()
    configurations: Mapping[str, str] = field(default_factory=dict)


def stored_bucket(found: Any) -> StoredBucket:
    """Return the settings of moto's bucket."""
    block = found.public_access_block
    rule = _encryption_rule(found.encryption)
    with_kms = rule is not None and rule.algorithm.startswith("aws:kms")
    return StoredBucket(
        name=found.name,
        account=found.account_id,
        region=found.region_name,
        policy=found.policy.decode() if found.policy else None,
        block_public_acls=bool(block and block.block_public_acls),
        ignore_public_acls=bool(block and block.ignore_public_acls),
        block_public_policy=bool(block and block.block_public_policy),
        restrict_public_buckets=bool(block and block.restrict_public_buckets),
        owner_enforced=found.ownership_rule == "BucketOwnerEnforced",
        # Without a key of its own a bucket uses the account's AWS managed key.
        key_id=(rule.key_id or "alias/aws/s3") if rule is not None and with_kms else None,
        bucket_key=rule is not None and rule.algorithm == "aws:kms" and rule.bucket_key,
        dsse=rule is not None and rule.algorithm == DSSE,
        versioning=found.versioning_status,
        encryption_rule=rule,
        log_target=getattr(found, "access_log", None),
        object_lock=_object_lock(found) if found.object_lock_enabled else None,
        cors=tuple(map(_cors_rule, found.cors)),
        configurations=getattr(found, "configurations", {}),
    )


def stored_access_point(found: Any, bucket: StoredBucket) -> StoredAccessPoint:
    """Return moto's access point of this bucket, with the ARN of the bucket's Region."""
    return StoredAccessPoint(
        arn=f"arn:{partition_of_region(bucket.region).name}:s3:{bucket.region}:{bucket.account}:accesspoint/{found.name}",
        bucket=bucket.name,
        policy=found.policy,
        block_public_policy=str(found.pubc["BlockPublicPolicy"]).lower() == "true",
        restrict_public_buckets=str(found.pubc["RestrictPublicBuckets"]).lower() == "true",
        in_vpc=found.network_origin == "VPC",
    )


def _cors_rule(found: Any) -> CorsRule:
    return CorsRule(
        tuple(found.allowed_origins or ()),
        tuple(found.allowed_methods or ()),
        tuple(found.allowed_headers or ()),
        tuple(found.exposed_headers or ()),
        whole_number(str(found.max_age_seconds)) if found.max_age_seconds is not None else None,
    )


def _object_lock(found: Any) -> StoredObjectLock:
    return StoredObjectLock(found.default_lock_mode or None, found.default_lock_days or 0, found.default_lock_years or 0)


def _encryption_rule(stored: Mapping[str, Any] | None) -> EncryptionRule | None:
    rules = (stored or {}).get("Rule", {})
    rule = rules[0] if isinstance(rules, list) else rules
    if not rule:
        return None
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ()
    return EncryptionRule(
        algorithm=str(default.get("SSEAlgorithm", "AES256")),
        key_id=default.get("KMSMasterKeyID") or None,
        bucket_key=str(rule.get("BucketKeyEnabled", "")).lower() == "true",
        blocked_types=(blocked,) if isinstance(blocked, str) else tuple(blocked),
    )
