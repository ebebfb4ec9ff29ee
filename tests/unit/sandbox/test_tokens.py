"""Tokens that STS takes and tokens that it does not, with the code that AWS gives."""

import base64
import hmac
import json
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from bucketpass.sandbox.discovery import UnreachableIssuer
from bucketpass.sandbox.state import StoredProvider
from bucketpass.sandbox.tokens import VerifiedClaims, verify_token
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.secret import Secret

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://idp.example.com/realm"
PROVIDER = StoredProvider("arn:aws:iam::111122223333:oidc-provider/idp.example.com/realm", "idp.example.com/realm", ("data", "other"))
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
KEYS: dict[str, Any] = {**dict.fromkeys(("RS256", "RS384", "RS512"), RSA)} | {
    algorithm: ECKey.generate_key(curve, {"kid": curve}) for algorithm, curve in CURVES.items()
}
CLAIMS: dict[str, object] = {"iss": ISSUER, "sub": "me", "aud": "data", "iat": SECONDS, "exp": SECONDS + 3600}


class Jwks:
    """A key source that has exactly these keys."""

    def __init__(self, *keys: Mapping[str, object]) -> None:
        self.known = keys or tuple(key.as_dict(private=False) for key in {id(key): key for key in KEYS.values()}.values())

    def keys(self, issuer: str, *, wanted: str | None) -> tuple[Mapping[str, object], ...]:
        return self.known


class Unreachable:
    def keys(self, issuer: str, *, wanted: str | None) -> tuple[Mapping[str, object], ...]:
        raise UnreachableIssuer("nobody there")


def mint(algorithm: str = "RS256", header: Mapping[str, Any] | None = None, key: Any = None, claims: Mapping[str, object] = {}) -> str:
    kid = {"kid": KEYS[algorithm].kid} if algorithm in KEYS else {}
    whole = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return jws.serialize_compact(
        {"alg": algorithm, **kid, **(header or {})}, json.dumps(whole), key or KEYS[algorithm], algorithms=[algorithm]
    )


def verify(token: str, keys: Any = None, after: float = 0) -> VerifiedClaims:
    return verify_token(
        Secret(token),
        provider_of=lambda issuer: PROVIDER if issuer == ISSUER else None,
        keys=keys or Jwks(),
        now=NOW + timedelta(seconds=after),
    )


def refused(token: str, keys: Any = None, after: float = 0) -> tuple[str, str]:
    with pytest.raises(AwsError) as error:
        verify(token, keys, after)
    return error.value.code, error.value.message


@pytest.mark.parametrize("algorithm", KEYS)
def test_each_of_awss_algorithms_is_taken(algorithm: str) -> None:
    verified = verify(mint(algorithm))
    assert (verified.issuer, verified.subject, verified.audience) == (ISSUER, "me", "data")


def raw(header: object, claims: object, signature: str = "AAAA") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, signature])


def test_no_algorithm_at_all_is_refused() -> None:
    for name in ("none", "None", "NONE", ""):
        assert refused(raw({"alg": name}, CLAIMS))[0] == "InvalidIdentityToken"
    assert refused(raw({"alg": "none"}, CLAIMS, ""))[0] == "InvalidIdentityToken"


def test_a_public_key_is_not_taken_for_a_shared_secret() -> None:
    unsigned = raw({"alg": "HS256", "kid": "rsa"}, CLAIMS).rpartition(".")[0]
    mac = hmac.digest(RSA.as_pem(private=False), unsigned.encode(), "sha256")
    forged = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    assert refused(f"{unsigned}.{forged}")[0] == "InvalidIdentityToken"


def test_a_signature_of_another_key_is_refused() -> None:
    assert refused(mint(key=RSAKey.generate_key(2048))) == ("InvalidIdentityToken", "The web identity token's signature is invalid")


def test_a_changed_claim_is_refused() -> None:
    header, _, signature = mint().split(".")
    changed = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "sub": "admin"}).encode()).rstrip(b"=").decode()
    assert refused(f"{header}.{changed}.{signature}")[1] == "The web identity token's signature is invalid"


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"kid": "unknown"},
        {"alg": ["RS256"]},
    ],
)
def test_a_header_that_is_not_understood_is_refused(header: dict[str, Any]) -> None:
    text = raw({"alg": "RS256", "kid": "rsa", **header}, CLAIMS)
    assert refused(text)[0] == "InvalidIdentityToken"


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    own = RSAKey.generate_key(2048, {"kid": "rsa"})
    for header in ({"jwk": own.as_dict(private=False)}, {"jku": "https://evil.example.com/jwks"}, {"x5u": "https://evil.example.com"}):
        assert refused(mint(header=header, key=own))[0] == "InvalidIdentityToken"


