"""Pipelines of Azure DevOps."""

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.azure_devops import AzureDevOpsSource, detect
from bucketpass.identity.interface import NotHere

URL = "https://dev.azure.com/acme/project/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken"
JOB = {"SYSTEM_OIDCREQUESTURI": URL, "SYSTEM_ACCESSTOKEN": "secret"}


def test_the_pipeline_is_asked_for_a_token_of_its_service_connection() -> None:
    server = Server({URL: {"oidcToken": "token"}})
    source = detect(fake_machine(JOB, server=server), "connection-1", None)
    assert isinstance(source, AzureDevOpsSource)
    assert (source.fetch().reveal(), source.describe()) == ("token", "Azure DevOps, service connection connection-1")
    assert server.requests[0].url == f"{URL}?api-version=7.1&serviceConnectionId=connection-1"
    assert ("Authorization", "Bearer secret") in server.requests[0].headers
    assert "secret" not in repr(source)


def test_a_step_without_the_systems_token_is_told_how_to_map_it() -> None:
    with pytest.raises(IdentityError, match="SYSTEM_ACCESSTOKEN"):
        detect(fake_machine({"SYSTEM_OIDCREQUESTURI": URL}), None, None)


def test_elsewhere_it_is_not_here() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
