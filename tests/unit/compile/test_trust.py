from collections.abc import Callable

import pytest
from tests.declarations import World

from bucketpass.policy import policy_json

HEAD = """\
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: [s3-data, s3-lab]}
  auth0: {preset: auth0, url: "https://acme.auth0.com/", audience: https://api.acme.example}
  ci: {preset: github}
  lab: {preset: gitlab, audience: sts}
  google: {preset: google, audience: https://s3.acme.example}
buckets:
  datasets: {}
services:
  job:
    identity: """


def world(identity: str, more: str = "") -> World:
    return World.of(f"{HEAD}{identity}\n{more}")


IDENTITIES = (
    "{issuer: okta, client_id: 0oa1}",
    "{issuer: auth0, client_id: abc}",
    "{issuer: ci, repository: acme/eval, environment: production}",
    "{issuer: ci, repository: acme/eval, owner_id: 1, repository_id: 2, branch: main}",
    "{issuer: lab, project: acme/eval, branch: main}",
    '{issuer: google, service_account_id: "1234567890"}',
    "{issuer: okta, subject: 'a${d}'}",
)


CHANGES: dict[str, Callable[[str], str]] = {
    "longer": lambda text: f"{text}x",
    "shorter": lambda text: text[:-1],
    "empty": lambda text: "",
    "other case": str.swapcase,
}


@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_declared_identity_gets_in(identity: str) -> None:
    asked = world(identity)
    assert asked.assume("job", asked.claims("job")).allowed


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize(
    "change", [lambda text: f"{text}x", lambda text: text[:-1], lambda text: "", str.swapcase], ids=["x", "cut", "empty", "case"]
)
def test_any_other_subject_or_audience_stays_out(identity: str, change: Callable[[str], str]) -> None:
    asked = world(identity)
    claims = asked.claims("job")
    for claim in {"sub", "aud", "azp"} & set(claims):
        other = change(str(claims[claim]))
        if other != claims[claim]:
            assert not asked.assume("job", claims | {claim: other}).allowed, claim


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_token_without_subject_or_audience_stays_out(identity: str) -> None:
    asked = world(identity)
    claims = asked.claims("job")
    for claim in {"sub", "aud", "azp"} & set(claims):
        assert not asked.assume("job", {name: value for name, value in claims.items() if name != claim}).allowed, claim


def test_the_same_subject_of_another_issuer_stays_out() -> None:
    asked = world("[{issuer: okta, client_id: 0oa1}, {issuer: lab, project: a/b, branch: c}]")
    assert not asked.assume("job", asked.claims("job", 0) | {"iss": "https://gitlab.com", "aud": "sts"}).allowed


def test_several_identities_are_alternatives() -> None:
    asked = world("[{issuer: okta, client_id: a}, {issuer: okta, client_id: b}, {issuer: ci, repository: acme/eval, branch: main}]")
    assert all(asked.assume("job", asked.claims("job", index)).allowed for index in range(3))
    assert len(asked.role("job").trust.statements) == 2


def test_both_of_githubs_subject_formats_get_in() -> None:
    asked = world("{issuer: ci, repository: acme/eval, owner_id: 1, repository_id: 2, branch: main}")
    claims = asked.claims("job")
    for subject in ("repo:acme/eval:ref:refs/heads/main", "repo:acme@1/eval@2:ref:refs/heads/main"):
        assert asked.assume("job", claims | {"sub": subject}).allowed
    assert not asked.assume("job", claims | {"sub": "repo:acme@9/eval@2:ref:refs/heads/main"}).allowed


def test_a_wildcard_is_one_only_where_it_is_declared_with_its_reason() -> None:
    asked = world(
        "[{issuer: ci, repository: acme/eval, branch: 'release/*', unsafe_wildcard: each release has a branch},"
        " {issuer: ci, repository: acme/eval, branch: main}]"
    )
    claims = asked.claims("job", 1)
    for branch, admitted in (("main", True), ("release/1", True), ("release", False), ("mainx", False)):
        assert asked.assume("job", claims | {"sub": f"repo:acme/eval:ref:refs/heads/{branch}"}).allowed is admitted


def test_required_claims_must_have_one_of_their_values() -> None:
    asked = world("{issuer: ci, repository: acme/eval, branch: main, require: {workflow: [train, tune], actor: octocat}}")
    claims = asked.claims("job")
    assert claims["workflow"] == "train"
    assert asked.assume("job", claims).allowed
    assert asked.assume("job", claims | {"workflow": "tune"}).allowed
    assert not asked.assume("job", claims | {"workflow": "other"}).allowed
    assert not asked.assume("job", {name: value for name, value in claims.items() if name != "actor"}).allowed


def test_condition_keys_have_no_scheme_and_every_statement_pins_audience_and_subject() -> None:
    asked = world("[" + ", ".join(IDENTITIES) + "]")
    for traced in asked.role("job").trust.statements:
        keys = [condition.key for condition in traced.statement.conditions]
        assert sum(key.endswith(":sub") for key in keys) == 1
        assert sum(key.endswith(":aud") for key in keys) == 1
    assert "https://acme.okta.com" not in policy_json(asked.role("job").trust.document)


TAGS = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["ml"]}}}


def test_tokens_with_tags_get_in_only_where_the_tags_are_declared() -> None:
    plain, tagged = world(IDENTITIES[0]), world(IDENTITIES[0], "    session: {tags: [team]}")
    assert not plain.assume("job", plain.claims("job") | TAGS).allowed
    assert tagged.assume("job", tagged.claims("job") | TAGS).allowed
    assert tagged.assume("job", tagged.claims("job")).allowed
    other = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["ml"], "admin": ["yes"]}}}
    assert not tagged.assume("job", tagged.claims("job") | other).allowed


def test_a_source_identity_may_be_set_only_where_it_is_declared() -> None:
    claim = {"https://aws.amazon.com/source_identity": "ada"}
    plain, named = world(IDENTITIES[0]), world(IDENTITIES[0], "    session: {source_identity: true}")
    assert not plain.assume("job", plain.claims("job") | claim).allowed
    assert named.assume("job", named.claims("job") | claim).allowed


def test_statements_say_which_identities_they_are_for() -> None:
    origins = world("[{issuer: okta, client_id: a}, {issuer: okta, client_id: b}]").role("job").trust.statements[0].origins
    assert [(origin.path, origin.words) for origin in origins] == [
        ("services.job.identity[0]", "job is a of okta"),
        ("services.job.identity[1]", "job is b of okta"),
    ]


def test_an_exact_subject_is_compared_as_it_stands() -> None:
    asked = world(
        "[{issuer: ci, repository: acme/eval, branch: main},"
        " {issuer: ci, repository: acme/eval, branch: 'v*', unsafe_wildcard: each release has a branch}]"
    )
    operators = [
        condition.operator
        for traced in asked.role("job").trust.statements
        for condition in traced.statement.conditions
        if condition.key.endswith(":sub")
    ]
    assert operators == ["StringEquals", "StringLike"]
