"""AWS's Cloud Control API, as far as components ask it: what a bucket or key of others has, in the names of CloudFormation's schemas.

Source: CloudFormation's schemas of AWS::S3::Bucket and AWS::KMS::Key [A].
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import unless
from bucketpass.provision.embedded.values import Properties, text

__all__ = ["get_resource"]

RENAMED = {"ID": "Id", "Status": "Status", "AbortIncompleteMultipartUpload": "AbortIncompleteMultipartUpload"}
EXPIRATION = {"Days": "ExpirationInDays", "Date": "ExpirationDate", "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}
TRANSITION = {"Days": "TransitionInDays", "Date": "TransitionDate", "NoncurrentDays": "TransitionInDays"}


def get_resource(aws: RegionClients, arguments: Properties) -> Properties:
    """Return a resource as JSON. Raises `ProvisionError` for another type."""
    kind, identifier = text(arguments, "typeName"), text(arguments, "identifier")
    if kind not in TYPES:
        raise ProvisionError(f"Cloud Control's type `{kind}` is not supported here, expected one of {', '.join(TYPES)}")
    found = {name: value for name, value in TYPES[kind](aws, identifier) if value}
    return {"typeName": kind, "identifier": identifier, "id": identifier, "properties": json.dumps(found, default=str)}


def _key(aws: RegionClients, identifier: str) -> Iterator[tuple[str, Any]]:
    yield "KeyPolicy", json.loads(aws.kms.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"])


def _bucket(aws: RegionClients, identifier: str) -> Iterator[tuple[str, Any]]:
    lifecycle = unless(("NoSuchLifecycleConfiguration",), lambda: aws.s3.get_bucket_lifecycle_configuration(Bucket=identifier))
    if lifecycle is not None:
        rules = [dict(_rule(rule)) for rule in lifecycle["Rules"]]
        beside = {name: value for name, value in lifecycle.items() if name == "TransitionDefaultMinimumObjectSize"}
        yield "LifecycleConfiguration", {"Rules": rules, **beside}
    found: Mapping[str, Any] = dict(aws.s3.get_bucket_logging(Bucket=identifier))
    if log := found.get("LoggingEnabled"):
        yield "LoggingConfiguration", {"DestinationBucketName": log["TargetBucket"], "LogFilePrefix": log.get("TargetPrefix", "")}


def _rule(rule: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    given = rule.get("Filter", {})
    conditions = {**given, **given.get("And", {})}
    tags = [*([given["Tag"]] if "Tag" in given else []), *conditions.get("Tags", ())]
    yield from ((RENAMED[name], value) for name, value in rule.items() if name in RENAMED)
    yield from ((EXPIRATION[name], value) for name, value in rule.get("Expiration", {}).items())
    if prefix := rule.get("Prefix") or conditions.get("Prefix"):
        yield "Prefix", prefix
    if tags:
        yield "TagFilters", tags
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if name in conditions:
            yield name, str(conditions[name])
    if "NoncurrentVersionExpiration" in rule:
        yield "NoncurrentVersionExpiration", rule["NoncurrentVersionExpiration"]
    for name in ("Transitions", "NoncurrentVersionTransitions"):
        if name in rule:
            yield name, [{TRANSITION.get(key, key): value for key, value in one.items()} for one in rule[name]]


TYPES = {"AWS::KMS::Key": _key, "AWS::S3::Bucket": _bucket}
