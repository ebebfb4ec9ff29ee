"""What is really deployed, in the sandbox, at AWS or at another endpoint: one role, one bucket and its key, the providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from bucketpass.aws.arn import parse_arn
from bucketpass.compile import Plan, Target
from bucketpass.compile.plan import BucketPlan
from bucketpass.decide import NamedPolicy, PublicAccessBlock
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.errors import InvalidInput, ProvisionError
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement, Statement, parse_policy
from bucketpass.requests.s3 import DSSE

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

__all__ = ["Clients", "read_deployment", "read_plan"]

_NOT_FOUND = frozenset({"NoSuchEntity", "NoSuchBucket", "404"})
_ABSENT = frozenset(
    (
        *("NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError"),
        *("NoSuchAccessPointPolicy", "NoSuchAccessPoint"),
    )
)
_NOBODY = PolicyDocument((Statement(Effect.DENY, actions=("*",), resources=("*",), principal=PrincipalElement(everyone=True)),))


class Clients(Protocol):
    """Clients for the services that hold policies."""

    @property
    def iam(self) -> IAMClient:
        """The client for IAM."""
        ...

    @property
    def s3(self) -> S3Client:
        """The client for S3."""
        ...

    @property
    def kms(self) -> KMSClient:
        """The client for KMS."""
        ...

    @property
    def s3control(self) -> Any:
        """The client for S3's control API, which has the policies of access points."""
        ...


def read_deployment(clients: Clients, role_name: str, bucket: str, target: Target) -> Deployment:
    """The role, the bucket, its key and all OIDC providers, as they stand there now. The account is the role's."""
    with _reading():
        role = _role(clients.iam, role_name.rpartition("/")[2])
        target = replace(target, account=parse_arn(role.arn).account)
        deployed, keys = _bucket(clients, bucket, target)
        return Deployment(target, _providers(clients.iam), (role,), (deployed,), keys)


@contextmanager
def _reading() -> Iterator[None]:
    """Raise what boto3 raises inside as `InvalidInput` for a name that is not there, else as `ProvisionError`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if _code(error) in _NOT_FOUND:
            raise InvalidInput(f"cannot read what is deployed: {error}", remedy="Correct the name of the role or bucket.") from error
        raise ProvisionError(f"cannot read what is deployed: {error}", remedy="Use credentials that may read IAM, S3 and KMS.") from error
    except BotoCoreError as error:
        raise ProvisionError(f"cannot read what is deployed: {error}", remedy="Check the endpoint and the network.") from error


def read_plan(clients: Clients, plan: Plan) -> Deployment:
    """What stands there under the names of the plan: every role, every bucket with its key, and the providers."""
    with _reading():
        managed = {arn: _managed(clients.iam, arn) for role in plan.roles for arn in role.attached}
    parts = [read_deployment(clients, role.name, bucket.bucket, plan.target) for role in plan.roles for bucket in plan.buckets[:1]]
    parts += [read_deployment(clients, role.name, bucket.bucket, plan.target) for role in plan.roles[:1] for bucket in plan.buckets[1:]]
    with _reading():
        points = {bucket.name: _point_policies(clients, bucket) for bucket in plan.buckets}
    roles = {role.name: role for part in parts for role in part.roles}
    buckets = {bucket.arn: bucket for part in parts for bucket in part.buckets}
    return Deployment(
        target=parts[0].target if parts else plan.target,
        providers=parts[0].providers if parts else (),
        roles=tuple(replace(roles[role.name], service=role.service) for role in plan.roles),
        buckets=tuple(
            replace(
                buckets[bucket.arn],
                name=bucket.name,
                account=bucket.account or buckets[bucket.arn].account,
                access_points={point.name: point.arn for point in bucket.access_points},
                access_point_policies=points[bucket.name],
            )
            for bucket in plan.buckets
            if bucket.arn in buckets
        ),
        keys=tuple({key.arn: key for part in parts for key in part.keys}.values()),
        managed=managed,
    )


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


def _providers(iam: Any) -> tuple[TrustedProvider, ...]:
    found = []
    for listed in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        arn = listed["Arn"]
        provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        url = provider["Url"]
        found.append(TrustedProvider(arn, url if "://" in url else f"https://{url}", tuple(provider["ClientIDList"])))
    return tuple(found)


def _bucket(clients: Clients, bucket: str, target: Target) -> tuple[DeployedBucket, tuple[DeployedKey, ...]]:
    s3: Any = clients.s3
    policy = _unless_absent(lambda: s3.get_bucket_policy(Bucket=bucket)["Policy"])
    block = _unless_absent(lambda: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"])
    rules = _unless_absent(lambda: s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]) or []
    defaults = ((rule.get("ApplyServerSideEncryptionByDefault", {}), rule.get("BucketKeyEnabled")) for rule in rules)
    nothing: tuple[dict[str, Any], bool] = {}, False
    default, bucket_key = next(((default, flag) for default, flag in defaults if default.get("KMSMasterKeyID")), nothing)
    key = default.get("KMSMasterKeyID")
    keys: tuple[DeployedKey, ...] = ()
    if key is not None:
        key = clients.kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
        written = clients.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        keys = (DeployedKey(key, parse_arn(key).account, NamedPolicy("key policy", _document(written))),)
    deployed = DeployedBucket(
        name=bucket,
        arn=f"arn:{target.partition}:s3:::{bucket}",
        account=target.account,
        policy=None if policy is None else NamedPolicy(f"bucket policy of {bucket}", _document(policy)),
        public_access=None if block is None else _block(block),
        key=key,
        bucket_key=bool(bucket_key) and default.get("SSEAlgorithm") != DSSE,
    )
    return deployed, keys


def _point_policies(clients: Clients, bucket: BucketPlan) -> dict[str, NamedPolicy]:
    """The policies of the bucket's access points, of those that have one. Through one that is not there nobody gets anywhere."""
    found = {}
    control: Any = clients.s3control if bucket.access_points else None
    for point in bucket.access_points:
        named = {"AccountId": parse_arn(point.arn).account, "Name": point.name}
        if _unless_absent(lambda named=named: control.get_access_point(**named)) is None:
            found[point.name] = NamedPolicy(f"access point {point.name}, which is not there", _NOBODY)
        elif (policy := _unless_absent(lambda named=named: control.get_access_point_policy(**named)["Policy"])) is not None:
            found[point.name] = NamedPolicy(f"policy of access point {point.name}", _document(policy))
    return found


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
