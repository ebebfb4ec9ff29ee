"""Which headers of a request the logs keep for a decision: those that are condition keys of S3."""

from __future__ import annotations

import json

import msgspec

__all__ = ["NO_HEADERS", "HeaderParameters", "header_text"]


class HeaderParameters(msgspec.Struct):
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


_NAMES = tuple((field.name, field.encode_name) for field in msgspec.structs.fields(HeaderParameters))
NO_HEADERS = "{}"


def header_text(parameters: HeaderParameters) -> str:
    """The headers that were sent, as a JSON object with sorted names: the same text for the same headers."""
    sent = {header: value for name, header in _NAMES if (value := getattr(parameters, name)) is not None}
    return json.dumps(sent, ensure_ascii=False, sort_keys=True) if sent else NO_HEADERS
