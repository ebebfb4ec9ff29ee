"""Fly.io."""

import json

from tests.fake_machine import Server, fake_machine

from bucketpass.identity.fly import URL, detect
from bucketpass.identity.interface import NotHere


def test_the_machine_api_is_asked_for_the_audience() -> None:
    server = Server({URL: b"token\n"})
    found = detect(fake_machine({"FLY_APP_NAME": "app"}, server=server), None, "s3-data")
    assert not isinstance(found, NotHere)
    assert found.fetch().reveal() == "token"
    assert json.loads(server.requests[0].body) == {"aud": "s3-data"}


def test_elsewhere_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
