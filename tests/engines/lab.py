"""A gateway with one provider and one bucket, for questions by hand: what does it answer to this policy and this request?"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from tests.engines.issuer import Issuer
from tests.engines.site import Site

__all__ = ["SESSION_ACTIONS", "Lab", "Statement", "allow", "answer", "deny", "document"]

Statement = dict[str, Any]
NUMBERS = itertools.count(1)
SESSION_ACTIONS = ("sts:AssumeRoleWithWebIdentity", "sts:TagSession")


def allow(action: str | Sequence[str], resource: str | Sequence[str], condition: object = None, **elements: object) -> Statement:
    """An Allow statement."""
    statement: Statement = {"Effect": "Allow", "Action": _list(action), "Resource": _list(resource), **elements}
    return {**statement, **({"Condition": condition} if condition else {})}


def deny(action: str | Sequence[str], resource: str | Sequence[str], condition: object = None, **elements: object) -> Statement:
    """A Deny statement."""
    return {**allow(action, resource, condition, **elements), "Effect": "Deny"}


def document(*statements: Statement) -> str:
    """A policy as compact JSON: the gateway takes a space sent as `+` for a plus sign."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def answer(call: Callable[..., Any], **parameters: Any) -> int:
    """The HTTP status that `call` is answered with."""
    try:
        return int(call(**parameters)["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _list(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@dataclass
class Lab:
    """The provider of `tokens` is registered for the audiences `s3-data` and `second`; `bucket` has `raw/a` and `other/a`."""

    gateway: Site
    tokens: Issuer
    bucket: str
    iam: Any
    s3: Any
    sts: Any
    roles: list[str] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, gateway: Site, tokens: Issuer) -> Iterator[Lab]:
        """The lab, whose provider and roles are removed after the block."""
        bucket = f"lab-{next(NUMBERS)}"
        this = cls(gateway, tokens, bucket, gateway.client("iam"), gateway.client("s3"), gateway.client("sts", credentials={}))
        this.iam.create_open_id_connect_provider(Url=tokens.url, ClientIDList=["s3-data", "second"], ThumbprintList=["0" * 40])
        this.s3.create_bucket(Bucket=bucket)
        for key in ("raw/a", "raw/b", "other/a"):
            this.s3.put_object(Bucket=bucket, Key=key, Body=b"body")
        try:
            yield this
        finally:
            for role in this.roles:
                for policy in this.iam.list_role_policies(RoleName=role)["PolicyNames"]:
                    this.iam.delete_role_policy(RoleName=role, PolicyName=policy)
                this.iam.delete_role(RoleName=role)
            this.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=this.provider)

    @property
    def host(self) -> str:
        """The issuer without its scheme, as condition keys have it."""
        return self.tokens.url.split("://", 1)[1]

    @property
    def provider(self) -> str:
        """The provider's ARN, as the gateway names it."""
        return f"arn:aws:iam:::oidc-provider/{self.host}"

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.bucket}"

    def trust(self, condition: object = None, actions: Sequence[str] = SESSION_ACTIONS) -> str:
        """A trust policy for the provider."""
        statement = {"Effect": "Allow", "Principal": {"Federated": [self.provider]}, "Action": list(actions)}
        return document({**statement, **({"Condition": condition} if condition else {})})

    def role(self, *statements: Statement, trust: str | None = None) -> str:
        """The ARN of a new role with these permissions, which trusts every token of the provider unless `trust` says less."""
        name = f"lab-role-{next(NUMBERS)}"
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust or self.trust())
        self.roles.append(name)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=document(*statements))
        return f"arn:aws:iam:::role/{name}"

    def assume(self, role: str, token: str | None = None, **parameters: object) -> int:
        """The status that STS answers with."""
        return answer(
            self.sts.assume_role_with_web_identity,
            RoleArn=role,
            RoleSessionName="lab",
            WebIdentityToken=token or self.tokens.token(),
            **parameters,
        )

    def session(self, role: str, token: str | None = None, *, plain: bool = False, **parameters: object) -> Any:
        """An S3 client with a session of the role, over plain http where asked for."""
        credentials = self.sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="lab", WebIdentityToken=token or self.tokens.token(), **parameters
        )["Credentials"]
        return self.gateway.client("s3", plain=plain, credentials=credentials)

    def get(self, *statements: Statement, key: str = "raw/a", plain: bool = False) -> int:
        """The status of GetObject for a new role with these permissions."""
        return answer(self.session(self.role(*statements), plain=plain).get_object, Bucket=self.bucket, Key=key)
