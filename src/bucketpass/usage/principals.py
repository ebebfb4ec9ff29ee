"""Principals as logs name them, in one form: `role:ACCOUNT/NAME`, `user:ACCOUNT/NAME`, `root:ACCOUNT` ...

A role stands by account and name: session ARNs and access logs do not have its path, and names are unique in an account.
"""

from __future__ import annotations

from functools import lru_cache

from bucketpass.aws.arn import Arn

__all__ = ["ANONYMOUS", "account_principal", "arn_principal", "requester_principal", "role_principal", "service_principal"]

ANONYMOUS = "anonymous"


def role_principal(account: str, name: str) -> str:
    """A role by its account and its name, without path."""
    return f"role:{account}/{name}"


def service_principal(name: str) -> str:
    """An AWS service, such as `delivery.logs.amazonaws.com`."""
    return f"service:{name}"


def account_principal(account: str) -> str:
    """A principal known only by its account or its canonical user ID."""
    return f"account:{account}"


@lru_cache(maxsize=1 << 16)
def arn_principal(arn: str) -> tuple[str, str]:
    """The principal that an ARN names, and its session's name ("" where there is none).

    Takes ARNs of sessions, roles, users, federated users and root; anything else stands as it is, as `other:ARN`.
    """
    parsed = Arn.parse(arn)
    if parsed is not None:
        account, resource = parsed.account, parsed.resource
        kind, _, rest = resource.partition("/")
        if kind == "assumed-role":
            name, _, session = rest.partition("/")
            return role_principal(account, name), session
        if kind in ("role", "user"):
            return f"{kind}:{account}/{rest.rpartition('/')[2]}", ""
        if resource == "root":
            return f"root:{account}", ""
    return f"other:{arn}", ""


def requester_principal(requester: str) -> tuple[str, str]:
    """The principal that the requester field of an access log names, and its session's name."""
    if requester in ("", "-"):
        return ANONYMOUS, ""
    if requester.startswith("svc:"):
        return service_principal(requester.removeprefix("svc:")), ""
    if requester == "AmazonS3":
        return service_principal("s3.amazonaws.com"), ""
    return arn_principal(requester) if requester.startswith("arn:") else (account_principal(requester), "")
