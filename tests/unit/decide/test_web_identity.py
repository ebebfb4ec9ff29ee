"""Claims to keys, of the trust and of the session."""

from collections.abc import Mapping

import pytest

from bucketpass.decide.web_identity import (
    TokenRefused,
    provider_of,
    session_caller,
    token_keys,
    token_time,
    trust_requests,
    web_identity_context,
)
from bucketpass.requests.callers import PrincipalKind

ISSUER = "https://issuer.example/path"
ROLE = "arn:aws:iam::111122223333:role/trainer"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/issuer.example/path"
TAGS = "https://aws.amazon.com/tags"


CLAIMS = {"sub": "s", "aud": "a"}


def keys_of(claims: Mapping[str, object], issuer: str = ISSUER) -> dict[str, object]:
    """The keys of a token with these claims over the usual ones; `...` takes a claim away."""
    whole = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return dict(web_identity_context(issuer, whole, session_name="run", role_arn=ROLE, provider_arn=PROVIDER))


def test_a_key_is_the_issuer_without_scheme_and_the_claim() -> None:
    assert keys_of({"sub": "s", "aud": "a", "email": "e@x"})["issuer.example/path:sub"] == "s"
    assert provider_of("https://sts.windows.net/t/") == "sts.windows.net/t/"


@pytest.mark.parametrize(
    ("claims", "aud", "oaud"),
    [
        ({"aud": "a"}, "a", None),
        ({"aud": ["a"]}, "a", None),
        ({"aud": "a", "azp": "p"}, "p", "a"),
        ({"aud": ["a", "b"], "azp": "p"}, "p", ("a", "b")),
    ],
)
def test_the_authorised_party_stands_for_the_audience(claims: dict[str, object], aud: str | None, oaud: object) -> None:
    context = keys_of(claims)
    assert (context.get("issuer.example/path:aud"), context.get("issuer.example/path:oaud")) == (aud, oaud)


@pytest.mark.parametrize(
    "claims",
    [
        *({"aud": ["a", "b"]}, {"aud": []}, {"aud": ...}, {"aud": ""}, {"aud": ["a", 1]}, {"aud": None}, {"aud": ..., "azp": "p"}),
        *({"azp": ""}, {"azp": None}, {"azp": ["a"]}, {"azp": 7}),
        *({"sub": ...}, {"sub": True}, {"sub": ["s"]}, {"sub": {}}, {"sub": 1.5}),
        *({TAGS: "x"}, {TAGS: {"principal_tags": {"team": "a"}}}, {TAGS: {"principal_tags": ["team"]}}),
        *({"nbf": None}, {"exp": None}, {"iat": "soon"}, {"exp": 1.5}, {"nbf": True}, {"exp": "-1"}, {"exp": 2**63}, {"exp": ""}),
        *({TAGS: {"principal_tags": {"team": ["a", "b"]}}}, {f"{TAGS}/principal_tags/team": []}),
    ],
)
def test_a_token_that_aws_cannot_read_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(TokenRefused) as refused:
        keys_of(claims)
    assert refused.value.code == "InvalidIdentityToken"


@pytest.mark.parametrize(("value", "expected"), [(..., None), (7, 7), ("7", 7), (-7, -7)])
def test_a_time_is_a_whole_number_or_its_digits(value: object, expected: int | None) -> None:
    assert token_time({} if value is ... else {"nbf": value}, "nbf") == expected


@pytest.mark.parametrize(("subject", "text"), [("", ""), (123, "123"), ("s" * 300, "s" * 300)])
def test_a_subject_is_text_or_a_number(subject: object, text: str) -> None:
    assert keys_of({"sub": subject})["issuer.example/path:sub"] == text


def test_a_subject_that_is_null_fails_inside_sts() -> None:
    with pytest.raises(TokenRefused) as refused:
        keys_of({"sub": None})
    assert refused.value.code == "InternalFailure"


def test_methods_are_many_and_other_claims_are_no_keys() -> None:
    context = keys_of({"sub": "s", "amr": ["pwd"], "repository": "acme/x", "groups": ["g"]})
    assert context["issuer.example/path:amr"] == ("pwd",)
    assert not any(name.endswith((":repository", ":groups")) for name in context)


