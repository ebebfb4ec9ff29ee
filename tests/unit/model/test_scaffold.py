import ast
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.errors import DeclarationError
from bucketpass.issuers import PRESETS, Preset
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Service, parse_access
from bucketpass.model.scaffold import Answers, scaffold
from bucketpass.model.validate import mistakes

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


ODD = st.sampled_from(["yes", "0x1", "1e3", "~", "- a", "'", '"', "\\", "${a}"])
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | ODD
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{1,8}[a-z0-9]|[0-9]{2})", fullmatch=True)
ANSWERED = st.builds(
    Answers,
    st.just("okta"),
    TEXTS.map(lambda subject: {"subject": subject}),
    NAMES,
    NAMES,
    url=st.just("https://acme.okta.com/oauth2/default"),
    audience=st.lists(TEXTS, min_size=1, max_size=2, unique=True).map(tuple),
    prefix=st.just("") | TEXTS,
    access=st.lists(st.sampled_from(AccessLevel), min_size=1, max_size=3, unique=True).map(tuple),
    encryption=st.sampled_from(["s3", "kms"]),
    administrators=st.sampled_from([(), ("arn:aws:iam::111122223333:role/admin",)]),
)


@given(ANSWERED)
def test_what_is_written_is_read_back_as_it_was_answered(given: Answers) -> None:
    bucket = Bucket(encryption=given.encryption, exclusive=bool(given.administrators), administrators=given.administrators)
    service = Service((Identity("okta", given.claims),), (Grant(given.bucket, given.prefix, given.access),))
    meant = Access({"okta": Issuer("okta", given.url, given.audience)}, {given.bucket: bucket}, {given.service: service})
    if mistakes(meant):
        with pytest.raises(DeclarationError):
            scaffold(given)
    else:
        assert parse_access(scaffold(given)["access.yaml"]) == meant


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
        claims = {name: f"{name}/x" if name in {"repository", "project"} else name for name in known.fields}
        access = parse_access(scaffold(Answers(preset.name, claims, "data", url=url, audience=("a",)))["access.yaml"])
        assert access.services["service"].identity[0].claims == claims
