"""Azure workload identity."""

from urllib.parse import parse_qs

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.azure import detect
from bucketpass.identity.interface import NotHere

VARIABLES = {"AZURE_FEDERATED_TOKEN_FILE": "/token", "AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant"}
URL = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"


def test_the_pods_token_is_the_clients_assertion() -> None:
    server = Server({URL: {"access_token": "entra"}})
    found = detect(fake_machine(VARIABLES, {"/token": "pod\n"}, server), None, "api://s3-data")
    assert not isinstance(found, NotHere)
    assert found.fetch().reveal() == "entra"
    fields = parse_qs(server.requests[0].body.decode())
    assert (fields["client_assertion"], fields["scope"]) == (["pod"], ["api://s3-data/.default"])


def test_a_pod_without_the_file_is_told_the_label() -> None:
    found = detect(fake_machine(VARIABLES), None, "api://s3-data")
    assert not isinstance(found, NotHere)
    with pytest.raises(IdentityError, match="use=true"):
        found.fetch()


def test_an_application_is_needed() -> None:
    with pytest.raises(IdentityError, match="the application"):
        detect(fake_machine(VARIABLES), None, None)


def test_elsewhere_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
