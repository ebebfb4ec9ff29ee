"""What the cases make at an emulator, and the clients that they ask it with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
import botocore
import urllib3
from botocore.config import Config
from tests.emulators.issuer import TestIssuer
from tests.sandboxes import Keys

REGION = "us-east-1"
Statement = Mapping[str, object]
_numbers = itertools.count(1)


def statement(action: str | list[str], resource: str | list[str] = "*", *, effect: str = "Allow", **more: object) -> Statement:
    """One statement; `Principal` and `Condition` are given by name."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: Statement) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def unique(name: str) -> str:
    """A name that no other case has."""
    return f"{name}-{next(_numbers)}"


def object_arns(bucket: str, prefix: str = "") -> str:
    """The ARN pattern of a bucket's objects under a prefix."""
    return f"arn:aws:s3:::{bucket}/{prefix}*"


@dataclass
class Lab:
    """One emulator. `admin` is a key that may do everything and can assume roles."""

    url: str
    admin: Keys
    issuer: TestIssuer
    stack: ExitStack = field(default_factory=ExitStack)

    def client(self, service: str, keys: Keys | None, *, region: str = REGION, **config: Any) -> Any:
        """A boto3 client with this key, without one unsigned; nothing is tried twice."""
        if keys is None:
            config["signature_version"] = botocore.UNSIGNED
        s3: Any = {"addressing_style": "path"}
        made = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret if keys else None,
            aws_session_token=keys.token if keys else None,
            config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=20, s3=s3, **config),
        )
        self.stack.callback(made.close)
        return made

    def s3(self, keys: Keys | None = None, **config: Any) -> Any:
        """S3 with this key, by default the administrator's."""
        return self.client("s3", keys or self.admin, **config)

    def kms(self, keys: Keys | None = None) -> Any:
        """KMS with this key, by default the administrator's."""
        return self.client("kms", keys or self.admin)

    def sts(self, keys: Keys | None = None) -> Any:
        """STS with this key, by default the administrator's."""
        return self.client("sts", keys or self.admin)

    @cached_property
    def iam(self) -> Any:
        """IAM as the administrator."""
        return self.client("iam", self.admin)

    @cached_property
    def http(self) -> urllib3.PoolManager:
        """For requests that boto3 would not send."""
        return self.stack.enter_context(urllib3.PoolManager(retries=False, timeout=20))

    @cached_property
    def admin_arn(self) -> str:
        """The administrator."""
        return str(self.sts().get_caller_identity()["Arn"])

    @cached_property
    def account(self) -> str:
        """The administrator's account."""
        return self.admin_arn.split(":")[4]

    # ---- what cases need

    def bucket(self) -> str:
        """A bucket with objects `raw/1`, `raw/2` and `other/1`."""
        name = unique("case-bucket")
        self.s3().create_bucket(Bucket=name)
        for key in ("raw/1", "raw/2", "other/1"):
            self.s3().put_object(Bucket=name, Key=key, Body=b"x")
        return name

    def bucket_policy(self, bucket: str, *statements: Statement) -> None:
        """The bucket has this policy."""
        self.s3().put_bucket_policy(Bucket=bucket, Policy=document(*statements))

    def user(self, *statements: Statement, boundary: Statement | None = None) -> Keys:
        """The key of a user with these statements inline."""
        name, more = unique("user"), {}
        if boundary is not None:
            more["PermissionsBoundary"] = self.managed(boundary)
        self.iam.create_user(UserName=name, **more)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        made = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(made["AccessKeyId"], made["SecretAccessKey"])

    def managed(self, *statements: Statement) -> str:
        """The ARN of a managed policy."""
        return str(self.iam.create_policy(PolicyName=unique("managed"), PolicyDocument=document(*statements))["Policy"]["Arn"])

    def role(self, *statements: Statement, trust: Statement | None = None, boundary: Statement | None = None, tags: Any = ()) -> str:
        """The ARN of a role with these statements inline, which trusts the account, and for those that read no more the administrator."""
        name, more = unique("role"), {}
        if boundary is not None:
            more["PermissionsBoundary"] = self.managed(boundary)
        trusted = trust or {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{self.account}:root", self.admin_arn]},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted), Tags=list(tags), **more)["Role"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return str(role["Arn"])

    def session(self, role: str, **options: Any) -> Keys:
        """The keys of a session of the role."""
        return Keys.of(self.sts().assume_role(RoleArn=role, RoleSessionName="case", **options)["Credentials"])

    def key(self, *statements: Statement) -> str:
        """The ARN of a KMS key with this policy, or with the one that AWS gives."""
        policy = {"Policy": document(self.key_administration(), *statements)} if statements else {}
        return str(self.kms().create_key(**policy)["KeyMetadata"]["Arn"])

    def key_administration(self) -> Statement:
        """What lets the administrator alone use and change a key."""
        return statement("kms:*", Principal={"AWS": self.admin_arn})

    def encrypted(self, key: str) -> str:
        """A bucket whose object `raw/1` is encrypted under this key, as all that follow."""
        name = unique("case-bucket")
        self.s3().create_bucket(Bucket=name)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
        self.s3().put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        self.s3().put_object(Bucket=name, Key="raw/1", Body=b"x")
        return name

    @cached_property
    def provider(self) -> str:
        """The ARN of the OIDC provider for `issuer`, with the client ID `case`."""
        made = self.iam.create_open_id_connect_provider(Url=self.issuer.url, ClientIDList=["case"], ThumbprintList=["0" * 40])
        return str(made["OpenIDConnectProviderArn"])

    def federated_role(self, **conditions: Mapping[str, str]) -> str:
        """The ARN of a role for tokens of `issuer`: audience `case`, subject `service`, and further conditions."""
        host = self.issuer.url.removeprefix("https://")
        equal = {f"{host}:aud": "case", f"{host}:sub": "service"}
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": equal, **conditions},
        }
        return self.role(statement("s3:*"), trust=trust)

    def federate(self, role: str, token: str) -> Any:
        """STS's answer to the token."""
        sts = self.client("sts", None)
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="case", WebIdentityToken=token)
