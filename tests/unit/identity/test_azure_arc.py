"""Machines with the Azure Arc agent."""

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.azure_arc import AzureArcSource, detect
from bucketpass.identity.interface import NotHere
from bucketpass.wire.client import HttpResponse

URL = "http://localhost:40342/metadata/identity/oauth2/token"
ARC = {"IDENTITY_ENDPOINT": URL, "IMDS_ENDPOINT": "http://localhost:40342"}
KEY = "/var/opt/azcmagent/tokens/1.key"


def source_of(challenge: str, files: dict[str, str]) -> tuple[AzureArcSource, Server]:
    server = Server({URL: [HttpResponse(401, {"www-authenticate": challenge}, b""), {"access_token": "entra"}]})
    source = detect(fake_machine(ARC, files=files, server=server), None, "api://s3-data")
    assert isinstance(source, AzureArcSource)
    return source, server


def test_the_key_that_the_agent_names_is_shown_to_it() -> None:
    source, server = source_of(f"Basic realm={KEY}", {KEY: "proof"})
    assert source.fetch().reveal() == "entra"
    assert [dict(request.headers).get("Authorization") for request in server.requests] == [None, "Basic proof"]


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/var/opt/azcmagent/tokens/../../../../etc/x.key", "/var/opt/azcmagent/tokens/a/b.key", ""]
)
def test_no_other_file_is_read(path: str) -> None:
    source, server = source_of(f"Basic realm={path}", {path: "secret"})
    with pytest.raises(IdentityError, match="named no key"):
        source.fetch()
    assert len(server.requests) == 1


@pytest.mark.parametrize(("files", "says"), [({}, "cannot read"), ({KEY: "x" * 5000}, "too large")])
def test_a_key_that_cannot_be_one_is_named(files: dict[str, str], says: str) -> None:
    with pytest.raises(IdentityError, match=says):
        source_of(f"Basic realm={KEY}", files)[0].fetch()


def test_the_application_must_be_named_and_elsewhere_it_is_not_here() -> None:
    with pytest.raises(IdentityError, match="wants to know the application"):
        detect(fake_machine(ARC), None, None)
    assert isinstance(detect(fake_machine({"IDENTITY_ENDPOINT": URL, "IDENTITY_HEADER": "x"}), None, "a"), NotHere)
