"""What is really deployed at an endpoint that speaks the AWS API, read with boto3: one role, one bucket, the providers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy, PublicAccessBlock
from bucketpass.decide.assume_role import Provider
from bucketpass.errors import InvalidInput, MissingExtra
from bucketpass.policy import PolicyDocument, parse_policy
from bucketpass.prove.deployment import DeployedBucket, DeployedKey, DeployedRole, Deployment

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

__all__ = ["read_deployment"]

_ABSENT = frozenset(
    {"NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket"}
)


def read_deployment(url: str, role_name: str, bucket: str, target: Target) -> Deployment:
    """The role, the bucket, its key and all OIDC providers, as they stand there now. `url` is `aws` for AWS itself."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError as error:
        raise MissingExtra("pulumi", error.name or "boto3") from None
    endpoint = None if url == "aws" else url
    session = boto3.Session(region_name=target.region)
    try:
        iam, s3, kms = (session.client(name, endpoint_url=endpoint) for name in ("iam", "s3", "kms"))
        role = _role(iam, role_name.rpartition("/")[2])
        deployed, keys = _bucket(s3, kms, bucket, target)
        return Deployment(target, _providers(iam), (role,), (deployed,), keys)
    except (ClientError, BotoCoreError) as error:
        raise InvalidInput(
            f"cannot read what is deployed at `{url}`: {error}", remedy="check the endpoint, the credentials and the names"
        ) from error


def _document(value: object) -> PolicyDocument:
    """A document as boto3 gives it: already decoded, or JSON."""
    return parse_policy(value if isinstance(value, str) else json.dumps(value))


def _role(iam: Any, name: str) -> DeployedRole:
    role = iam.get_role(RoleName=name)["Role"]
    attached = [page["PolicyArn"] for page in _all(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)]
    policies = [_managed(iam, arn) for arn in attached]
    for inline in _all(iam, "list_role_policies", "PolicyNames", RoleName=name):
        written = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
        policies.append(NamedPolicy(f"inline policy {inline} of {name}", _document(written)))
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return DeployedRole(
        arn=role["Arn"],
        trust=NamedPolicy(f"trust policy of {name}", _document(role["AssumeRolePolicyDocument"])),
        policies=tuple(policies),
        boundary=None if boundary is None else (_managed(iam, boundary),),
    )


def _managed(iam: Any, arn: str) -> NamedPolicy:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    written = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return NamedPolicy(f"policy {arn.rpartition('/')[2]}", _document(written))


def _providers(iam: Any) -> tuple[Provider, ...]:
    found = []
    for listed in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        arn = listed["Arn"]
        provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        url = provider["Url"]
        found.append(Provider(arn, url if "://" in url else f"https://{url}", tuple(provider["ClientIDList"])))
    return tuple(found)


def _bucket(s3: Any, kms: Any, bucket: str, target: Target) -> tuple[DeployedBucket, tuple[DeployedKey, ...]]:
    policy = _unless_absent(lambda: s3.get_bucket_policy(Bucket=bucket)["Policy"])
    block = _unless_absent(lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"])
    rules = _unless_absent(lambda: s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]) or []
    named = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") for rule in rules]
    key = next((one for one in named if one), None)
    keys: tuple[DeployedKey, ...] = ()
    if key is not None:
        key = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
        written = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        keys = (DeployedKey(key, key.split(":")[4], NamedPolicy("key policy", _document(written))),)
    deployed = DeployedBucket(
        name=bucket,
        arn=f"arn:{target.partition}:s3:::{bucket}",
        account=target.account,
        policy=None if policy is None else NamedPolicy(f"bucket policy of {bucket}", _document(policy)),
        public_access=None if block is None else _block(block),
        key=key,
    )
    return deployed, keys


def _block(written: dict[str, bool]) -> PublicAccessBlock:
    return PublicAccessBlock(
        block_public_acls=written.get("BlockPublicAcls", False),
        ignore_public_acls=written.get("IgnorePublicAcls", False),
        block_public_policy=written.get("BlockPublicPolicy", False),
        restrict_public_buckets=written.get("RestrictPublicBuckets", False),
    )


def _all(client: Any, operation: str, key: str, **arguments: str) -> list[Any]:
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def _unless_absent(read: Any) -> Any:
    from botocore.exceptions import ClientError

    try:
        return read()
    except ClientError as error:
        if _code(error) not in _ABSENT:
            raise
        return None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