def test_an_issuer_that_aws_knows_has_keys_of_its_own() -> None:
    context = keys_of(
        {"sub": "s", "repository": "acme/x", "event_name": "push", "actor_id": 7}, "https://token.actions.githubusercontent.com"
    )
    assert context["token.actions.githubusercontent.com:repository"] == "acme/x"
    assert context["token.actions.githubusercontent.com:actor_id"] == "7"
    assert "token.actions.githubusercontent.com:event_name" not in context


@pytest.mark.parametrize(
    "claims",
    [
        {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a"], "cost": ["b"]}, "transitive_tag_keys": ["team"]}},
        {
            "https://aws.amazon.com/tags/principal_tags/team": "a",
            "https://aws.amazon.com/tags/principal_tags/cost": ["b"],
            "https://aws.amazon.com/tags/transitive_tag_keys": ["team"],
        },
    ],
)
def test_session_tags_are_read_nested_and_flattened(claims: dict[str, object]) -> None:
    context = keys_of(claims)
    assert context["aws:RequestTag/team"] == "a"
    assert context["aws:TagKeys"] == ("team", "cost")
    assert context["sts:TransitiveTagKeys"] == ("team",)
    assert token_keys(ISSUER, CLAIMS | claims).actions == ("sts:AssumeRoleWithWebIdentity", "sts:TagSession")


def test_a_source_identity_needs_its_own_action() -> None:
    keys = token_keys(ISSUER, CLAIMS | {"https://aws.amazon.com/source_identity": "ann"})
    assert keys.actions == ("sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity")
    assert keys_of({"https://aws.amazon.com/source_identity": "ann"})["sts:SourceIdentity"] == "ann"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        *((None, "false"), ([ROLE, "x"], "true"), (ROLE, "true"), ([123, None, ROLE], "true")),
        *((f"x;{ROLE}", "true"), (f"x; {ROLE} ;", "true"), (f";;{ROLE}", "true")),
    ],
)
def test_the_issuer_may_say_which_roles(roles: object, expected: str) -> None:
    assert keys_of({"https://aws.amazon.com/roles": roles})["sts:RoleAuthorizedByIdp"] == expected
    assert keys_of({})["sts:RoleAuthorizedByIdp"] == "false"


@pytest.mark.parametrize(
    "roles", [[f"{ROLE}x"], f"{ROLE},x", ROLE.upper(), f"{ROLE[:-1]}*", True, {"role": ROLE}, [[ROLE]], [f"x;{ROLE}"], [], "", 7]
)
def test_a_token_for_other_roles_is_refused(roles: object) -> None:
    with pytest.raises(TokenRefused, match="and not this one"):
        keys_of({"https://aws.amazon.com/roles": roles})


def test_the_caller_is_the_provider_and_no_principal_of_iam() -> None:
    context = keys_of({"sub": "s"})
    assert context["aws:userid"] == PROVIDER
    assert not {"aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:PrincipalOrgID"} & set(context)


def test_a_session_keeps_subject_audience_and_tags_and_drops_the_rest() -> None:
    claims = {
        "sub": "s",
        "aud": "a",
        "email": "e@x",
        "https://aws.amazon.com/tags": {"principal_tags": {"Team": ["token"]}},
        "https://aws.amazon.com/source_identity": "ann",
    }
    caller = session_caller(
        token_keys(ISSUER, claims),
        role_arn=ROLE,
        session_name="run",
        provider_arn=PROVIDER,
        role_id="AROAEXAMPLE",
        role_tags={"team": "role", "cost": "1"},
    )
    assert caller.tags == {"Team": "token", "cost": "1"}
    assert caller.claims == {"issuer.example/path:sub": "s", "issuer.example/path:aud": "a"}
    assert (caller.federated_provider, caller.user_id, caller.source_identity) == (PROVIDER, "AROAEXAMPLE:run", "ann")


def test_the_caller_is_the_provider_in_the_roles_account() -> None:
    request, *_ = trust_requests(token_keys(ISSUER, {"sub": "s", "aud": "a"}), session_name="run", role_arn=ROLE, provider_arn=PROVIDER)
    assert (request.principal.kind, request.principal.arn) == (PrincipalKind.WEB_IDENTITY, PROVIDER)
    expected = {"aws:PrincipalAccount": "111122223333", "aws:PrincipalType": "User", "aws:userid": PROVIDER, "sts:RoleSessionName": "run"}
    assert request.context.items() >= expected.items()
