"""OIDC providers, against moto within the process."""

from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.iam_providers import OpenIdConnectProvider
from bucketpass.provision.embedded.values import Properties


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


def test_a_provider_is_made_found_changed_and_deleted(aws: RegionClients) -> None:
    handler = OpenIdConnectProvider()
    wanted: Properties = {"url": "https://acme.okta.com/oauth2/default", "clientIdLists": ["a"], "tagsAll": {"x": "1"}}
    made = handler.create(aws, wanted)
    assert made.id == handler.find(aws, wanted) == "arn:aws:iam::123456789012:oidc-provider/acme.okta.com/oauth2/default"
    assert made.computed["url"] == "acme.okta.com/oauth2/default"
    new: Properties = {**wanted, "tagsAll": {"y": "2"}}
    handler.update(aws, made.id, wanted, new)
    found = handler.read(aws, made.id)
    assert found is not None
    assert (found["clientIdLists"], found["tagsAll"]) == (["a"], {"y": "2"})
    handler.delete(aws, made.id, {})
    handler.delete(aws, made.id, {})
    assert handler.read(aws, made.id) is None
