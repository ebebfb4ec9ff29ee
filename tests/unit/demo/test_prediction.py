import json
from datetime import UTC, datetime

import pytest

from bucketpass.compile import compile_access
from bucketpass.compile.plan import Target
from bucketpass.demo.prediction import predict
from bucketpass.demo.runner import EXAMPLE
from bucketpass.demo.story import STORY, Attempt, AttemptedCall, Proof
from bucketpass.demo.tokens import token_for
from bucketpass.model import load_access
from bucketpass.secret import Secret

jws = pytest.importorskip("joserfc.jws")
jwk = pytest.importorskip("joserfc.jwk")

ACCESS = load_access(EXAMPLE / "access.yaml")
PLAN = compile_access(ACCESS, Target("111122223333", "us-east-1"))
KEY = jwk.RSAKey.generate_key(2048, auto_kid=True)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def mint(issuer: str, claims: dict[str, object], lifetime: int) -> Secret:
    now = int(NOW.timestamp())
    whole = {**claims, "iss": issuer, "iat": now, "exp": now + lifetime}
    return Secret(jws.serialize_compact({"alg": "RS256", "kid": KEY.kid}, json.dumps(whole), KEY, algorithms=["RS256"]))


def page(url: str) -> bytes:
    """One key serves all issuers."""
    if url.endswith("/.well-known/openid-configuration"):
        return json.dumps({"jwks_uri": "https://issuer.example/jwks"}).encode()
    return json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()


@pytest.mark.parametrize("attempt", STORY, ids=lambda attempt: attempt.description)
def test_every_row_of_the_story_is_predicted_as_it_was_declared(attempt: Attempt) -> None:
    prediction = predict(attempt, PLAN, token_for(attempt, ACCESS, mint), page, NOW)
    assert prediction.allowed is attempt.allowed
    assert prediction.reason != ""


def test_a_forged_token_is_told_from_one_of_the_issuer() -> None:
    attempt = Attempt("", "trainer", False, proof=Proof.FORGED)
    assert predict(attempt, PLAN, token_for(attempt, ACCESS, mint), page, NOW).reason.startswith("the issuer did not sign this token")


def test_a_refusal_anywhere_in_a_row_of_calls_refuses_the_row() -> None:
    calls = (AttemptedCall("GetObject", "raw/1"), AttemptedCall("GetObject", "private/1"))
    attempt = Attempt("", "trainer", False, calls)
    assert predict(attempt, PLAN, token_for(attempt, ACCESS, mint), page, NOW).allowed is False
