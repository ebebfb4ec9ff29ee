"""Arguments as a declaration, with stand-ins for what is known later."""

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from tests.pulumi_programs import event_loop

from bucketpass.errors import DeclarationError
from bucketpass.issuers import PRESETS
from bucketpass.provision.components.declared import MAPPINGS, declared, given


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """Outputs need an event loop to be made in."""
    with event_loop():
        yield


def tree(issuer: dict[str, Any], claims: dict[str, Any], bucket: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "issuers": {"it": issuer},
        "buckets": {"data": bucket or {}},
        "services": {"svc": {"identity": [{"issuer": "it", "claims": claims}], "grants": [{"bucket": "data", "access": ["read"]}]}},
    }


def spell(args: Any) -> Any:
    return args


def output(value: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(value)


def test_without_outputs_all_is_known_at_once() -> None:
    access, later = declared(tree({"preset": "modal"}, {"subject": "modal:x"}), spell, "here")
    assert later is None
    assert access.services["svc"].identity[0].claims == {"subject": "modal:x"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_stand_in_url_fits_every_preset(name: str) -> None:
    claims = {field: "1/1" if field == PRESETS[name].owned else "1" for field in PRESETS[name].subjects[0].fields}
    access, later = declared(tree({"preset": name, "url": output("https://real"), "audience": ["s3"]}, claims), spell, "here")
    assert later is not None
    assert access.issuers["it"].preset == name


@pytest.mark.parametrize(("preset", "field"), [("github", "repository"), ("gitlab", "project")])
def test_a_stand_in_has_the_form_that_a_repository_has(preset: str, field: str) -> None:
    _, later = declared(tree({"preset": preset, "audience": ["s3"]}, {field: output("acme/eval"), "branch": "main"}), spell, "here")
    assert later is not None
    assert later.read(["acme/eval"]).services["svc"].identity[0].claims == {field: "acme/eval", "branch": "main"}


def test_a_mistake_in_a_claim_is_at_its_argument() -> None:
    claims = {"repository": "eval", "branch": "main"}
    with pytest.raises(DeclarationError, match=r"here services\.svc\.identity\[0\]\.claims\.repository: got `eval`"):
        declared(tree({"preset": "github"}, claims), spell, "here")


def test_every_mapping_of_texts_takes_values_that_are_known_later() -> None:
    assert {"claims", "require", "tags", "object_tags", "upload_tags"} == MAPPINGS


def test_once_they_are_known_the_real_values_are_in_their_places() -> None:
    issuer = {"url": output("https://id.acme.io"), "audience": [output("one"), "two"]}
    _, later = declared(tree(issuer, {"subject": output("me")}, {"encryption": output("arn:aws:kms:eu-west-1:1:key/k")}), spell, "here")
    assert later is not None
    access = later.read(["https://id.acme.io", "one", "arn:aws:kms:eu-west-1:1:key/k", "me"])
    assert access.issuers["it"].url == "https://id.acme.io"
    assert access.issuers["it"].audience == ("one", "two")
    assert access.services["svc"].identity[0].claims == {"subject": "me"}
    assert access.buckets["data"].encryption == "arn:aws:kms:eu-west-1:1:key/k"


def test_what_decides_which_resources_there_are_must_be_known() -> None:
    with pytest.raises(DeclarationError, match=r"`buckets\.data\.name` is only known once another resource is created"):
        declared(tree({"preset": "modal"}, {"subject": "x"}, {"name": output("data")}), spell, "here")


def test_mistakes_are_reported_for_the_component_as_for_a_file() -> None:
    with pytest.raises(DeclarationError, match=r"FederatedAccess ai.*presett"):
        declared(tree({"presett": "modal"}, {"subject": "x"}), spell, "FederatedAccess ai")


def test_whole_numbers_arrive_whole_however_they_were_sent() -> None:
    access, _ = declared(tree({"preset": "modal"}, {"subject": "x"}, {"lifecycle": {"expire_days": 30.0}}), spell, "here")
    assert access.buckets["data"].lifecycle.expire_days == 30


def test_what_is_not_given_is_as_if_it_were_not_written() -> None:
    access, _ = declared(tree({"preset": "modal", "url": None}, {"subject": "x"}), spell, "here")
    assert access.issuers["it"].url is None


def test_a_mistake_is_at_its_argument() -> None:
    arguments = tree({"preset": "modal"}, {"subjct": "x"}, {"encryption": "kmss"})
    with pytest.raises(DeclarationError) as raised:
        declared(arguments, spell, "ServiceRole a", (("services.svc.identity[0]", "identity"), ("buckets.data", "")))
    assert [str(found.place) for found in raised.value.diagnostics()] == [
        "ServiceRole a encryption",
        "ServiceRole a identity.claims.subjct",
    ]


def test_arguments_are_given_in_one_way_only() -> None:
    assert given("it", {"a": 1}, {}) == given("it", None, {"a": 1}) == {"a": 1}
    with pytest.raises(DeclarationError, match="it got both `args` and arguments by name"):
        given("it", {"a": 1}, {"b": 1})
