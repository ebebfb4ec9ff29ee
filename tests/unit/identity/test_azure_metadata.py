"""Azure managed identities."""

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.azure_metadata import ASSET_TAG_FILE, AZURE_ASSET_TAG, METADATA_URL, detect
from bucketpass.identity.interface import NotHere

AZURE = {ASSET_TAG_FILE: f"{AZURE_ASSET_TAG}\n"}


def test_a_machine_asks_its_metadata_service() -> None:
    server = Server({METADATA_URL: {"access_token": "entra"}})
    found = detect(fake_machine({"AZURE_CLIENT_ID": "client"}, AZURE, server), None, "api://s3-data")
    assert not isinstance(found, NotHere)
    assert found.fetch().reveal() == "entra"
    assert server.requests[0].url == f"{METADATA_URL}?api-version=2018-02-01&resource=api%3A%2F%2Fs3-data&client_id=client"
    assert server.requests[0].headers == (("Metadata", "true"),)


def test_app_service_asks_its_own_endpoint_with_its_key() -> None:
    server = Server({"http://127.0.0.1:4141/token": {"access_token": "entra"}})
    variables = {"IDENTITY_ENDPOINT": "http://127.0.0.1:4141/token", "IDENTITY_HEADER": "key"}
    found = detect(fake_machine(variables, server=server), None, "api://s3-data")
    assert not isinstance(found, NotHere)
    assert found.fetch().reveal() == "entra"
    assert server.requests[0].headers == (("X-IDENTITY-HEADER", "key"),)


def test_an_application_is_needed() -> None:
    with pytest.raises(IdentityError, match="the application"):
        detect(fake_machine({}, AZURE), None, None)


def test_a_machine_of_another_maker_is_not_probed_over_the_network() -> None:
    server = Server()
    assert isinstance(detect(fake_machine({}, {ASSET_TAG_FILE: "\n"}, server), None, "x"), NotHere)
    assert server.requests == []


def test_compute_of_azure_ml_is_asked_in_its_own_way() -> None:
    server = Server({"http://127.0.0.1:4141/msi": {"access_token": "entra"}})
    variables = {"MSI_ENDPOINT": "http://127.0.0.1:4141/msi", "MSI_SECRET": "key", "DEFAULT_IDENTITY_CLIENT_ID": "mine"}
    source = detect(fake_machine(variables, server=server), None, "api://s3-data")
    assert not isinstance(source, NotHere)
    assert source.fetch().reveal() == "entra"
    assert server.requests[0].url.endswith("?api-version=2017-09-01&resource=api%3A%2F%2Fs3-data&clientid=mine")
    assert server.requests[0].headers == (("secret", "key"),)
