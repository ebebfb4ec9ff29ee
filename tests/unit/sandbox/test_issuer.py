import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from joserfc import jws
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from tests.unit.sandbox.inside import ISSUER, Inside, inside, request, text_of

from bucketpass.errors import RequestError
from bucketpass.sandbox.issuer import Client
from bucketpass.secret import Secret
from bucketpass.wire.server import ServerResponse


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.issuers.base_url = "https://localhost:4566"
        world.issuers.add_client("idp", Client("trainer", Secret("s3cret"), {"sub": "me", "aud": "data"}))
        yield world


def claims_of(world: Inside, token: str) -> dict[str, object]:
    keys = KeySet.import_key_set(json.loads(text_of(world.front(request("GET", "/_oidc/idp/jwks")))))
    found: dict[str, object] = json.loads(jws.deserialize_compact(token, keys, algorithms=["RS256", "ES256"]).payload)
    return found


def ask(world: Inside, **form: str) -> ServerResponse:
    return world.front(request("POST", "/_oidc/idp/token", {}, urlencode({"grant_type": "client_credentials", **form}).encode()))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_minted_token_is_signed_by_a_published_key(world: Inside, algorithm: str) -> None:
    claims = claims_of(world, world.issuers.mint("idp", {"sub": "x"}, lifetime_seconds=60, algorithm=algorithm).reveal())
    now = int(world.clock.now().timestamp())
    assert {name: claims[name] for name in ("iss", "sub", "iat", "exp")} == {"iss": ISSUER, "sub": "x", "iat": now, "exp": now + 60}


def test_given_claims_take_the_place_of_the_usual_ones(world: Inside) -> None:
    claims = claims_of(world, world.issuers.mint(ISSUER, {"iss": "https://other", "exp": 1}).reveal())
    assert (claims["iss"], claims["exp"]) == ("https://other", 1)


def test_a_client_shows_its_secret_and_gets_its_token(world: Inside) -> None:
    answer = json.loads(text_of(ask(world, client_id="trainer", client_secret="s3cret")))
    assert claims_of(world, answer["access_token"])["sub"] == "me"
    other = json.loads(text_of(ask(world, client_id="trainer", client_secret="s3cret", audience="else", claims='{"sub":"admin"}')))
    claims = claims_of(world, other["access_token"])
    assert (claims["aud"], claims["sub"]) == ("else", "me")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "trainer", "client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "trainer"}, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": "s3cret"}, 401, "invalid_client"),
        ({"client_id": "", "client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "trainer", "client_secret": "s3cret", "algorithm": "none"}, 400, "invalid_request"),
        ({"client_id": "trainer", "client_secret": "s3cret", "grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_without_the_secret_there_is_no_token(world: Inside, form: dict[str, str], status: int, error: str) -> None:
    answer = ask(world, **form)
    assert (answer.status, json.loads(text_of(answer))["error"]) == (status, error)


def test_the_administrators_claims_must_be_an_object(world: Inside) -> None:
    admin = world.credentials.administrator
    answer = ask(world, client_id=admin.access_key_id, client_secret=admin.secret.reveal(), claims="[1]")
    assert answer.status == 400


def test_the_documents_are_the_same_by_page_and_by_issuer(world: Inside) -> None:
    page = json.loads(text_of(world.front(request("GET", "/_oidc/idp/.well-known/openid-configuration"))))
    own = world.issuers.page(f"{ISSUER}/.well-known/openid-configuration")
    assert own is not None
    assert json.loads(own) == page
    assert page["issuer"] == ISSUER
    assert world.issuers.page(page["jwks_uri"]) is not None
    assert world.issuers.page("https://other.example.com/.well-known/openid-configuration") is None


def test_private_parts_of_keys_are_not_published(world: Inside) -> None:
    for key in json.loads(text_of(world.front(request("GET", "/_oidc/idp/jwks"))))["keys"]:
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def test_what_is_not_there_is_not_found(world: Inside) -> None:
    for method, path in (
        ("GET", "/_oidc/idp/other"),
        ("GET", "/_oidc/none/jwks"),
        ("POST", "/_oidc/idp/jwks"),
        ("GET", "/_oidc/idp/token"),
    ):
        assert world.front(request(method, path)).status == 404


@pytest.mark.parametrize("url", ["http://idp.example.com", "https://", "https://idp.example.com/?q=1", "https://idp.example.com/#f", "idp"])
def test_only_an_issuer_that_iam_would_take_is_stood_in_for(world: Inside, url: str) -> None:
    with pytest.raises(RequestError):
        world.issuers.add("other", url)


def test_one_issuer_has_one_name(world: Inside) -> None:
    with pytest.raises(RequestError, match="mocked twice"):
        world.issuers.add("again", ISSUER)
    with pytest.raises(RequestError, match="no issuer `nobody`"):
        world.issuers.mint("nobody", {})
    with pytest.raises(RequestError, match="expected one of RS256, RS384"):
        world.issuers.mint("idp", {}, algorithm="HS256")


def test_a_rotation_keeps_old_keys_published_until_they_are_forgotten(world: Inside) -> None:
    old = world.issuers.mint("idp", {"sub": "x"}).reveal()
    world.issuers.rotate("idp")
    assert claims_of(world, old)["sub"] == "x"
    assert len(json.loads(text_of(world.front(request("GET", "/_oidc/idp/jwks"))))["keys"]) == 3
    world.issuers.rotate("idp", forget=True)
    assert len(json.loads(text_of(world.front(request("GET", "/_oidc/idp/jwks"))))["keys"]) == 2


def test_the_pages_prefix_lists_which_issuers_are_mocked(world: Inside) -> None:
    assert json.loads(text_of(world.front(request("GET", "/_oidc/"))))["issuers"] == {ISSUER: "/_oidc/idp"}


def test_a_client_that_is_declared_again_keeps_its_secret_and_one_that_is_not_is_gone(world: Inside) -> None:
    world.issuers.add_client("idp", Client("trainer", Secret("another"), {"sub": "renamed"}))
    answer = json.loads(text_of(ask(world, client_id="trainer", client_secret="s3cret")))
    assert claims_of(world, answer["access_token"])["sub"] == "renamed"
    world.issuers.keep_clients(())
    assert ask(world, client_id="trainer", client_secret="s3cret").status == 401


def test_an_issuer_whose_url_changes_has_new_keys(world: Inside) -> None:
    old = world.issuers.mint("idp", {"sub": "x"}).reveal()
    world.issuers.add("idp", "https://idp.example.com/other")
    assert world.issuers.find("idp").url == "https://idp.example.com/other"
    with pytest.raises(InvalidKeyIdError):
        claims_of(world, old)
