"""A Plan as a CloudFormation template.

Buckets and keys outlive their stack: data is deleted by people. What stands for a key that is yet to be made becomes
`Fn::GetAtt`; everything else in the documents is literal, so that policy variables need no escape.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from bucketpass.compile.plan import BucketPlan, KeyPlan, Plan, ProviderPlan, RolePlan, TracedDocument, key_placeholder
from bucketpass.policy import render_policy

__all__ = ["cloudformation"]

Properties = dict[str, object]
Resource = tuple[str, dict[str, object]]

KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def cloudformation(plan: Plan) -> dict[str, object]:
    """The template, as JSON values. Names are fixed, so that a stack of it needs `CAPABILITY_NAMED_IAM`."""
    resources = dict(
        resource
        for resources in (
            (resource for provider in plan.providers if provider.create for resource in _provider(provider)),
            (resource for key in plan.keys for resource in _key(key)),
            (resource for role in plan.roles for resource in _role(role)),
            (resource for bucket in plan.buckets for resource in _bucket(bucket, plan)),
        )
        for resource in resources
    )
    keys = {key_placeholder(key.name): {"Fn::GetAtt": [_logical("Key", key.name), "Arn"]} for key in plan.keys}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"bucketpass: access of {len({role.service for role in plan.roles})} services to {len(plan.buckets)} buckets",
        "Resources": _filled(resources, keys),
        "Outputs": {
            _logical("Role", role.name) + "Arn": {"Value": {"Fn::GetAtt": [_logical("Role", role.name), "Arn"]}} for role in plan.roles
        },
    }


def _provider(plan: ProviderPlan) -> Iterator[Resource]:
    properties: Properties = {"Url": plan.url, "ClientIdList": list(plan.client_ids)}
    if plan.thumbprints:
        properties["ThumbprintList"] = list(plan.thumbprints)
    yield _resource("Provider", plan.name, "AWS::IAM::OIDCProvider", _tagged(properties, plan.tags))


def _key(plan: KeyPlan) -> Iterator[Resource]:
    properties: Properties = {"Description": plan.description, "EnableKeyRotation": True, "KeyPolicy": _document(plan.policy)}
    yield _resource("Key", plan.name, "AWS::KMS::Key", _tagged(properties, plan.tags), **KEPT)
    alias: Properties = {"AliasName": plan.alias, "TargetKeyId": {"Ref": _logical("Key", plan.name)}}
    yield _resource("Alias", plan.name, "AWS::KMS::Alias", alias)


def _role(plan: RolePlan) -> Iterator[Resource]:
    for policy in plan.policies:
        yield _resource(
            "Policy",
            policy.name,
            "AWS::IAM::ManagedPolicy",
            {
                "ManagedPolicyName": policy.name,
                "Path": policy.path,
                "Description": policy.description,
                "PolicyDocument": _document(policy.document),
            },
        )
    properties: Properties = {
        "RoleName": plan.name,
        "Path": plan.path,
        "Description": plan.description,
        "MaxSessionDuration": plan.max_session_seconds,
        "AssumeRolePolicyDocument": _document(plan.trust),
        "ManagedPolicyArns": [{"Ref": _logical("Policy", policy.name)} for policy in plan.policies],
    }
    if plan.inline:
        properties["Policies"] = [{"PolicyName": name, "PolicyDocument": _document(document)} for name, document in plan.inline]
    if plan.permissions_boundary is not None:
        properties["PermissionsBoundary"] = plan.permissions_boundary
    yield _resource("Role", plan.name, "AWS::IAM::Role", _tagged(properties, plan.tags))


def _bucket(plan: BucketPlan, whole: Plan) -> Iterator[Resource]:
    bucket: object = plan.bucket
    if plan.create:
        bucket = {"Ref": _logical("Bucket", plan.name)}
        yield _resource("Bucket", plan.name, "AWS::S3::Bucket", _tagged(_bucket_properties(plan), plan.tags), **KEPT)
    if plan.write_policy and plan.policy.statements:
        # A bucket policy cannot name roles that are not there yet.
        roles = sorted(_logical("Role", role.name) for role in whole.roles if _names(plan.policy, role.arn))
        properties: Properties = {"Bucket": bucket, "PolicyDocument": _document(plan.policy)}
        # SECURITY: a bucket that outlives the stack without its policy would be open to whoever has `s3:*` of their own.
        kept = KEPT if plan.create else {}
        after = {"DependsOn": roles} if roles else {}
        yield _resource("BucketPolicy", plan.name, "AWS::S3::BucketPolicy", properties, **kept, **after)
    for point in plan.access_points:
        block = {"PublicAccessBlockConfiguration": _blocked()}
        yield _resource("AccessPoint", point.name, "AWS::S3::AccessPoint", {"Bucket": bucket, "Name": point.name, **block})


def _bucket_properties(plan: BucketPlan) -> Properties:
    default: Properties = {"SSEAlgorithm": "AES256"} if plan.key is None else {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": plan.key}
    rule: Properties = {"ServerSideEncryptionByDefault": default}
    if plan.key is not None:
        rule["BucketKeyEnabled"] = plan.bucket_key
    if plan.block_customer_keys:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": ["SSE-C"]}
    properties: Properties = {
        "BucketName": plan.bucket,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "VersioningConfiguration": {"Status": "Enabled" if plan.versioning else "Suspended"},
    }
    if plan.regional:
        properties["BucketNamespace"] = "account-regional"
    if plan.block_public_access:
        properties["PublicAccessBlockConfiguration"] = _blocked()
    if rules := list(_lifecycle(plan)):
        properties["LifecycleConfiguration"] = {"Rules": rules}
    if plan.logging is not None:
        properties["LoggingConfiguration"] = {"DestinationBucketName": plan.logging.bucket, "LogFilePrefix": plan.logging.prefix}
    if plan.object_lock is not None:
        retention = {"Mode": plan.object_lock.mode, "Days": plan.object_lock.days}
        properties["ObjectLockEnabled"] = True
        properties["ObjectLockConfiguration"] = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    return properties


def _lifecycle(plan: BucketPlan) -> Iterator[Properties]:
    days = plan.lifecycle
    rules = (
        ("incomplete-uploads", days.incomplete_uploads_days, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
        ("old-versions", days.expire_old_versions_days, "NoncurrentVersionExpiration", "NoncurrentDays"),
    )
    for name, count, action, unit in rules:
        if count is not None:
            yield {"Id": name, "Status": "Enabled", action: {unit: count}}
    if days.expire_days is not None:
        yield {"Id": "objects", "Status": "Enabled", "ExpirationInDays": days.expire_days}


def _blocked() -> Properties:
    return dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


def _resource(kind: str, name: str, aws_type: str, properties: Properties, **attributes: object) -> Resource:
    return _logical(kind, name), {"Type": aws_type, **attributes, "Properties": properties}


def _logical(kind: str, name: str) -> str:
    """A logical ID: letters and digits only. Names that differ in other characters get a hash to stay apart."""
    plain = re.sub(r"[^A-Za-z0-9]", "", name)
    return f"{kind}{plain[:1].upper()}{plain[1:]}" + ("" if plain == name else hashlib.sha256(name.encode()).hexdigest()[:6])


def _tagged(properties: Properties, tags: tuple[tuple[str, str], ...]) -> Properties:
    return {**properties, "Tags": [{"Key": key, "Value": value} for key, value in tags]} if tags else properties


def _document(document: TracedDocument) -> dict[str, object]:
    return render_policy(document.document)


def _names(document: TracedDocument, arn: str) -> bool:
    return any(traced.statement.principal is not None and arn in traced.statement.principal.aws for traced in document.statements)


def _filled(value: object, keys: Mapping[str, object]) -> object:
    """The value with references in place of what stands for keys."""
    match value:
        case str():
            return keys.get(value, value)
        case Mapping():
            return {name: _filled(item, keys) for name, item in value.items()}
        case list():
            return [_filled(item, keys) for item in value]
    return value