def test_a_token_without_a_key_id_is_taken_where_one_key_fits() -> None:
    whole = json.dumps(CLAIMS)
    token = jws.serialize_compact({"alg": "RS256"}, whole, RSA, algorithms=["RS256"])
    assert verify(token).subject == "me"
    two = Jwks(RSA.as_dict(private=False), RSAKey.generate_key(2048, {"kid": "two"}).as_dict(private=False))
    assert refused(token, two)[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("change", [{"use": "enc"}, {"kty": "EC"}, {"key_ops": ["verify"]}, {"kid": None}])
def test_a_key_for_something_else_does_not_fit(change: dict[str, object]) -> None:
    assert refused(mint(), Jwks({**RSA.as_dict(private=False), **change}))[0] == "InvalidIdentityToken"


def test_the_algorithm_that_a_key_names_counts_for_nothing() -> None:
    assert verify(mint(), Jwks({**RSA.as_dict(private=False), "alg": "RS512"})).subject == "me"


def test_of_two_keys_of_one_name_the_last_counts() -> None:
    own, other = RSA.as_dict(private=False), RSAKey.generate_key(2048, {"kid": "rsa"}).as_dict(private=False)
    assert verify(mint(), Jwks(other, own)).subject == "me"
    assert refused(mint(), Jwks(own, other))[0] == "InvalidIdentityToken"


def test_an_rsa_token_has_at_most_100_rsa_keys_beside_it() -> None:
    own, curve = RSA.as_dict(private=False), KEYS["ES256"].as_dict(private=False)
    filling = [{**own, "kid": str(number)} for number in range(99)]
    assert verify(mint(), Jwks(own, *filling)).subject == "me"
    assert refused(mint(), Jwks(own, *filling, {**own, "kid": "99"}))[0] == "InvalidIdentityToken"
    assert verify(mint("ES256"), Jwks(curve, own, *filling, {**own, "kid": "99"})).subject == "me"


def test_a_key_without_a_name_is_not_used() -> None:
    token = jws.serialize_compact({"alg": "RS256"}, json.dumps(CLAIMS), RSA, algorithms=["RS256"])
    nameless = {name: value for name, value in RSA.as_dict(private=False).items() if name != "kid"}
    assert refused(token, Jwks(nameless))[0] == "InvalidIdentityToken"
    assert refused(mint(header={"kid": ""}), Jwks(nameless))[0] == "InvalidIdentityToken"


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.warns(Warning):
        short = RSAKey.generate_key(1024, {"kid": "rsa"})
    token = mint(key=short)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert refused(token, Jwks(short.as_dict(private=False)))[0] == "InvalidIdentityToken"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://idp.example.com/realm/"}, "InvalidIdentityToken"),
        ({"iss": "http://idp.example.com/realm"}, "InvalidIdentityToken"),
        ({"iss": ...}, "InvalidIdentityToken"),
        ({"iss": [ISSUER]}, "InvalidIdentityToken"),
        ({"aud": "stranger"}, "InvalidIdentityToken"),
        ({"aud": "Data"}, "InvalidIdentityToken"),
        ({"aud": ["data", "other"]}, "InvalidIdentityToken"),
        ({"aud": []}, "InvalidIdentityToken"),
        ({"aud": ...}, "InvalidIdentityToken"),
        ({"aud": {"data": 1}}, "InvalidIdentityToken"),
        ({"azp": "stranger"}, "InvalidIdentityToken"),
        ({"azp": None}, "InvalidIdentityToken"),
        ({"azp": ["data"]}, "InvalidIdentityToken"),
        ({"sub": ...}, "InvalidIdentityToken"),
        ({"sub": None}, "InternalFailure"),
        ({"azp": ""}, "InvalidIdentityToken"),
        ({"exp": ...}, "InvalidIdentityToken"),
        ({"iat": ...}, "InvalidIdentityToken"),
        ({"exp": float(SECONDS + 60)}, "InvalidIdentityToken"),
        ({"exp": 2**63}, "InvalidIdentityToken"),
        ({"exp": str(2**63)}, "InvalidIdentityToken"),
        ({"exp": "9" * 5000}, "InvalidIdentityToken"),
        ({"exp": f" {SECONDS + 60}"}, "InvalidIdentityToken"),
        ({"exp": f"+{SECONDS + 60}"}, "InvalidIdentityToken"),
        ({"exp": None}, "InvalidIdentityToken"),
        ({"nbf": None}, "InvalidIdentityToken"),
        ({"iat": "soon"}, "InvalidIdentityToken"),
        ({"exp": True}, "InvalidIdentityToken"),
        ({"iat": float(SECONDS)}, "InvalidIdentityToken"),
        ({"iat": SECONDS + 301}, "InvalidIdentityToken"),
        ({"nbf": SECONDS + 301}, "InvalidIdentityToken"),
        ({"exp": SECONDS - 300}, "ExpiredTokenException"),
    ],
)
def test_claims_that_aws_does_not_take_are_refused(claims: dict[str, object], code: str) -> None:
    assert refused(mint(claims=claims))[0] == code


