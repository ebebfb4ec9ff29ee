"""Google's metadata server."""

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.identity.gcp import PRODUCT_FILE, detect
from bucketpass.identity.interface import NotHere

URL = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity"


@pytest.mark.parametrize(("variables", "files"), [({"K_SERVICE": "app"}, {}), ({}, {PRODUCT_FILE: "Google Compute Engine\n"})])
def test_the_token_is_asked_with_the_flavor_header(variables: dict[str, str], files: dict[str, str]) -> None:
    server = Server({URL: b"token"})
    found = detect(fake_machine(variables, files, server), None, "s3-data")
    assert not isinstance(found, NotHere)
    assert found.fetch().reveal() == "token"
    assert server.requests[0].url == f"{URL}?audience=s3-data&format=full"
    assert server.requests[0].headers == (("Metadata-Flavor", "Google"),)


def test_a_machine_of_another_maker_is_not_probed_over_the_network() -> None:
    server = Server()
    assert isinstance(detect(fake_machine({}, {PRODUCT_FILE: "HVM domU\n"}, server), None, None), NotHere)
    assert server.requests == []
