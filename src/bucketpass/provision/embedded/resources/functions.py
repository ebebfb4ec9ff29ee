"""The functions that programs may invoke: who and where we are, policy documents, look-ups.

Shape of the answers: pulumi-aws's `Get*Result` classes. [K]
"""

from __future__ import annotations

from collections.abc import Callable

from bucketpass.aws.arn import partition_of_region
from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.cloud_control import get_resource
from bucketpass.provision.embedded.resources.policy_document import policy_document
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.values import Properties, maybe_text, text

__all__ = ["FUNCTIONS", "invoke"]

Function = Callable[[RegionClients, Properties], Properties]


def invoke(aws: RegionClients, token: str, arguments: Properties) -> Properties:
    """What the function `token` returns for `arguments`."""
    if token not in FUNCTIONS:
        supported = ", ".join(f"`{name}`" for name in FUNCTIONS)
        raise ProvisionError(
            f"function `{token}` is not supported by the embedded engine, expected one of {supported}",
            remedy="run the program with `pulumi up`, which uses AWS's own provider",
        )
    return FUNCTIONS[token](aws, arguments)


def _caller_identity(aws: RegionClients, arguments: Properties) -> Properties:
    who = aws.identity
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def _region(aws: RegionClients, arguments: Properties) -> Properties:
    region = maybe_text(arguments, "region") or maybe_text(arguments, "name") or aws.region
    endpoint = f"ec2.{region}.{partition_of_region(region).dns_suffix}"
    return {"id": region, "name": region, "region": region, "endpoint": endpoint, "description": region}


def _partition(aws: RegionClients, arguments: Properties) -> Properties:
    partition = partition_of_region(aws.region)
    reverse = ".".join(reversed(partition.dns_suffix.split(".")))
    return {
        "id": partition.name,
        "partition": partition.name,
        "dnsSuffix": partition.dns_suffix,
        "reverseDnsPrefix": reverse,
    }


def _look_up(token: str, key: str) -> Function:
    handler = handler_of(token)

    def look_up(aws: RegionClients, arguments: Properties) -> Properties:
        identifier = text(arguments, key)
        found = handler.read(aws, identifier)
        if found is None:
            raise ProvisionError(f"there is no `{identifier}` of type `{token}`")
        return {**found, key: identifier, "id": identifier}

    return look_up


def _bucket_policy(aws: RegionClients, arguments: Properties) -> Properties:
    bucket = text(arguments, "bucket")
    return {"bucket": bucket, "id": bucket, "policy": aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]}


def _canonical_user(aws: RegionClients, arguments: Properties) -> Properties:
    owner = aws.s3.list_buckets().get("Owner", {})
    return {"id": owner.get("ID", ""), "displayName": owner.get("DisplayName", "")}


def _oidc_provider(aws: RegionClients, arguments: Properties) -> Properties:
    arn = (
        maybe_text(arguments, "arn")
        or f"arn:{aws.partition}:iam::{aws.account}:oidc-provider/{text(arguments, 'url').removeprefix('https://')}"
    )
    found = handler_of("aws:iam/openIdConnectProvider:OpenIdConnectProvider").read(aws, arn)
    if found is None:
        raise ProvisionError(f"there is no OIDC provider `{arn}`")
    return {**found, "id": arn}


FUNCTIONS: dict[str, Function] = {
    "aws:cloudcontrol/getResource:getResource": get_resource,
    "aws:s3/getCanonicalUserId:getCanonicalUserId": _canonical_user,
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": _oidc_provider,
    "aws:iam/getPolicy:getPolicy": _look_up("aws:iam/policy:Policy", "arn"),
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:iam/getPolicyDocument:getPolicyDocument": lambda aws, arguments: policy_document(arguments),
    "aws:iam/getRole:getRole": _look_up("aws:iam/role:Role", "name"),
    "aws:s3/getBucketPolicy:getBucketPolicy": _bucket_policy,
    "aws:s3/getBucket:getBucket": _look_up("aws:s3/bucket:Bucket", "bucket"),
}