@pytest.mark.parametrize(
    ("claims", "audience"),
    [
        ({"aud": ["data"]}, "data"),
        ({"aud": ["x", "y"], "azp": "other"}, "other"),
        ({"aud": "api", "azp": "data"}, "data"),
        ({"exp": SECONDS - 299}, "data"),
        ({"exp": str(SECONDS + 60), "iat": str(SECONDS), "nbf": str(SECONDS)}, "data"),
        ({"exp": 2**63 - 1}, "data"),
        ({"sub": ""}, "data"),
        ({"sub": 123}, "data"),
        ({"iat": SECONDS + 299, "nbf": SECONDS + 299}, "data"),
    ],
)
def test_claims_that_aws_takes(claims: dict[str, object], audience: str) -> None:
    assert verify(mint(claims=claims)).audience == audience


@pytest.mark.parametrize(
    "text", ["aa.b", "a.b.c.d", "....", "not a token", "e30.e30.", "e30..AAAA", raw([], {}), raw({}, []), raw("x", "y")]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert refused(text)[0] == "InvalidIdentityToken"


def payload(text: str | bytes) -> str:
    """A token with this text as its payload, signed."""
    return jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, text, RSA, algorithms=["RS256"])


def test_a_claim_may_stand_twice_with_one_value() -> None:
    claims = json.dumps(CLAIMS)[:-1]
    assert verify(payload(claims + ', "aud": "data"}')).audience == "data"
    for twice in ('"aud": "other"', '"sub": "admin"', '"exp": true', f'"exp": "{CLAIMS["exp"]}"'):
        assert refused(payload(f"{claims}, {twice}}}"))[0] == "InvalidIdentityToken"


def test_a_payload_is_utf_8_without_padding() -> None:
    assert verify(payload(json.dumps(CLAIMS).encode())).subject == "me"
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
        assert refused(payload(json.dumps(CLAIMS).encode(encoding)))[0] == "InvalidIdentityToken"
    header, claims, signature = mint(claims={"padding": "x"}).split(".")
    for parts in (
        (header + "=", claims, signature),
        (header, claims + "==", signature),
        (header, claims, signature + "="),
        (header, claims, f" {signature}"),
    ):
        assert refused(".".join(parts))[0] == "InvalidIdentityToken"


def test_numbers_that_json_does_not_have_are_refused() -> None:
    for constant in ("NaN", "Infinity", "-Infinity"):
        assert refused(payload(json.dumps(CLAIMS)[:-1] + f', "x": {constant}}}'))[0] == "InvalidIdentityToken"


def test_json_that_is_nested_without_end_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 10_000).rstrip(b"=").decode()
    assert refused(f"{deep}.{deep[:1000]}.AAAA")[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("text", ["abc", "a" * 20_001])
def test_a_token_has_4_to_20000_characters(text: str) -> None:
    assert refused(text)[0] == "ValidationError"


def test_a_provider_that_cannot_be_reached_is_an_error_of_its_own() -> None:
    assert refused(mint(), Unreachable())[0] == "IDPCommunicationError"
