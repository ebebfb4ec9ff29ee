"""Which headers of a request the logs keep for a decision: those that are condition keys of S3."""

from __future__ import annotations

import json
from operator import attrgetter

import msgspec

__all__ = ["NO_HEADERS", "HeaderParameters", "header_text"]


class HeaderParameters(msgspec.Struct, gc=False):
    """The headers of an S3 request as CloudTrail has them among `requestParameters`."""

    acl: str | None = msgspec.field(default=None, name="x-amz-acl")
    encryption: str | None = msgspec.field(default=None, name="x-amz-server-side-encryption")
    encryption_key: str | None = msgspec.field(default=None, name="x-amz-server-side-encryption-aws-kms-key-id")
    customer_algorithm: str | None = msgspec.field(default=None, name="x-amz-server-side-encryption-customer-algorithm")
    storage_class: str | None = msgspec.field(default=None, name="x-amz-storage-class")
    metadata_directive: str | None = msgspec.field(default=None, name="x-amz-metadata-directive")
    tagging: str | None = msgspec.field(default=None, name="x-amz-tagging")
    object_ownership: str | None = msgspec.field(default=None, name="x-amz-object-ownership")
    website_redirect: str | None = msgspec.field(default=None, name="x-amz-website-redirect-location")
    lock_mode: str | None = msgspec.field(default=None, name="x-amz-object-lock-mode")
    lock_until: str | None = msgspec.field(default=None, name="x-amz-object-lock-retain-until-date")
    legal_hold: str | None = msgspec.field(default=None, name="x-amz-object-lock-legal-hold")
    grant_full_control: str | None = msgspec.field(default=None, name="x-amz-grant-full-control")
    grant_read: str | None = msgspec.field(default=None, name="x-amz-grant-read")
    grant_read_acp: str | None = msgspec.field(default=None, name="x-amz-grant-read-acp")
    grant_write: str | None = msgspec.field(default=None, name="x-amz-grant-write")
    grant_write_acp: str | None = msgspec.field(default=None, name="x-amz-grant-write-acp")
    if_match: str | None = msgspec.field(default=None, name="if-match")
    if_none_match: str | None = msgspec.field(default=None, name="if-none-match")


_FIELDS = msgspec.structs.fields(HeaderParameters)
_HEADERS = tuple(field.encode_name for field in _FIELDS)
_values = attrgetter(*(field.name for field in _FIELDS))
_NOTHING_SENT = (None,) * len(_FIELDS)
NO_HEADERS = "{}"


def header_text(parameters: HeaderParameters) -> str:
    """The headers that were sent, as a JSON object with sorted names: the same text for the same headers."""
    values = _values(parameters)
    if values == _NOTHING_SENT:
        return NO_HEADERS
    sent = {header: value for header, value in zip(_HEADERS, values, strict=True) if value is not None}
    return json.dumps(sent, ensure_ascii=False, sort_keys=True)
