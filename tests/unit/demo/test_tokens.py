import json
from base64 import urlsafe_b64decode

import pytest

from bucketpass.demo.runner import EXAMPLE
from bucketpass.demo.story import Attempt, Proof
from bucketpass.demo.tokens import token_for
from bucketpass.model import load_access
from bucketpass.secret import Secret

jws = pytest.importorskip("joserfc.jws")
jwk = pytest.importorskip("joserfc.jwk")

ACCESS = load_access(EXAMPLE / "access.yaml")
KEY = jwk.RSAKey.generate_key(2048)
NOW = 1_800_000_000


def mint(issuer: str, claims: dict[str, object], lifetime: int) -> Secret:
    whole = {**claims, "iss": issuer, "exp": NOW + lifetime}
    return Secret(jws.serialize_compact({"alg": "RS256"}, json.dumps(whole), KEY, algorithms=["RS256"]))


def shown(proof: Proof) -> tuple[dict[str, object], dict[str, object], str]:
    token = token_for(Attempt("", "trainer", False, proof=proof), ACCESS, mint).reveal()
    header, payload, signature = token.split(".")
    return decoded(header), decoded(payload), signature


def decoded(part: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_its_own_token_has_the_declared_subject_and_audience() -> None:
    _, claims, _ = shown(Proof.OWN)
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("https://acme.okta.com/oauth2/default", "0oa1trainer", "s3-data")


@pytest.mark.parametrize(
    ("proof", "claim", "value"),
    [
        (Proof.OTHER_SERVICE, "iss", "https://token.actions.githubusercontent.com"),
        (Proof.OTHER_AUDIENCE, "aud", "another-api"),
        (Proof.UNDECLARED_SUBJECT, "sub", "not-0oa1trainer"),
    ],
)
def test_a_spoilt_claim_is_the_only_difference(proof: Proof, claim: str, value: str) -> None:
    assert shown(proof)[1][claim] == value


def test_an_expired_token_ended_longer_ago_than_the_grace_of_aws() -> None:
    assert int(str(shown(Proof.EXPIRED)[1]["exp"])) < NOW - 300


def test_a_forged_token_says_the_same_under_another_signature() -> None:
    assert shown(Proof.FORGED)[1] == shown(Proof.OWN)[1]
    assert shown(Proof.FORGED)[2] != shown(Proof.OWN)[2]


def test_an_unsigned_token_says_so_and_has_no_signature() -> None:
    header, claims, signature = shown(Proof.UNSIGNED)
    assert (header["alg"], signature) == ("none", "")
    assert claims == shown(Proof.OWN)[1]
