"""Clients for Ceph's RADOS Gateway: requests as it reads them, answers as botocore does.

Evidence: [L], observed at version 16.2.15; `tests/engines` asks a running gateway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3 import S3Client

__all__ = ["UNCHANGEABLE", "adapt", "identity"]

# What cannot be changed in place, because the gateway has no such operation: by type, the properties.
UNCHANGEABLE: Mapping[str, frozenset[str]] = {
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": frozenset({"clientIdLists", "thumbprintLists", "tags"}),
    "aws:iam/role:Role": frozenset({"description", "maxSessionDuration"}),
}
BARE_ERROR = re.compile(rb"<Error>.*</Error>", re.DOTALL)


def adapt(session: Session) -> None:
    """Clients that the session makes from now on speak to a gateway."""
    for service in ("iam", "sts"):
        session.events.register_first(f"request-created.{service}", _without_plus)
        session.events.register(f"before-parse.{service}", _in_an_envelope)


def identity(s3: S3Client) -> dict[str, str]:
    """Who the key belongs to: a user of the cluster. There is no GetCallerIdentity, but a list of buckets names its owner."""
    user = s3.list_buckets()["Owner"]["ID"]
    return {"Account": "", "Arn": f"arn:aws:iam:::user/{user}", "UserId": user}


def _without_plus(request: Any, **_: object) -> None:
    """A form's spaces are `%20`: the gateway takes a `+` for a plus sign, also inside policies."""
    if isinstance(request.data, Mapping):
        request.data = urlencode(request.data, quote_via=quote).encode()


def _in_an_envelope(response_dict: MutableMapping[str, Any], **_: object) -> None:
    """An error that stands alone gets the ErrorResponse in which botocore looks for it."""
    found = BARE_ERROR.search(response_dict["body"]) if response_dict["status_code"] >= 400 else None
    if found is not None and b"<ErrorResponse" not in response_dict["body"]:
        response_dict["body"] = b"<ErrorResponse>" + found.group() + b"</ErrorResponse>"
