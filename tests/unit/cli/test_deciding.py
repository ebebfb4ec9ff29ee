"""What the arguments of `decide` and `explain` mean."""

import argparse
import base64
import json
from pathlib import Path

import pytest

from bucketpass.cli import deciding
from bucketpass.cli.deciding import unverified_claims
from bucketpass.deployment.calls import DescribedCall
from bucketpass.errors import RequestError

ACCESS = """
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""


def settled(folder: Path, *words: str, access: str = ACCESS) -> DescribedCall:
    (folder / "access.yaml").write_text(access)
    parser = argparse.ArgumentParser()
    deciding.add_arguments(parser)
    return deciding.settle(parser.parse_args(["trainer", "get", "s3://datasets/raw/1", "--access", str(folder / "access.yaml"), *words]))


def jwt(claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"


def test_without_a_token_the_declared_identitys_own_claims_are_used(tmp_path: Path) -> None:
    asked = settled(tmp_path)
    assert asked.claims == {"iss": "https://acme.okta.com/oauth2/default", "sub": "0oa1trainer", "aud": "s3-data"}
    assert asked.connection is not None
    assert (asked.connection.secure, asked.connection.tls_version) == (True, "1.3")
    assert asked.connection.time is not None


@pytest.mark.parametrize("form", ["jwt", "json"])
def test_a_token_is_read_from_a_file_as_jwt_or_claims(tmp_path: Path, form: str) -> None:
    claims = {"iss": "https://i.example", "sub": "s?>"}
    (tmp_path / "token").write_text((jwt(claims) if form == "jwt" else json.dumps(claims)) + "\n")
    assert settled(tmp_path, "--token", str(tmp_path / "token")).claims == claims


def test_headers_and_keys_are_pairs(tmp_path: Path) -> None:
    asked = settled(tmp_path, "--header", "X-Amz-Acl=private", "--context", "aws:SourceIp=10.0.0.1", "--plain-http", "--version-id", "v")
    assert asked.call.headers == {"x-amz-acl": "private"}
    assert asked.call.version_id == "v"
    assert asked.connection is not None
    assert (asked.connection.secure, asked.connection.tls_version) == (False, None)
    assert asked.connection.further == {"aws:SourceIp": "10.0.0.1"}


@pytest.mark.parametrize("words", [("--context", "x"), ("--claims", "["), ("--claims", "[]"), ("--token", "/nowhere")])
def test_what_cannot_be_read_is_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    with pytest.raises(RequestError):
        settled(tmp_path, *words)


@pytest.mark.parametrize("token", ["secret", "secret.secret", "a.se cret!.b", "a.c2VjcmV0.b"])
def test_no_message_repeats_the_token(token: str) -> None:
    with pytest.raises(RequestError) as caught:
        unverified_claims(token)
    assert "secret" not in str(caught.value)
    assert [found.code for found in caught.value.diagnostics()] == ["token-unusable"]


def test_a_token_of_another_identity_is_asked_of_the_role_that_takes_it(tmp_path: Path) -> None:
    subjects = ", ".join(f"{{issuer: okta, subject: {'x' * 90}{number}}}" for number in range(30))
    asked = settled(tmp_path, "--identity", "29", access=ACCESS.replace("{issuer: okta, subject: 0oa1trainer}", f"[{subjects}]"))
    assert asked.claims is not None
    assert (asked.claims["sub"], asked.role.name) == (f"{'x' * 90}29", "bucketpass-trainer-2")
    with pytest.raises(RequestError, match="has no identity 30"):
        settled(tmp_path, "--identity", "30", access=ACCESS.replace("{issuer: okta, subject: 0oa1trainer}", f"[{subjects}]"))
