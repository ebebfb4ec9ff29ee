"""The settings of a bucket: one row each, from which every output has it.

A row says which resource of pulumi-aws makes the setting, with which arguments for a bucket of the plan, and which property of
CloudFormation's `AWS::S3::Bucket` is the same. Pulumi, Terraform, `import` and the embedded engine take the resource as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bucketpass.compile.plan import BucketPlan
from bucketpass.emit.resource import Argument, Arguments
from bucketpass.model.access import Cors, Lifecycle, LifecycleRule, Relaxation

__all__ = ["BUCKET_SETTINGS", "BucketSetting", "settings_of"]

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BucketSetting:
    """A setting of a bucket.

    kind: the resource's class in pulumi-aws. arguments: those that it has for a bucket; none: the bucket does not have the setting.
    property: the property of a bucket in CloudFormation. shape: its value, of the arguments with names in PascalCase.
    adopted: the declaration's field that asks for it at a bucket that others own, where it is merged with what they have.
    """

    kind: str
    arguments: Callable[[BucketPlan], Arguments]
    property: str = ""
    shape: Callable[[Properties], object] = dict
    adopted: str = ""


def settings_of(bucket: BucketPlan) -> Iterator[tuple[str, Arguments]]:
    """Yield kind and arguments of the resources that make the bucket's settings, in the order in which they are made."""
    for setting in BUCKET_SETTINGS:
        if (bucket.create or (bucket.adopted and setting.adopted)) and setting.kind not in bucket.unsupported:
            arguments = setting.arguments(bucket)
            if arguments:
                yield (
                    setting.kind,
                    {name: value for name, value in arguments.items() if f"{setting.kind}.{name}" not in bucket.unsupported},
                )


def _public_access(bucket: BucketPlan) -> Arguments:
    blocks = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return dict.fromkeys(blocks, True) if bucket.block_public_access else {}


def _encryption(bucket: BucketPlan) -> Arguments:
    default: Arguments = {"sse_algorithm": "AES256" if bucket.key is None else bucket.declared.algorithms[0]}
    if bucket.key is not None:
        default["kms_master_key_id"] = bucket.key
    rule: Arguments = {"apply_server_side_encryption_by_default": default}
    if bucket.key is not None and not bucket.declared.dsse:
        rule["bucket_key_enabled"] = bucket.declared.bucket_key
    if Relaxation.CUSTOMER_KEYS not in bucket.declared.relax:
        rule["blocked_encryption_types"] = ("SSE-C",)
    return {"rules": (rule,)}


def _encryption_property(arguments: Properties) -> object:
    rules = []
    for rule in arguments["Rules"]:
        other = {
            name: value for name, value in rule.items() if name not in {"ApplyServerSideEncryptionByDefault", "BlockedEncryptionTypes"}
        }
        if "BlockedEncryptionTypes" in rule:
            other["BlockedEncryptionTypes"] = {"EncryptionType": rule["BlockedEncryptionTypes"]}
        default = rule["ApplyServerSideEncryptionByDefault"]
        key = {"KMSMasterKeyID": default["KMSMasterKeyId"]} if "KMSMasterKeyId" in default else {}
        rules.append({"ServerSideEncryptionByDefault": {"SSEAlgorithm": default["SSEAlgorithm"], **key}, **other})
    return {"ServerSideEncryptionConfiguration": rules}


def _versioning(bucket: BucketPlan) -> Arguments:
    on = bucket.declared.versioning or bucket.declared.object_lock is not None
    return {"versioning_configuration": {"status": "Enabled"}} if on else {}


def _lock(bucket: BucketPlan) -> Arguments:
    lock = bucket.declared.object_lock
    return {} if lock is None else {"rule": {"default_retention": {"mode": lock.mode.upper(), "days": lock.days}}}


def _lifecycle(bucket: BucketPlan) -> Arguments:
    rules = tuple(_rules(bucket))
    return {"rules": rules} if rules else {}


def _rules(bucket: BucketPlan) -> Iterator[Arguments]:
    days = bucket.declared.lifecycle
    by_default = not bucket.create and days.incomplete_uploads_days == Lifecycle().incomplete_uploads_days
    uploads = not by_default and Relaxation.INCOMPLETE_UPLOADS not in bucket.declared.relax
    whole = LifecycleRule(
        expire_days=days.expire_days, expire_old_versions_days=days.expire_old_versions_days, keep_old_versions=days.keep_old_versions
    )
    actions: dict[str, Argument] = {
        **({"abort_incomplete_multipart_upload": {"days_after_initiation": days.incomplete_uploads_days}} if uploads else {}),
        **_actions(whole),
    }
    names = {
        "abort_incomplete_multipart_upload": "incomplete-uploads",
        "expiration": "expire",
        "noncurrent_version_expiration": "expire-old-versions",
    }
    for action, value in actions.items():
        yield {"id": names[action], "status": "Enabled", "filter": {"prefix": ""}, action: value}
    for number, rule in enumerate(days.rules, start=1):
        yield {"id": f"rule-{number}", "status": "Enabled", "filter": _filter(rule), **_actions(rule)}


def _filter(rule: LifecycleRule) -> Argument:
    if not rule.tags:
        return {"prefix": rule.prefix}
    # Python has `and` for itself, so that pulumi-aws writes `and_`.
    return {"and_": {**({"prefix": rule.prefix} if rule.prefix else {}), "tags": dict(sorted(rule.tags.items()))}}


