"""Cursor's cloud agents."""

import json

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.cursor import detect
from bucketpass.identity.interface import NotHere, TokenSource
from bucketpass.wire.client import HttpResponse

URL = "unix:/run/agent.sock:/v1/tokens/oidc"


def source(server: Server, argument: str | None = None) -> TokenSource:
    found = detect(fake_machine({"CURSOR_AGENT_SOCKET": "/run/agent.sock"}, server=server), argument, "s3-data")
    assert not isinstance(found, NotHere)
    return found


@pytest.mark.parametrize(("argument", "more"), [(None, {}), ("user_id", {"sub_claim": "user_id"})])
def test_the_agents_socket_is_asked_for_the_audience(argument: str | None, more: dict[str, str]) -> None:
    server = Server({URL: {"token": "jwt", "expires_at": 1}})
    assert source(server, argument).fetch().reveal() == "jwt"
    [request] = server.requests
    assert (json.loads(request.body), dict(request.headers)) == ({"aud": "s3-data"} | more, {"Content-Type": "application/json"})


def test_a_refusal_is_told_with_its_code() -> None:
    refused = HttpResponse(403, {}, b'{"error": "backend_error", "usage": "POST /v1/tokens/oidc ..."}')
    with pytest.raises(IdentityError, match="answered 403: backend_error"):
        source(Server({URL: refused})).fetch()


def test_elsewhere_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
