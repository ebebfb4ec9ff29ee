import ast
import re

import pytest
import yaml

from bucketpass.errors import DeclarationError
from bucketpass.issuers import PRESETS, Preset
from bucketpass.model import AccessLevel, Grant, Identity, parse_access
from bucketpass.model.scaffold import Answers, scaffold

ANSWERS = Answers("github", {"repository": "acme/eval", "environment": "production"}, "datasets", prefix="raw/")


def test_the_declaration_is_what_was_answered() -> None:
    access = parse_access(scaffold(ANSWERS)["access.yaml"])
    (service,) = access.services.values()
    assert service.identity == (Identity("github", ANSWERS.claims),)
    assert service.grants == (Grant("datasets", "raw/"),)


@pytest.mark.parametrize("odd", ["yes", "0123", "a: b", "# x", "*x", "[a]", "ü", 'a"b', "null", "a'b", " a"])
def test_any_text_comes_back_as_it_was_given(odd: str) -> None:
    answers = Answers("okta", {"subject": odd}, "data", url="https://acme.okta.com/oauth2/default", audience=(odd,), prefix=odd)
    if "*" in odd:
        with pytest.raises(DeclarationError, match="wildcard"):
            scaffold(answers)
        return
    access = parse_access(scaffold(answers)["access.yaml"])
    assert access.services["service"].identity[0].claims["subject"] == odd
    assert access.services["service"].grants[0].prefix == odd
    assert access.issuers["okta"].audience == (odd,)


def test_several_levels_and_administrators_are_lists() -> None:
    levels = (AccessLevel.READ, AccessLevel.WRITE)
    admin = "arn:aws:iam::111122223333:role/admin"
    access = parse_access(
        scaffold(Answers("github", ANSWERS.claims, "data", access=levels, administrators=(admin,), name="acme"))["access.yaml"]
    )
    assert access.services["service"].grants[0].access == levels
    assert (access.buckets["data"].exclusive, access.buckets["data"].administrators) == (True, (admin,))
    assert access.name == "acme"


def test_answers_that_make_no_declaration_are_refused() -> None:
    with pytest.raises(DeclarationError, match="expected one of: repository"):
        scaffold(Answers("github", {"repository": "acme/eval"}, "datasets"))


def test_program_and_project_are_well_formed() -> None:
    files = scaffold(ANSWERS)
    ast.parse(files["__main__.py"])
    assert yaml.safe_load(files["Pulumi.yaml"])["runtime"] == "python"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_kind_of_provider_can_be_started_with(preset: Preset) -> None:
    url = re.sub(r"\{(\w+)[^}]*\}", r"\1", preset.urls[0]) if preset.urls else "https://issuer.example.com"
    for known in preset.subjects:
        claims = {name: f"{name}/x" if name == "repository" else name for name in known.fields}
        access = parse_access(scaffold(Answers(preset.name, claims, "data", url=url, audience=("a",)))["access.yaml"])
        assert access.services["service"].identity[0].claims == claims
