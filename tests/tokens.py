"""Tokens for tests that need their shape and not their signature."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping


def unsigned_token(
    subject: str = "trainer",
    issuer: str = "https://issuer.test",
    life: float = 3600.0,
    *,
    claims: Mapping[str, object] | None = None,
    **more: object,
) -> str:
    now = int(time.time())
    payload = {"iss": issuer, "sub": subject, "aud": "s3-data", "iat": now, "exp": now + int(life), **(claims or {}), **more}
    parts = [json.dumps({"alg": "RS256", "kid": "1"}), json.dumps(payload), "signature"]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
