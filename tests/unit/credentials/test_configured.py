"""The address of STS in the user's AWS config file."""

import pytest
from tests.fake_machine import fake_machine

from bucketpass.credentials.configured import with_configured_endpoint

CONFIG = """
[default]
services = local

[profile other]
endpoint_url = https://general.test

[profile off]
endpoint_url = https://general.test
ignore_configured_endpoint_urls = true

[services local]
s3 =
  endpoint_url = https://s3.test
sts =
  endpoint_url = https://sts.test
"""


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "https://sts.test"),
        ({"AWS_PROFILE": "other"}, "https://general.test"),
        ({"AWS_PROFILE": "off"}, None),
        ({"AWS_PROFILE": "none"}, None),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None),
    ],
)
def test_the_address_is_the_one_that_sdks_take(variables: dict[str, str], address: str | None) -> None:
    machine = fake_machine({"HOME": "/home/x", **variables}, files={"/home/x/.aws/config": CONFIG})
    assert with_configured_endpoint({}, machine).get("endpoint-url") == address


def test_an_address_that_was_given_comes_first() -> None:
    machine = fake_machine({"AWS_CONFIG_FILE": "/config"}, files={"/config": CONFIG})
    assert with_configured_endpoint({"endpoint-url": "https://given.test"}, machine) == {"endpoint-url": "https://given.test"}


@pytest.mark.parametrize("text", ["not a file of settings", "[default]\nservices = none\n", "[default]\nservices=x\n[services x]\nsts=\n"])
def test_a_file_without_an_address_sets_none(text: str) -> None:
    assert with_configured_endpoint({}, fake_machine({"AWS_CONFIG_FILE": "/config"}, files={"/config": text})) == {}
