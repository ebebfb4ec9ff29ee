"""AWS Signature Version 4: what both sides derive, for who signs a request and for who checks it.

Source: IAM User Guide, "Create a signed AWS API request" [A].
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from bucketpass.secret import Secret

__all__ = [
    "ALGORITHM",
    "EMPTY_SHA256",
    "UNSIGNED_PAYLOAD",
    "Scope",
    "canonical_query",
    "canonical_request",
    "signature_of",
    "signing_key",
    "string_to_sign",
]

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = sha256(b"").hexdigest()
TERMINATOR = "aws4_request"
UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for: a day (as 20260101), a Region and a service."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def canonical_query(pairs: list[tuple[str, str]]) -> str:
    """The query with its names and values encoded, in the order in which it is signed."""
    encoded = sorted((quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def canonical_request(method: str, path: str, query: str, headers: list[tuple[str, str]], payload: str) -> str:
    """The text whose hash is signed. `path` is decoded; `headers` are those that are signed, in lower case and in their order.

    `payload` is the body's SHA-256 in hex or one of the words that stand for it. S3's path is encoded once and not normalised.
    """
    lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in headers)
    names = ";".join(name for name, _ in headers)
    return "\n".join((method, quote(path, safe="/" + UNRESERVED), query, lines, names, payload))


def string_to_sign(amz_date: str, scope: Scope, canonical: str) -> str:
    """The text that is signed for a canonical request."""
    # Header values are read as Latin-1, which keeps each byte; what was signed are the bytes.
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{sha256(canonical.encode('latin-1', 'surrogateescape')).hexdigest()}"


def signature_of(key: bytes, text: str) -> str:
    """The signature of a text in hex. `key` is of `signing_key`."""
    return hmac.digest(key, text.encode(), "sha256").hex()


@lru_cache(maxsize=1024)
def signing_key(secret: Secret, scope: Scope) -> bytes:
    """The key of one day, Region and service, derived from the secret access key."""
    key = f"AWS4{secret.reveal()}".encode()
    for part in (scope.date, scope.region, scope.service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
