"""A sandbox with a declaration deployed in it, and the clients that tests use: real boto3, over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import boto3
import botocore.exceptions
from botocore.config import Config
from tests.declarations import ISSUERS, SERVICES

from bucketpass.compile import Target, compile_access
from bucketpass.model import parse_access
from bucketpass.model.bucket import OTHERS
from bucketpass.policy import policy_json
from bucketpass.sandbox import Sandbox, SandboxOptions
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sts.client import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

ACCESS = (
    ISSUERS
    + """\
buckets:
  datasets: {}
"""
    + SERVICES
)
MIB = 1024 * 1024


@dataclass
class Keys:
    """An access key as clients take it."""

    access_key_id: str
    secret: str
    token: str | None = None

    @classmethod
    def of(cls, credentials: CredentialsTypeDef) -> Keys:
        return cls(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


@dataclass
class SandboxWorld:
    """The sandbox, and clients of it that are closed with it; they are configured for `region`, by default the sandbox's own."""

    sandbox: Sandbox
    stack: ExitStack = field(default_factory=ExitStack)
    region: str | None = None

    def at(self, region: str) -> SandboxWorld:
        """The same sandbox, with clients that are configured for this Region."""
        return replace(self, region=region)

    @property
    def account(self) -> str:
        return self.sandbox.account

    @property
    def admin(self) -> Keys:
        return Keys(self.sandbox.admin.access_key_id, self.sandbox.admin.secret.reveal())

    @property
    def administrator_environment(self) -> dict[str, str]:
        """The variables with which a command acts as the sandbox's administrator; the endpoint is not among them."""
        return {
            "AWS_ACCESS_KEY_ID": self.admin.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.admin.secret,
            "AWS_CA_BUNDLE": str(self.sandbox.ca_file),
            "AWS_REGION": self.sandbox.options.region,
        }

    def _client(self, service: str, keys: Keys | None, url: str | None, **config: Any) -> Any:
        settings: dict[str, Any] = {"retries": {"max_attempts": 0}, "parameter_validation": False, **config}
        if keys is None:
            settings["signature_version"] = botocore.UNSIGNED
        client = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=url or self.sandbox.https_url,
            region_name=self.region or self.sandbox.options.region,
            verify=str(self.sandbox.authority_file),
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret if keys else None,
            aws_session_token=keys.token if keys else None,
            config=Config(**settings),
        )
        self.stack.callback(client.close)
        return client

    def s3(self, keys: Keys | None = None, *, url: str | None = None, anonymous: bool = False, **config: Any) -> S3Client:
        client: S3Client = self._client("s3", None if anonymous else keys or self.admin, url, **config)
        return client

    def iam(self, keys: Keys | None = None) -> IAMClient:
        client: IAMClient = self._client("iam", keys or self.admin, None)
        return client

    def kms(self, keys: Keys | None = None) -> KMSClient:
        client: KMSClient = self._client("kms", keys or self.admin, None)
        return client

    def sts(self, keys: Keys | None = None, *, url: str | None = None) -> STSClient:
        client: STSClient = self._client("sts", keys, url)
        return client

    def role_arn(self, service: str) -> str:
        return f"arn:aws:iam::{self.account}:role/bucketpass-{service}"

    def assume(self, service: str, token: Secret | None = None, **options: Any) -> Keys:
        """The credentials that a token of the service is exchanged for."""
        answer = self.sts().assume_role_with_web_identity(
            RoleArn=self.role_arn(service),
            RoleSessionName=f"{service}-session",
            WebIdentityToken=(token or self.sandbox.mint(service)).reveal(),
            **options,
        )
        return Keys.of(answer["Credentials"])

    def service(self, name: str, *, scheme: Literal["https", "http"] = "https", **options: Any) -> S3Client:
        """An S3 client with the service's own session."""
        return self.s3(self.assume(name, **options), url=self.sandbox.https_url if scheme == "https" else self.sandbox.http_url)

    def deploy(self) -> None:
        """Everything that the declaration asks for is there."""
        access = self.sandbox.options.access
        assert access is not None
        plan = compile_access(access, Target(account=self.account, region=self.sandbox.options.region))
        iam, s3 = self.iam(), self.s3()
        for provider in plan.providers:
            iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=list(provider.client_ids))
        for role in plan.roles:
            iam.create_role(
                RoleName=role.name,
                AssumeRolePolicyDocument=policy_json(role.trust.document),
                MaxSessionDuration=role.max_session_seconds,
            )
            for policy in role.policies:
                iam.create_policy(PolicyName=policy.name, PolicyDocument=policy_json(policy.document.document))
                iam.attach_role_policy(RoleName=role.name, PolicyArn=policy.arn)
            for name, inline in role.inline:
                iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=policy_json(inline.document))
        for bucket in (bucket for bucket in plan.buckets if bucket.account != OTHERS):
            s3.create_bucket(Bucket=bucket.bucket, ObjectLockEnabledForBucket=bucket.declared.object_lock is not None)
            s3.put_bucket_policy(Bucket=bucket.bucket, Policy=policy_json(bucket.policy.document))

    def allow(self, role: str, *statements: Mapping[str, object], trust: Mapping[str, object] | None = None) -> str:
        """A role of the account with these statements inline, that the account's principals may assume."""
        trusted = trust or {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
        arn = self.iam().create_role(RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            self.iam().put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=policy)
        return arn

    def user(self, name: str, *statements: Mapping[str, object]) -> Keys:
        """An IAM user with these statements inline, and its key."""
        iam = self.iam()
        iam.create_user(UserName=name)
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])


@contextmanager
def sandbox_world(text: str | None = ACCESS, *, deploy: bool = True, **options: Any) -> Iterator[SandboxWorld]:
    """A sandbox for `text`'s declaration, which is deployed unless it is None."""
    access = parse_access(text) if text is not None else None
    with Sandbox(SandboxOptions(access=access, **options)) as sandbox, ExitStack() as stack:
        world = SandboxWorld(sandbox, stack)
        if access is not None and deploy:
            world.deploy()
        yield world


def code_of(error: botocore.exceptions.ClientError) -> str:
    """AWS's code of a refusal."""
    code: str = error.response["Error"]["Code"]
    return code


def outcome(call: Any, **arguments: Any) -> str:
    """`done`, or AWS's code of the refusal."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as refused:
        return code_of(refused)
    return "done"
