"""What is to be set at an issuer."""

from importlib.resources import files

import pytest
from tests.unit.configure.declaration import ACCOUNT, ROLE, SITE

from bucketpass.configure import Site, issuer_text
from bucketpass.errors import InvalidInput
from bucketpass.issuers import PRESETS
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service

TEMPLATES = files("bucketpass.configure") / "templates" / "issuers"


def test_every_preset_has_its_own_steps_and_every_file_its_preset() -> None:
    names = {file.name.removesuffix(".txt") for file in TEMPLATES.iterdir()}
    assert names - {"_head", "_tail"} == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_the_steps_of_every_preset_can_be_written(name: str) -> None:
    kind = PRESETS[name]
    claims = {field: "1/1" if field == kind.owned else "1" for field in kind.subjects[0].fields}
    url = (kind.url or (kind.urls[0] if kind.urls else "https://id.acme.io")).replace("...", "")
    issuer = Issuer(name, url.format_map(Anything()), ("s3",))
    access = Access({"it": issuer}, {"data": Bucket()}, {"svc": Service((Identity("it", claims),), (Grant("data"),))})
    text = issuer_text("it", Site(access, ACCOUNT, "eu-west-1"))
    assert "<<" not in text
    assert f"arn:aws:iam::{ACCOUNT}:role/bucketpass-svc" in text
    for note in kind.notes:
        assert note in text


class Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "acme"


def test_the_accepted_tokens_are_named_with_subject_audience_and_role() -> None:
    assert f"  trainer: sub repo:acme/eval:environment:production, aud sts.amazonaws.com -> {ROLE}\n" in issuer_text("ci", SITE)


def test_where_aws_reads_azp_as_the_audience_both_claims_are_named() -> None:
    assert "tenant: sub 6f1c, azp tenants, aud s3 ->" in issuer_text("keycloak", SITE)


def test_the_claim_of_session_tags_is_written_out_where_a_grant_goes_by_one() -> None:
    line = 'Session tags of tenant: the token\'s claim "https://aws.amazon.com/tags": {"principal_tags": {"tenant": ["..."]}}'
    assert line in issuer_text("keycloak", SITE)
    assert "Session tags" not in issuer_text("ci", SITE)


def test_what_nobody_has_confirmed_is_said() -> None:
    assert "Good to know: turn *Full scope allowed* off" in issuer_text("keycloak", SITE)


def test_an_issuer_that_is_not_declared_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"`gitlab` is not an issuer \(expected one of `okta`"):
        issuer_text("gitlab", SITE)