def _actions(rule: LifecycleRule) -> Arguments:
    actions: Arguments = {}
    for name, unit, moves in (
        ("transitions", "days", rule.transitions),
        ("noncurrent_version_transitions", "noncurrent_days", rule.old_transitions),
    ):
        if moves:
            in_order = sorted(moves.items(), key=lambda move: move[1])
            actions[name] = tuple({unit: days, "storage_class": storage.value} for storage, days in in_order)
    if rule.expire_days is not None:
        actions["expiration"] = {"days": rule.expire_days}
    if rule.expire_old_versions_days is not None:
        kept: Arguments = {"newer_noncurrent_versions": rule.keep_old_versions} if rule.keep_old_versions else {}
        actions["noncurrent_version_expiration"] = {"noncurrent_days": rule.expire_old_versions_days, **kept}
    return actions


# Transitions of a lifecycle rule, and what their days are called in pulumi-aws.
MOVES = {"Transitions": "Days", "NoncurrentVersionTransitions": "NoncurrentDays"}


def _lifecycle_property(arguments: Properties) -> object:
    rules = []
    for rule in arguments["Rules"]:
        kept = {name: value for name, value in rule.items() if name not in {"Filter", "Expiration", *MOVES}}
        about = rule.get("Filter", {}).get("And") or rule.get("Filter", {})
        prefix = {"Prefix": about["Prefix"]} if about.get("Prefix") else {}
        tags = {"TagFilters": [{"Key": key, "Value": value} for key, value in about["Tags"].items()]} if "Tags" in about else {}
        days = {"ExpirationInDays": rule["Expiration"]["Days"]} if "Expiration" in rule else {}
        moves = {
            name: [{"StorageClass": move["StorageClass"], "TransitionInDays": move[unit]} for move in rule[name]]
            for name, unit in MOVES.items()
            if name in rule
        }
        rules.append({**kept, **prefix, **tags, **days, **moves})
    return {"Rules": rules}


def _cors(bucket: BucketPlan) -> Arguments:
    return {"cors_rules": tuple(map(_cors_rule, bucket.declared.cors))} if bucket.declared.cors else {}


def _cors_rule(rule: Cors) -> Argument:
    given: Arguments = {
        "allowed_headers": rule.headers,
        "allowed_methods": rule.methods,
        "allowed_origins": rule.origins,
        "expose_headers": rule.expose,
        "max_age_seconds": rule.max_age_seconds,
    }
    return {name: value for name, value in given.items() if value not in ((), None)}


def _cors_property(arguments: Properties) -> object:
    names = {"ExposeHeaders": "ExposedHeaders", "MaxAgeSeconds": "MaxAge"}
    return {"CorsRules": [{names.get(name, name): value for name, value in rule.items()} for rule in arguments["CorsRules"]]}


def _log(bucket: BucketPlan) -> Arguments:
    if bucket.log_bucket is None or bucket.declared.logging is None:
        return {}
    return {"target_bucket": bucket.log_bucket, "target_prefix": bucket.declared.logging.prefix}


BUCKET_SETTINGS = (
    BucketSetting(
        "s3.BucketOwnershipControls",
        lambda bucket: {"rule": {"object_ownership": "BucketOwnerEnforced"}},
        "OwnershipControls",
        lambda arguments: {"Rules": [arguments["Rule"]]},
    ),
    BucketSetting("s3.BucketPublicAccessBlock", _public_access, "PublicAccessBlockConfiguration"),
    BucketSetting("s3.BucketServerSideEncryptionConfiguration", _encryption, "BucketEncryption", _encryption_property),
    BucketSetting("s3.BucketVersioning", _versioning, "VersioningConfiguration", lambda arguments: arguments["VersioningConfiguration"]),
    BucketSetting(
        "s3.BucketObjectLockConfiguration",
        _lock,
        "ObjectLockConfiguration",
        lambda arguments: {"ObjectLockEnabled": "Enabled", "Rule": arguments["Rule"]},
    ),
    BucketSetting("s3.BucketLifecycleConfiguration", _lifecycle, "LifecycleConfiguration", _lifecycle_property, adopted="lifecycle"),
    BucketSetting("s3.BucketCorsConfiguration", _cors, "CorsConfiguration", _cors_property),
    BucketSetting(
        "s3.BucketNotification",
        lambda bucket: {"eventbridge": True} if bucket.declared.event_bridge else {},
        "NotificationConfiguration",
        lambda arguments: {"EventBridgeConfiguration": {"EventBridgeEnabled": arguments["Eventbridge"]}},
    ),
    BucketSetting(
        "s3.BucketAccelerateConfiguration",
        lambda bucket: {"status": "Enabled"} if bucket.declared.transfer_acceleration else {},
        "AccelerateConfiguration",
        lambda arguments: {"AccelerationStatus": arguments["Status"]},
    ),
    BucketSetting(
        "s3.BucketLogging",
        _log,
        "LoggingConfiguration",
        lambda arguments: {"DestinationBucketName": arguments["TargetBucket"], "LogFilePrefix": arguments["TargetPrefix"]},
        adopted="logging",
    ),
    # Only the embedded engine and the component have it: AWS's provider sets tags only with the bucket itself.
    BucketSetting("s3.BucketTags", lambda bucket: {"tags": dict(bucket.tags)} if bucket.tags and not bucket.create else {}, adopted="tags"),
)
