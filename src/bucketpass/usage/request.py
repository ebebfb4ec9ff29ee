"""A row of a log as the facts that condition keys are made of, and which keys the log does not have.

A key is known, known to be absent, or untold. What is untold never counts as absent: `decisions` asks both ways.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from bucketpass.requests.callers import ANONYMOUS, Caller, ContextValue, aws_service, iam_user, role_session, root_user
from bucketpass.requests.context import context_of, request_key
from bucketpass.requests.key import KeyOrigin
from bucketpass.requests.request import Connection, RequestFacts
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.principals import ANONYMOUS as NOBODY

__all__ = [
    "KEY_COLUMNS",
    "UPLOAD_PARTS",
    "Connected",
    "KeyColumns",
    "SessionFacts",
    "caller_of",
    "connection_of",
    "headers_sent",
    "is_session_key",
    "lowered",
]

# S3 judges parts by the headers that the upload was created with, which are in another record [K].
UPLOAD_PARTS = frozenset({"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"})
_SOMEBODY = role_session("arn:aws:iam::111122223333:role/any", "any")
_NETWORK_KEYS = frozenset({"aws:sourceip", "aws:sourcevpce", "aws:vpcsourceip"})
# The addresses that a VPC can have (RFC 1918, RFC 6598, RFC 4193).
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
_TLS_KEYS = frozenset({"aws:securetransport", "s3:tlsversion"})
_NOT_OF_HEADERS = frozenset(
    [
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:versionid",
        "s3:objectcreationoperation",
        "s3:locationconstraint",
        "s3:object-lock-remaining-retention-days",
    ]
)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the STS event of a session says."""

    provider: str
    subject: str
    audience: str
    source_identity: str
    tags: Mapping[str, str] = field(default_factory=dict)


class Connected(NamedTuple):
    """A connection, and whether the log has the network that it came from."""

    connection: Connection
    network_known: bool


class KeyColumns(NamedTuple):
    """Columns of a row that condition keys come from.

    has: whether a key, in lower case, is one of them. keys: the keys of such values, None where the log does not have them.
    """

    name: str
    columns: tuple[str, ...]
    has: Callable[[str], bool]
    keys: Callable[..., Mapping[str, ContextValue] | None]


def lowered(facts: RequestFacts) -> dict[str, ContextValue]:
    """The request context of these facts, with its names in lower case."""
    return {name.lower(): value for name, value in context_of(facts).items()}


def is_session_key(key: str) -> bool:
    """Whether the value of a condition key, in lower case, comes from the STS event of the session."""
    of_claim = key.endswith((":sub", ":aud")) and not key.startswith("aws:")
    return of_claim or key.startswith("aws:principaltag/") or key in ("aws:sourceidentity", "aws:federatedprovider")


def is_header_key(key: str) -> bool:
    """Whether S3 makes the condition key, in lower case, of a header of the request."""
    row = request_key(key)
    return key.startswith("s3:") and key not in _NOT_OF_HEADERS and row is not None and row.origin is KeyOrigin.CALL


def headers_sent(headers: Value) -> Mapping[str, str]:
    """The headers of a row, by name in lower case; empty where the log does not have them."""
    sent: dict[str, str] = json.loads(str(headers)) if headers is not None else {}
    return sent


def connection_of(source_ip: Value, vpc_endpoint: Value, tls: Value, *, time: int | None = None, region: str = "us-east-1") -> Connected:
    """How a row's request reached S3. Through a VPC endpoint AWS sets the endpoint and the private address, else the public one.

    Access logs have no endpoint (None): a private address came through one that they do not name. A service of AWS stands under
    its name and has no address.
    """
    address, known, public = str(source_ip or ""), True, None
    try:
        number = ipaddress.ip_address(address)
        private = any(number in network for network in _PRIVATE if network.version == number.version)
    except ValueError:
        private, address = False, ""
    endpoint = str(vpc_endpoint) if vpc_endpoint else None
    if vpc_endpoint is None and private:
        known = False
    elif endpoint is None:
        public = address or None
    version = str(tls or "").upper().removeprefix("TLSV")
    moment = None if time is None else datetime.fromtimestamp(time, UTC)
    # Records of plain HTTP have no TLS version.
    private_address = (address or None) if endpoint is not None else None
    connection = Connection(region, bool(version), version or None, public, moment, vpc_endpoint=endpoint, vpc_source_ip=private_address)
    return Connected(connection, known)


def caller_of(
    principal: str, session_name: str, session: SessionFacts | None, *, partition: str = "aws", role_arn: str = ""
) -> Caller | None:
    """The caller that a row names (see `principals`); None if the row does not show its kind. `role_arn`: the role's, with its path."""
    if principal == NOBODY:
        return ANONYMOUS
    kind, _, rest = principal.partition(":")
    account, _, name = rest.partition("/")
    match kind:
        case "role":
            arn = role_arn or f"arn:{partition}:iam::{account}:role/{name}"
            if session is None:
                return role_session(arn, session_name)
            provider = session.provider.partition("oidc-provider/")[2] or session.provider
            return role_session(
                arn,
                session_name,
                session_tags=session.tags,
                federated_provider=session.provider,
                claims={f"{provider}:sub": session.subject, f"{provider}:aud": session.audience},
                source_identity=session.source_identity,
            )
        case "user":
            return iam_user(f"arn:{partition}:iam::{account}:user/{name}")
        case "root":
            return root_user(account, partition)
        case "service":
            return aws_service(rest)
    return None


def _network(source_ip: Value, vpc_endpoint: Value) -> Mapping[str, ContextValue] | None:
    connected = connection_of(source_ip, vpc_endpoint, None)
    keys = lowered(RequestFacts(_SOMEBODY, connected.connection, "s3:GetObject"))
    return {key: keys[key] for key in _NETWORK_KEYS & keys.keys()} if connected.network_known else None


def _tls(tls: Value) -> Mapping[str, ContextValue]:
    keys = lowered(RequestFacts(_SOMEBODY, connection_of("", "", tls).connection, "s3:GetObject"))
    return {key: keys[key] for key in _TLS_KEYS & keys.keys()}


def _headers(headers: Value) -> Mapping[str, ContextValue] | None:
    if headers is None:
        return None
    keys = lowered(RequestFacts(_SOMEBODY, Connection(), "s3:PutObject", headers=headers_sent(headers)))
    return {key: value for key, value in keys.items() if is_header_key(key)}


KEY_COLUMNS = (
    KeyColumns("network", ("source_ip", "vpc_endpoint"), _NETWORK_KEYS.__contains__, _network),
    KeyColumns("tls", ("tls",), _TLS_KEYS.__contains__, _tls),
    KeyColumns("headers", ("headers",), is_header_key, _headers),
)
