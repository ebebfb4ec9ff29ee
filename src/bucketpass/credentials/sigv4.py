"""One signed GET to S3, for the doctor: without an SDK, which may be the very thing that is misconfigured.

See: AWS IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from bucketpass.credentials.values import Credentials
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.sigv4 import (
    ALGORITHM,
    EMPTY_SHA256,
    Scope,
    canonical_query,
    canonical_request,
    signature_of,
    signing_key,
    string_to_sign,
)

__all__ = ["signed_get"]


def signed_get(url: str, query: tuple[tuple[str, str], ...], credentials: Credentials, region: str, now: float) -> HttpRequest:
    """A GET of `url` (its path not yet encoded) with `query`, signed for S3 at the time `now` by AWS's clock."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    encoded = canonical_query(list(query))
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": EMPTY_SHA256,
        "x-amz-date": stamp,
        "x-amz-security-token": credentials.session_token.reveal(),
    }
    scope = Scope(stamp[:8], region, "s3")
    text = string_to_sign(stamp, scope, canonical_request("GET", parts.path or "/", encoded, sorted(headers.items()), EMPTY_SHA256))
    signature = signature_of(signing_key(credentials.secret_access_key, scope), text)
    names = ";".join(sorted(headers))
    authorization = f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    sent = (*((name, value) for name, value in headers.items() if name != "host"), ("Authorization", authorization))
    target = quote(parts.path or "/", safe="/-_.~") + (f"?{encoded}" if encoded else "")
    return HttpRequest("GET", f"{parts.scheme}://{parts.netloc}{target}", sent)
