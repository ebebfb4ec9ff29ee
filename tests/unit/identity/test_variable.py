"""Tokens in variables, and the platforms that set them."""

import pytest
from tests.fake_machine import fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import NotHere
from bucketpass.identity.registry import source_named
from bucketpass.identity.variable import PLATFORMS, Platform, VariableSource, detect, detect_platform


def test_the_value_is_the_token() -> None:
    assert VariableSource(fake_machine({"T": "token\n"}), "T").fetch().reveal() == "token"


def test_an_unset_variable_is_an_error_with_its_name() -> None:
    with pytest.raises(IdentityError, match="`T` is not set"):
        VariableSource(fake_machine(), "T").fetch()


def test_the_variable_can_be_named() -> None:
    found = detect(fake_machine(), "MY_TOKEN", None)
    assert not isinstance(found, NotHere)
    assert found.describe() == "environment variable MY_TOKEN"


def test_by_default_it_is_ours() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
    assert not isinstance(detect(fake_machine({"BUCKETPASS_TOKEN": "t"}), None, None), NotHere)


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_each_platform_is_known_by_its_sign_and_hands_its_token_over(platform: Platform) -> None:
    machine = fake_machine({platform.sign: "yes", platform.variables[0]: "token"})
    found = detect_platform(platform.name, machine)
    assert not isinstance(found, NotHere)
    assert (found.name, found.fetch().reveal()) == (platform.name, "token")


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if p.sign not in p.variables], ids=lambda platform: platform.name)
def test_a_platform_without_its_token_says_how_to_get_one(platform: Platform) -> None:
    found = detect_platform(platform.name, fake_machine({platform.sign: "yes"}))
    assert isinstance(found, NotHere)
    assert platform.remedy in found.reason


def test_a_token_that_was_named_is_taken_from_its_own_variable() -> None:
    terraform = fake_machine({"TFC_RUN_ID": "1", "TFC_WORKLOAD_IDENTITY_TOKEN": "plain", "TFC_WORKLOAD_IDENTITY_TOKEN_AWS": "tagged"})
    assert source_named("terraform-cloud:AWS", terraform).fetch().reveal() == "tagged"
    gitlab = fake_machine({"GITLAB_CI": "true", "MY_TOKEN": "mine"})
    assert source_named("gitlab:MY_TOKEN", gitlab).fetch().reveal() == "mine"
