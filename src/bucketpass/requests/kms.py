"""A call of KMS itself as an authorization request; what S3 asks of KMS is in `s3`."""

from __future__ import annotations

from collections.abc import Mapping

from bucketpass.requests.callers import NOTHING, Caller
from bucketpass.requests.context import context_of
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection, RequestFacts

__all__ = ["authorization_request"]


def authorization_request(
    operation: str,
    key_arn: str,
    account: str,
    caller: Caller,
    connection: Connection = OVER_TLS,
    *,
    encryption_context: Mapping[str, str] = NOTHING,
    request_tags: Mapping[str, str] = NOTHING,
    key_tags: Mapping[str, str] = NOTHING,
) -> AuthorizationRequest:
    """Return the request of a KMS operation on a key, `*` where it is on no key; `account` owns what it is on.

    request_tags: the tags that the call sets, or the keys that it takes away with empty values. key_tags: those that the key has.
    """
    action = f"kms:{operation}"
    facts = RequestFacts(caller, connection, action, account, key_tags, encryption_context=encryption_context, request_tags=request_tags)
    return AuthorizationRequest(caller.principal, action, key_arn, context_of(facts), account)
