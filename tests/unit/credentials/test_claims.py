"""Which tokens are the same identity."""

from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.integration.fake_sts import ROLE
from tests.tokens import unsigned_token

from bucketpass.credentials.claims import NOT_IDENTITY, differing_claims, identity_claims, identity_of
from bucketpass.credentials.host import entry_name
from bucketpass.credentials.values import RoleToAssume
from bucketpass.decide.web_identity import ROLES_CLAIM, SOURCE_IDENTITY_CLAIM, TAGS_CLAIM, TokenKeys, TokenRefused, token_keys
from bucketpass.identity.token import UnverifiedToken, read_token

GITHUB = "https://token.actions.githubusercontent.com"
TENANT = f"{TAGS_CLAIM}/principal_tags/tenant"
WORDS = st.sampled_from(("a", "b", "alpha", "beta", "1"))
TAGS = st.dictionaries(st.sampled_from(("team", "tenant")), WORDS.map(lambda word: [word]), max_size=2)
CLAIMS = st.fixed_dictionaries(
    {"sub": WORDS, "iss": st.sampled_from((GITHUB, "https://issuer.test")), "aud": WORDS | st.lists(WORDS, min_size=1, max_size=2)},
    optional={
        "azp": WORDS,
        "email": WORDS,
        "amr": st.lists(WORDS, max_size=2),
        "repository": WORDS,
        "environment": WORDS,
        TAGS_CLAIM: st.fixed_dictionaries({"principal_tags": TAGS}, optional={"transitive_tag_keys": st.just(["team"])}),
        TENANT: WORDS | WORDS.map(lambda word: [word]),
        f"{TAGS_CLAIM}/transitive_tag_keys": st.just(["tenant"]),
        SOURCE_IDENTITY_CLAIM: WORDS,
        ROLES_CLAIM: st.lists(st.sampled_from((ROLE, f"{ROLE}2")), max_size=2),
        "jti": WORDS,
        "a-claim-of-tomorrow": WORDS,
    },
)


def name_of(claims: Mapping[str, object]) -> str:
    token = read_token(unsigned_token(claims=claims))
    assert isinstance(token, UnverifiedToken)
    return entry_name(RoleToAssume(ROLE, endpoint_url="http://sts.test"), identity_of(token))


def seen_by_policies(claims: Mapping[str, object]) -> TokenKeys | str:
    try:
        return token_keys(str(claims["iss"]), claims)
    except TokenRefused as refused:
        return refused.message


@given(CLAIMS, CLAIMS)
def test_two_tokens_that_a_policy_could_tell_apart_never_share_a_session(first: dict[str, object], second: dict[str, object]) -> None:
    assume(seen_by_policies(first) != seen_by_policies(second))
    assert name_of(first) != name_of(second)


@given(CLAIMS, st.sampled_from(sorted(NOT_IDENTITY)), st.integers(0, 2**31))
def test_a_new_copy_of_a_token_is_the_same_identity(claims: dict[str, object], changed: str, value: int) -> None:
    shuffled = dict(reversed(claims.items()))
    assert name_of({**claims, changed: value} if changed != "exp" else claims) == name_of(shuffled)


@pytest.mark.parametrize("claim", [TENANT, "a-claim-of-tomorrow", "groups", "aud", "azp"])
def test_every_other_claim_counts(claim: str) -> None:
    assert name_of({"iss": GITHUB, claim: "alpha"}) != name_of({"iss": GITHUB, claim: "beta"})


def test_several_values_are_a_set() -> None:
    assert identity_claims({"groups": ["b", "a"]}) == identity_claims({"groups": ["a", "b"]}) != identity_claims({"groups": ["a"]})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_a_value_is_not_taken_for_the_text_that_looks_like_it(value: object) -> None:
    text = identity_claims({"a": value}).partition("\t")[2]
    assert "\n" not in text
    assert identity_claims({"a": text}) != identity_claims({"a": value})


def test_only_the_part_of_a_claim_that_changes_from_copy_to_copy_is_left_out() -> None:
    def pod(name: str, after: int) -> str:
        return identity_claims({"kubernetes.io": {"pod": {"name": name}, "warnafter": after}})

    assert pod("a", 1) == pod("a", 2) != pod("b", 1)


def test_what_differs_is_named_without_its_value() -> None:
    first, second = (identity_claims({"aud": "s3", TENANT: tenant, "sub": "x"}) for tenant in ("alpha", "beta"))
    assert differing_claims(first, second) == (TENANT,)
    token = read_token(unsigned_token(claims={"groups": ["x"]}))
    assert isinstance(token, UnverifiedToken)
    assert differing_claims(identity_of(token).claims, identity_claims({})) == ("aud", "groups", "iss", "sub")
