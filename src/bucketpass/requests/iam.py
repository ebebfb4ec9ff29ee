"""A call of IAM as an authorization request.

::

    call = IamCall("CreateRole", "arn:aws:iam::111122223333:role/new", request_tags={"team": "ml"}, permissions_boundary=BOUNDARY)
    authorization_request(call, "111122223333", caller, connection)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bucketpass.requests.callers import Caller
from bucketpass.requests.context import context_of
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection, RequestFacts

__all__ = ["IamCall", "authorization_request"]


@dataclass(frozen=True, slots=True)
class IamCall:
    """An operation of IAM and what its condition keys are made of.

    `resource` is the ARN that the stored entity has, `*` for operations on none. `request_tags` are the tags that the call sets
    (of UntagX: their keys with empty values), `resource_tags` those that the entity has. `permissions_boundary` is the boundary
    that the role or user has, or is to get by CreateRole, CreateUser and PutXPermissionsBoundary; `policy_arn` what an AttachX or
    DetachX call names; `passed_to_service` the service principal of iam:PassRole.
    """

    operation: str
    resource: str
    request_tags: Mapping[str, str] = field(default_factory=dict)
    resource_tags: Mapping[str, str] = field(default_factory=dict)
    permissions_boundary: str | None = None
    policy_arn: str | None = None
    passed_to_service: str | None = None


def authorization_request(call: IamCall, account: str, caller: Caller, connection: Connection = OVER_TLS) -> AuthorizationRequest:
    """Return the request of the call; `account` owns the entity."""
    action = f"iam:{call.operation}"
    facts = RequestFacts(
        caller,
        connection,
        action,
        account,
        call.resource_tags,
        request_tags=call.request_tags,
        permissions_boundary=call.permissions_boundary,
        policy_arn=call.policy_arn,
        passed_to_service=call.passed_to_service,
    )
    return AuthorizationRequest(caller.principal, action, call.resource, context_of(facts), account)
