"""SPIFFE, with a stand-in for its library."""

import pytest
from tests.fake_machine import fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import NotHere
from bucketpass.identity.spiffe import SpiffeSource, detect, workload_api

SOCKET = "unix:///run/spire/agent.sock"


def test_the_workload_api_is_asked_for_the_audience() -> None:
    source = SpiffeSource(lambda socket, audience, spiffe_id: f"svid of {socket} for {audience}", SOCKET, "s3-data")
    assert source.fetch().reveal() == f"svid of {SOCKET} for s3-data"


def failing(error: Exception) -> SpiffeSource:
    def fetch(socket: str, audience: str, spiffe_id: str | None) -> str:
        raise error

    return SpiffeSource(fetch, SOCKET)


def test_a_missing_library_is_told_with_the_way_around_it() -> None:
    with pytest.raises(IdentityError, match="spiffe-helper"):
        failing(ImportError("spiffe")).fetch()


def test_an_agent_that_refuses_is_told_without_its_words() -> None:
    with pytest.raises(IdentityError, match=r"gave no token \(RuntimeError\)") as caught:
        failing(RuntimeError("internal")).fetch()
    assert "internal" not in str(caught.value)


def test_the_socket_comes_from_the_variable() -> None:
    found = detect(fake_machine({"SPIFFE_ENDPOINT_SOCKET": SOCKET}), None, None)
    assert found == SpiffeSource(workload_api, SOCKET)
    assert isinstance(detect(fake_machine(), None, None), NotHere)


def test_a_workload_with_several_ids_says_which() -> None:
    machine = fake_machine({"SPIFFE_ENDPOINT_SOCKET": SOCKET, "BUCKETPASS_SPIFFE_ID": "spiffe://example.org/trainer"})
    found = detect(machine, None, None)
    assert isinstance(found, SpiffeSource)
    asked = found._replace(fetch_svid=lambda socket, audience, spiffe_id: str(spiffe_id))
    assert asked.fetch().reveal() == "spiffe://example.org/trainer"
