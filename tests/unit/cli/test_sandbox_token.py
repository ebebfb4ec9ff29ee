import pytest

from bucketpass.cli.sandbox_token import changed_claims, identity_claims
from bucketpass.errors import RequestError
from bucketpass.model import parse_access

NOW = 1_800_000_000


def test_nothing_is_changed_where_nothing_is_asked_for() -> None:
    assert changed_claims(None, None, None, expired=False, now=NOW) == {}


def test_what_is_named_wins_over_the_claims() -> None:
    changed = changed_claims('{"sub": "a", "team": "x"}', "b", "other", expired=True, now=NOW)
    assert changed == {"sub": "b", "aud": "other", "team": "x", "iat": NOW - 7200, "exp": NOW - 3600}


@pytest.mark.parametrize("text", ["{", "[]", "1", "x"])
def test_claims_that_are_not_an_object_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="expected a JSON object"):
        changed_claims(text, None, None, expired=False, now=NOW)


def test_an_identity_has_the_claims_of_its_own_tokens() -> None:
    access = parse_access(
        "issuers:\n  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3}\n  ci: {preset: github}\n"
        "buckets: {data: {}}\nservices:\n  job:\n    identity:\n      - {issuer: okta, client_id: one}\n"
        "      - {issuer: ci, repository: a/b, environment: prod}\n"
        "    grants: [{bucket: data, access: read}]\n"
    )
    issuer, claims = identity_claims(access, "job", 1)
    assert (issuer, claims["sub"], "iss" in claims) == ("ci", "repo:a/b:environment:prod", False)
    with pytest.raises(RequestError, match="has no identity 2"):
        identity_claims(access, "job", 2)
    with pytest.raises(RequestError, match=r"no service `jobb` is declared.*did you mean `job`"):
        identity_claims(access, "jobb", 0)
