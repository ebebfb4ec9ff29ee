"""Client credentials with an assertion that a private key signed."""

import json
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.fake_machine import NOON, Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import NotHere
from bucketpass.identity.private_key_jwt import PrivateKeySource, detect
from bucketpass.identity.registry import detect_source

ISSUER = "https://login.example.com/realms/ml"
TOKEN_URL = f"{ISSUER}/token"
KEYS: dict[str, RSAKey | ECKey] = {
    "RS256": RSAKey.generate_key(2048),
    **{f"ES{bits}": ECKey.generate_key(f"P-{bits if bits != 512 else 521}") for bits in (256, 384, 512)},
}
VARIABLES = {
    "BUCKETPASS_OAUTH_CLIENT_ID": "trainer",
    "BUCKETPASS_OAUTH_ISSUER": ISSUER,
    "BUCKETPASS_OAUTH_PRIVATE_KEY_FILE": "/run/key.pem",
}


def pem(algorithm: str) -> str:
    return bytes(KEYS[algorithm].as_pem(private=True)).decode()


def server() -> Server:
    return Server(
        {f"{ISSUER}/.well-known/openid-configuration": {"issuer": ISSUER, "token_endpoint": TOKEN_URL}, TOKEN_URL: {"access_token": "jwt"}}
    )


def source(server: Server, key: str, **more: str) -> PrivateKeySource:
    found = detect(fake_machine({**VARIABLES, **more}, {"/run/key.pem": key}, server), None, None)
    assert isinstance(found, PrivateKeySource)
    return found


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_assertion_is_signed_by_the_key_for_this_server_and_a_minute(algorithm: str) -> None:
    asked = server()
    assert source(asked, pem(algorithm), BUCKETPASS_OAUTH_KEY_ID="k1", BUCKETPASS_OAUTH_SCOPE="s3").fetch().reveal() == "jwt"
    fields = {name: value for name, (value,) in parse_qs(asked.requests[1].body.decode()).items()}
    read = jwt.decode(fields.pop("client_assertion"), KEYS[algorithm], algorithms=[algorithm])
    assert read.header == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    now = int(NOON.timestamp())
    assert {name: value for name, value in read.claims.items() if name != "jti"} == {
        "iss": "trainer",
        "sub": "trainer",
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
    }
    assert fields == {
        "grant_type": "client_credentials",
        "client_id": "trainer",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": "s3",
    }
    assert "Authorization" not in dict(asked.requests[1].headers)


def test_no_two_assertions_are_the_same() -> None:
    asked = server()
    for _ in range(2):
        source(asked, pem("RS256")).fetch()
    assert asked.requests[1].body != asked.requests[3].body


def test_a_server_that_wants_to_be_called_otherwise_is() -> None:
    asked = server()
    source(asked, pem("ES256"), BUCKETPASS_OAUTH_ASSERTION_AUDIENCE=TOKEN_URL).fetch()
    (assertion,) = parse_qs(asked.requests[1].body.decode())["client_assertion"]
    assert jwt.decode(assertion, KEYS["ES256"], algorithms=["ES256"]).claims["aud"] == TOKEN_URL


ENCRYPTED = KEYS["RS256"].as_pem(private=True, password="hunter2").decode()
SMALL = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHnVnrDBsZ0cHCBQ7bCvDGUQ9nY0oLVHAWJDbvQ7k2pH
-----END PRIVATE KEY-----"""


@pytest.mark.parametrize(
    ("key", "words"),
    [("not a key", "is not a private key"), (ENCRYPTED, "is encrypted"), (SMALL, "is of a kind that")],
    ids=["text", "encrypted", "Ed25519"],
)
def test_another_key_is_an_error_that_never_shows_it(key: str, words: str) -> None:
    asked = server()
    with pytest.raises(IdentityError, match=rf"private key in `/run/key\.pem` {words}") as refused:
        source(asked, key).fetch()
    assert not any(line and line in str(refused.value) for line in key.splitlines())
    assert len(asked.requests) == 1


def test_a_file_that_is_not_there_is_an_error() -> None:
    found = detect(fake_machine(VARIABLES, server=server()), None, None)
    assert isinstance(found, PrivateKeySource)
    with pytest.raises(IdentityError, match=r"cannot read the secret's file `/run/key\.pem`"):
        found.fetch()


@pytest.mark.parametrize(("without", "words"), [("BUCKETPASS_OAUTH_CLIENT_ID", "no client"), ("BUCKETPASS_OAUTH_ISSUER", "no server")])
def test_half_a_client_is_an_error(without: str, words: str) -> None:
    variables = {name: value for name, value in VARIABLES.items() if name != without}
    with pytest.raises(IdentityError, match=words):
        detect(fake_machine(variables), None, None)


def test_a_key_beside_a_secret_is_an_error_and_neither_is_not_here() -> None:
    with pytest.raises(IdentityError, match="both a secret and"):
        detect(fake_machine({**VARIABLES, "BUCKETPASS_OAUTH_CLIENT_SECRET": "s"}), None, None)
    assert isinstance(detect(fake_machine({"BUCKETPASS_OAUTH_CLIENT_ID": "x"}), None, None), NotHere)


def test_it_is_found_before_a_client_with_a_secret_and_never_shows_its_key() -> None:
    detection = detect_source(fake_machine(VARIABLES, {"/run/key.pem": pem("ES256")}))
    assert detection.source is not None
    assert detection.source.name == "private-key-jwt"
    assert pem("ES256") not in json.dumps(detection.source.describe()) + repr(detection.source)
