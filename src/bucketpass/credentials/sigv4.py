"""One signed GET to S3, for the doctor: without an SDK, which may be the very thing that is misconfigured.

See: AWS IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from bucketpass.credentials.values import Credentials
from bucketpass.wire.client import HttpRequest

__all__ = ["signed_get"]

EMPTY_HASH = hashlib.sha256(b"").hexdigest()


def signed_get(url: str, query: tuple[tuple[str, str], ...], credentials: Credentials, region: str, now: float) -> HttpRequest:
    """A GET of `url` (its path not yet encoded) with `query`, signed for S3 at the time `now` by AWS's clock."""
    moment = datetime.fromtimestamp(now, UTC)
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    parts = urlsplit(url)
    path = quote(parts.path or "/", safe="/-_.~")
    encoded = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query))
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": EMPTY_HASH,
        "x-amz-date": stamp,
        "x-amz-security-token": credentials.session_token.reveal(),
    }
    names = ";".join(sorted(headers))
    lines = ["GET", path, encoded, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, EMPTY_HASH]
    scope = f"{day}/{region}/s3/aws4_request"
    canonical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}"
    key = f"AWS4{credentials.secret_access_key.reveal()}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    sent = (*((name, value) for name, value in headers.items() if name != "host"), ("Authorization", authorization))
    return HttpRequest("GET", f"{parts.scheme}://{parts.netloc}{path}{'?' + encoded if encoded else ''}", sent)
