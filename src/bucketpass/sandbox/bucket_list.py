"""ListBuckets, and the body of CreateBucket.

Source: S3 API reference, ListBuckets (MaxBuckets 1 to 10,000, pages in the order of names), CreateBucket [A].
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import NamedTuple

from bucketpass.digits import whole_number
from bucketpass.requests.callers import NOTHING
from bucketpass.sandbox.objects.call import timestamp
from bucketpass.sandbox.objects.xml import owner, parse_body, text_of, xml_response
from bucketpass.sandbox.state import State
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import element, text

__all__ = ["BucketConfiguration", "list_buckets", "parse_configuration"]

MAX_BUCKETS = 10_000
MAX_TAGS = 50


def list_buckets(state: State, parameters: Mapping[str, str]) -> ServerResponse:
    """The account's buckets after the continuation token, as many as are asked for."""
    limit = whole_number(parameters.get("max-buckets", str(MAX_BUCKETS)), MAX_BUCKETS)
    if not limit:
        details = (("ArgumentName", "max-buckets"), ("ArgumentValue", parameters.get("max-buckets", "")))
        raise AwsError("InvalidArgument", "The argument max-buckets must be an integer between 1 and 10000.", details=details)
    prefix, region = parameters.get("prefix", ""), parameters.get("bucket-region")
    start = _name_of(parameters["continuation-token"]) if "continuation-token" in parameters else ""
    buckets = (bucket for bucket in state.bucket_names() if region in (None, bucket[2]))
    after = [bucket for bucket in buckets if bucket[0] > start and bucket[0].startswith(prefix)]
    shown = after[:limit]
    paged = "max-buckets" in parameters
    found = (
        element(
            "Bucket",
            text("Name", name),
            text("CreationDate", timestamp(created)),
            text("BucketRegion", where) if paged or region else "",
        )
        for name, created, where in shown
    )
    token = text("ContinuationToken", urlsafe_b64encode(shown[-1][0].encode()).decode().rstrip("=")) if len(shown) < len(after) else ""
    return xml_response(
        "ListAllMyBucketsResult", owner(state.account), element("Buckets", found), token, text("Prefix", prefix) if prefix else ""
    )


def _name_of(token: str) -> str:
    try:
        return b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        details = (("ArgumentName", "continuation-token"), ("ArgumentValue", token))
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect", details=details) from None


class BucketConfiguration(NamedTuple):
    """What the body of CreateBucket says of the new bucket. `location_constraint` None or empty: us-east-1."""

    tags: Mapping[str, str] = NOTHING
    location_constraint: str | None = None


def parse_configuration(body: bytes) -> BucketConfiguration:
    """Return what a CreateBucketConfiguration says; an empty body says nothing. Raises AwsError."""
    if not body:
        return BucketConfiguration()
    root = parse_body(body, "CreateBucketConfiguration")
    listed = root.find("Tags")
    pairs = [(text_of(tag, "Key") or "", text_of(tag, "Value") or "") for tag in (listed.find_all("Tag") if listed is not None else ())]
    if len(dict(pairs)) != len(pairs) or len(pairs) > MAX_TAGS or any(not key for key, _ in pairs):
        raise AwsError("InvalidTag", "The TagKey or the TagValue you have provided is invalid")
    return BucketConfiguration(dict(pairs), text_of(root, "LocationConstraint"))
