"""Reads an account with boto3: its OIDC providers, the roles that trust one, and its buckets. Nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from bucketpass.errors import ProvisionError
from bucketpass.provision.adoption.found import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole

if TYPE_CHECKING:
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sts.client import STSClient

__all__ = ["read_account"]

ABSENT = frozenset({"NoSuchBucketPolicy", "ServerSideEncryptionConfigurationNotFoundError", "NoSuchEntity", "NoSuchBucket"})
T = TypeVar("T")


def read_account(iam: IAMClient, s3: S3Client, sts: STSClient) -> Account:
    """The account that the clients speak to. Raises `ProvisionError` where not even a list can be read."""
    unread: list[tuple[str, str]] = []

    def attempt(place: str, read: Callable[[], T]) -> T | None:
        """What `read` gives; None, and noted, where it may not be read."""
        try:
            return read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ABSENT:
                unread.append((place, str(error)))
            return None

    try:
        providers = [
            attempt(entry["Arn"], lambda arn=entry["Arn"]: _provider(iam, arn))  # type: ignore[misc]
            for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        ]
        roles = [
            attempt(f"role {role['RoleName']}", lambda role=role: _role(iam, role))  # type: ignore[misc]
            for role in _pages(iam, "list_roles", "Roles")
            if "oidc-provider/" in _json(role["AssumeRolePolicyDocument"])
        ]
        buckets = [_bucket(s3, bucket["Name"], attempt) for bucket in s3.list_buckets()["Buckets"]]
        account = sts.get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        raise ProvisionError(f"the account cannot be read: {error}", remedy="use credentials that may read IAM and S3") from error
    return Account(account, _there(providers), _there(roles), tuple(buckets), tuple(unread))


def _there(found: list[T | None]) -> tuple[T, ...]:
    return tuple(each for each in found if each is not None)


def _pages(client: Any, operation: str, field: str, **arguments: str) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[field]


def _json(document: object) -> str:
    """A document as text: boto3 decodes most of them, an endpoint may leave them encoded."""
    return unquote(document) if isinstance(document, str) else json.dumps(document)


def _provider(iam: IAMClient, arn: str) -> FoundProvider:
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return FoundProvider(arn, found["Url"], tuple(sorted(found.get("ClientIDList", ()))), tuple(found.get("ThumbprintList", ())))


def _role(iam: IAMClient, listed: Any) -> FoundRole:
    name = listed["RoleName"]
    role = iam.get_role(RoleName=name)["Role"]  # a list leaves tags and the boundary out
    attached = [_managed(iam, entry) for entry in _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)]
    inline = [
        FoundPolicy(policy, _json(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]))
        for policy in _pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
    ]
    return FoundRole(
        name=name,
        arn=role["Arn"],
        trust=_json(role["AssumeRolePolicyDocument"]),
        policies=(*attached, *inline),
        path=role["Path"],
        description=role.get("Description", ""),
        max_session_seconds=role.get("MaxSessionDuration", 3600),
        permissions_boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags={tag["Key"]: tag["Value"] for tag in role.get("Tags", ())},
    )


def _managed(iam: IAMClient, entry: Any) -> FoundPolicy:
    arn = entry["PolicyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return FoundPolicy(entry["PolicyName"], _json(document), arn)


def _bucket(s3: S3Client, name: str, attempt: Callable[[str, Callable[[], Any]], Any]) -> FoundBucket:
    policy = attempt(f"policy of bucket {name}", lambda: s3.get_bucket_policy(Bucket=name)["Policy"])
    rules = attempt(
        f"encryption of bucket {name}", lambda: s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    )
    rule = rules[0] if rules else {}
    key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return FoundBucket(name, policy, key, bool(rule.get("BucketKeyEnabled")))
