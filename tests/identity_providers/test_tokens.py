"""What the tokens of other people's identity providers look like, and that a rotated key is published beside the old one."""

import base64
import json
import ssl
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.identity_providers.keys import SigningKey
from tests.identity_providers.provider import PROVIDERS, Provider, missing
from tests.identity_providers.tls import Authority

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("identity_providers")]

SHAPES: dict[str, dict[str, Any]] = {
    "oidc-provider": {"typ": "at+jwt", "kid": "first", "aud": str, "path": "/oidc"},
    "canaille": {"typ": "JWT", "kid": "first", "aud": list, "path": ""},
    "glewlwyd": {"typ": "at+jwt", "kid": "first", "aud": str, "path": "/api/oidc"},
    "oidc-provider-mock": {"typ": "JWT", "kid": None, "aud": list, "path": ""},
}


def fetch(url: str, authority: Authority) -> Any:
    with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=str(authority.bundle)), timeout=10) as answer:
        return json.load(answer)


def published(provider: Provider, authority: Authority) -> list[dict[str, Any]]:
    configuration = fetch(f"{provider.issuer}/.well-known/openid-configuration", authority)
    assert configuration["issuer"] == provider.issuer
    keys: list[dict[str, Any]] = fetch(configuration["jwks_uri"], authority)["keys"]
    return keys


def header_of(token: str) -> dict[str, Any]:
    part = token.split(".", maxsplit=1)[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return header


def verified(token: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    """The claims, checked with the published keys; a token that names no key is checked with the first."""
    key = KeySet.import_key_set({"keys": keys if header_of(token).get("kid") else keys[:1]})
    return jwt.decode(token, key, algorithms=["RS256", "ES256"]).claims


@pytest.mark.parametrize("provider", tuple(PROVIDERS), indirect=True)
def test_a_token_is_for_the_service_and_verifies_with_the_published_keys(
    provider: Provider, authority: Authority, request: pytest.FixtureRequest
) -> None:
    shape = SHAPES[request.node.callspec.params["provider"]]
    token = provider.token()
    claims = verified(token, published(provider, authority))
    header = header_of(token)
    assert (header["typ"], header.get("kid")) == (shape["typ"], shape["kid"])
    assert provider.issuer.split("/", 3)[3:] == ([shape["path"][1:]] if shape["path"] else [])
    assert type(claims["aud"]) is shape["aud"]
    assert provider.audience in claims["aud"]
    assert (claims["iss"], claims["sub"]) == (provider.issuer, provider.subject)
    assert time.time() < claims["exp"]


def test_a_new_key_signs_at_once_and_old_tokens_verify_where_the_old_key_is_kept(provider: Provider, authority: Authority) -> None:
    old = provider.token()
    provider.rotate(SigningKey("second"))
    keys = published(provider, authority)
    new = provider.token()
    assert verified(new, keys)["sub"] == provider.subject
    if len(keys) > 1:
        assert verified(old, keys)["sub"] == provider.subject
        assert header_of(new)["kid"] == "second"


@pytest.mark.parametrize("name", ["oidc-provider", "glewlwyd"])
def test_a_provider_with_an_elliptic_curve_key_signs_with_it(name: str, tmp_path: Path, authority: Authority) -> None:
    if absent := missing(name):
        pytest.skip(f"`{name}` needs {absent}; `make engines` installs it")
    with PROVIDERS[name](tmp_path, authority, SigningKey("curve", "ES256")) as provider:
        token = provider.token()
        assert header_of(token)["alg"] == "ES256"
        assert verified(token, published(provider, authority))["sub"] == provider.subject
