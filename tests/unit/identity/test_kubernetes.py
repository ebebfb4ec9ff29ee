"""Projected service account tokens."""

from tests.fake_machine import fake_machine

from bucketpass.identity.interface import NotHere
from bucketpass.identity.kubernetes import PROJECTED_PATHS, detect


def test_the_projected_token_is_taken() -> None:
    found = detect(fake_machine(files={PROJECTED_PATHS[1]: "token"}), None, None)
    assert not isinstance(found, NotHere)
    assert (found.name, found.fetch().reveal()) == ("kubernetes", "token")


def test_the_token_for_the_api_server_is_never_taken() -> None:
    files = {"/var/run/secrets/kubernetes.io/serviceaccount/token": "cluster"}
    found = detect(fake_machine(files=files), None, None)
    assert isinstance(found, NotHere)
    assert "projected volume" in found.reason
