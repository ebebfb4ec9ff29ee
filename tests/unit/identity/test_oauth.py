"""Client credentials."""

from base64 import b64decode
from urllib.parse import parse_qs

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import NotHere
from bucketpass.identity.oauth import ClientCredentialsSource, detect, discover
from bucketpass.wire.client import HttpResponse

ISSUER = "https://acme.okta.com/oauth2/default"
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
VARIABLES = {"BUCKETPASS_OAUTH_CLIENT_ID": "0oa1", "BUCKETPASS_OAUTH_CLIENT_SECRET": "s:cret", "BUCKETPASS_OAUTH_ISSUER": ISSUER}


def server(**more: object) -> Server:
    return Server(
        {DISCOVERY: {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/v1/token"}, f"{ISSUER}/v1/token": {"access_token": "jwt"}, **more}
    )


def source(server: Server, **more: str) -> ClientCredentialsSource:
    found = detect(fake_machine({**VARIABLES, **more}, server=server), None, None)
    assert isinstance(found, ClientCredentialsSource)
    return found


def test_the_token_endpoint_is_discovered_and_the_client_authenticates_with_basic() -> None:
    asked = server()
    assert source(asked, BUCKETPASS_OAUTH_SCOPE="s3").fetch().reveal() == "jwt"
    request = asked.requests[1]
    assert request.url == f"{ISSUER}/v1/token"
    assert parse_qs(request.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["s3"]}
    assert b64decode(dict(request.headers)["Authorization"].removeprefix("Basic ")) == b"0oa1:s%3Acret"


def test_the_client_can_authenticate_in_the_body_and_name_an_audience() -> None:
    asked = server()
    source(asked, BUCKETPASS_OAUTH_AUTHENTICATION="body", BUCKETPASS_OAUTH_AUDIENCE="api://s3").fetch()
    fields = parse_qs(asked.requests[1].body.decode())
    assert (fields["client_secret"], fields["audience"]) == (["s:cret"], ["api://s3"])
    assert "Authorization" not in dict(asked.requests[1].headers)


def test_a_token_endpoint_that_was_given_needs_no_discovery() -> None:
    asked = server()
    source(asked, BUCKETPASS_OAUTH_TOKEN_URL=f"{ISSUER}/v1/token").fetch()
    assert [request.url for request in asked.requests] == [f"{ISSUER}/v1/token"]


def test_the_servers_own_error_is_told() -> None:
    refused = HttpResponse(401, {}, b'{"error": "invalid_client", "error_description": "bad secret"}')
    with pytest.raises(IdentityError, match="answered 401: invalid_client, bad secret"):
        source(server(**{f"{ISSUER}/v1/token": refused})).fetch()


def test_a_discovery_document_of_another_issuer_never_gets_the_secret() -> None:
    other = {"issuer": "https://evil.test", "token_endpoint": "https://evil.test/token"}
    asked = server(**{DISCOVERY: other})
    with pytest.raises(IdentityError, match=r"is of `https://evil\.test`"):
        source(asked).fetch()
    assert len(asked.requests) == 1


def test_an_issuer_without_the_endpoint_is_an_error() -> None:
    with pytest.raises(IdentityError, match="has no `device_authorization_endpoint`"):
        discover(fake_machine(server=server()), ISSUER, "device_authorization_endpoint")


@pytest.mark.parametrize(
    ("missing", "says"), [("BUCKETPASS_OAUTH_ISSUER", "but no server"), ("BUCKETPASS_OAUTH_CLIENT_SECRET", "but no secret")]
)
def test_half_a_configuration_is_an_error(missing: str, says: str) -> None:
    with pytest.raises(IdentityError, match=says):
        detect(fake_machine({name: value for name, value in VARIABLES.items() if name != missing}), None, None)


def test_a_secrets_file_that_cannot_be_read_is_an_error() -> None:
    variables = {**VARIABLES, "BUCKETPASS_OAUTH_CLIENT_SECRET": "", "BUCKETPASS_OAUTH_CLIENT_SECRET_FILE": "/none"}
    with pytest.raises(IdentityError, match="`/none`"):
        detect(fake_machine(variables), None, None)


def test_without_a_client_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)


@pytest.mark.parametrize(
    "names", [{"BUCKETPASS_OAUTH_ISSUER": "http://idp.internal"}, {"BUCKETPASS_OAUTH_TOKEN_URL": "http://idp.internal/token"}]
)
def test_no_secret_goes_to_another_machine_in_clear_text(names: dict[str, str]) -> None:
    machine = fake_machine({"BUCKETPASS_OAUTH_CLIENT_ID": "c", "BUCKETPASS_OAUTH_CLIENT_SECRET": "s", **names})
    source = detect(machine, None, None)
    assert not isinstance(source, NotHere)
    with pytest.raises(IdentityError, match="in clear text"):
        source.fetch()


def test_the_secret_can_stand_in_a_file_where_it_is_rotated_and_is_never_shown() -> None:
    asked, files = server(), {"/secret": "old\n"}
    variables = {**VARIABLES, "BUCKETPASS_OAUTH_CLIENT_SECRET": "", "BUCKETPASS_OAUTH_CLIENT_SECRET_FILE": "/secret"}
    found = detect(fake_machine(variables, files, asked), None, None)
    assert isinstance(found, ClientCredentialsSource)
    found.fetch()
    files["/secret"] = "new"
    found.fetch()
    assert "old" not in repr(found) + found.describe()
    sent = [b64decode(dict(request.headers)["Authorization"].removeprefix("Basic ")) for request in asked.requests[1::2]]
    assert sent == [b"0oa1:old", b"0oa1:new"]


def test_a_secret_in_the_environment_is_never_shown() -> None:
    found = source(server())
    assert "s:cret" not in repr(found.client_secret) + found.describe()
