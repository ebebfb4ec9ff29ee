"""The authorization request: one action of one principal on one resource, and the facts that its condition keys are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bucketpass.requests.callers import NOTHING, Caller, ContextValue, Principal

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["OVER_TLS", "AuthorizationRequest", "Connection", "ContextValue", "RequestFacts", "RequestedSession"]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One action on one resource. `context` has the condition keys that AWS sets; names match in any case.

    A single-valued key is a text, a multi-valued one a tuple. `resource_account` empty means the principal's own.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, ContextValue]
    resource_account: str = ""


class Connection(NamedTuple):
    """How a call reaches AWS: over TLS and signed in its headers, unless it says otherwise. None: not known.

    `authentication` is S3's word for where the signature is, REST-HEADER or REST-QUERY-STRING; `signature_age` in milliseconds.
    Through a VPC endpoint AWS sets its ID and the caller's private address, and no `source_ip` [A].
    `further` are condition keys that whoever describes a call adds or replaces.
    """

    region: str = "us-east-1"
    secure: bool = True
    tls_version: str | None = None
    source_ip: str | None = None
    time: datetime | None = None
    user_agent: str | None = None
    referer: str | None = None
    authentication: str = "REST-HEADER"
    signature_age: int = 0
    vpc_endpoint: str | None = None
    vpc_source_ip: str | None = None
    further: Mapping[str, ContextValue] = NOTHING


OVER_TLS = Connection()


class RequestedSession(NamedTuple):
    """What a call of STS asks for the session. `claims` are the token's, as condition keys (`ISSUER:sub`).

    authorized_by_idp: whether the token lists the roles that it may be used for; None for calls without a token.
    """

    name: str = ""
    tags: Mapping[str, str] = NOTHING
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    external_id: str | None = None
    authorized_by_idp: bool | None = None
    claims: Mapping[str, ContextValue] = NOTHING


class RequestFacts(NamedTuple):
    """What the condition keys of one authorization request are made of; each row of `keys.KEYS` reads it.

    `via_service` is the service that sends the request on the caller's behalf (`s3.us-east-1.amazonaws.com`). `headers` have
    names in lower case. `object_tags` are those of the object that exists, `version_id` the version that the call names.
    `access_point` is the ARN of the access point that the call goes through, empty where there is none.
    """

    caller: Caller
    connection: Connection
    action: str
    resource_account: str = ""
    resource_tags: Mapping[str, str] = NOTHING
    via_service: str = ""
    headers: Mapping[str, str] = NOTHING
    parameters: Mapping[str, str] = NOTHING
    object_tags: Mapping[str, str] = NOTHING
    version_id: str | None = None
    creates_object: bool = False
    encryption_context: Mapping[str, str] = NOTHING
    session: RequestedSession = RequestedSession()
    request_tags: Mapping[str, str] = NOTHING
    permissions_boundary: str | None = None
    policy_arn: str | None = None
    passed_to_service: str | None = None
    location_constraint: str | None = None
    access_point: str = ""
