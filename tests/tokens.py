"""Tokens for tests that need their shape and not their signature."""

import json
import time
from base64 import urlsafe_b64encode


def unsigned_token(subject: str = "trainer", issuer: str = "https://issuer.test", life: float = 3600.0, **claims: object) -> str:
    now = int(time.time())
    payload = {"iss": issuer, "sub": subject, "aud": "s3-data", "iat": now, "exp": now + int(life), **claims}
    parts = [json.dumps({"alg": "RS256", "kid": "1"}), json.dumps(payload), "signature"]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
