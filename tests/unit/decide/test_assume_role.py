"""A token for a role, and what the session may do then."""

import dataclasses

import pytest

from bucketpass.decide import NamedPolicy, PolicySet, decide
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.policy import parse_policy

ISSUER = "https://issuer.example"
PROVIDER = TrustedProvider("arn:aws:iam::111122223333:oidc-provider/issuer.example", ISSUER, ("s3-data",))
TRUST = {
    "Effect": "Allow",
    "Principal": {"Federated": PROVIDER.arn},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {"issuer.example:aud": "s3-data", "issuer.example:sub": "trainer"}},
}
CLAIMS: dict[str, object] = {"sub": "trainer", "aud": "s3-data"}
TAGS = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["raw"]}}}


def role(**changed: object) -> TrustedRole:
    trust = parse_policy({"Version": "2012-10-17", "Statement": TRUST | changed})
    return TrustedRole("arn:aws:iam::111122223333:role/svc/trainer", NamedPolicy("trust policy of trainer", trust), "AROAEXAMPLE")


ASKED = WebIdentityRequest(ISSUER, CLAIMS, role(), PROVIDER, session_name="run")


def test_a_token_that_the_trust_knows_gives_a_session() -> None:
    answer = assume_role_with_web_identity(ASKED)
    assert answer.allowed
    assert answer.session is not None
    assert answer.session.principal.session_arn == "arn:aws:sts::111122223333:assumed-role/trainer/run"
    assert answer.session.caller.user_id == "AROAEXAMPLE:run"


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"claims": {"sub": "other", "aud": "s3-data"}}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        ({"claims": {"sub": "trainer", "aud": "other"}}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"claims": {"sub": "trainer", "aud": "s3-data", "azp": "app"}}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"claims": {"sub": "trainer", "aud": ["a", "b"]}}, "InvalidIdentityToken", "several audiences"),
        ({"claims": {"sub": "trainer"}}, "InvalidIdentityToken", "aud"),
        ({"claims": {"sub": None, "aud": "s3-data"}}, "InternalFailure", "unknown error"),
        ({"provider": None}, "InvalidIdentityToken", "No OpenIDConnect provider"),
        ({"issuer_url": ISSUER + "/"}, "InvalidIdentityToken", "No OpenIDConnect provider"),
        ({"session_name": "a"}, "ValidationError", "RoleSessionName"),
        ({"session_name": "a b"}, "ValidationError", "RoleSessionName"),
        ({"seconds": 899}, "ValidationError", "900 to 43200"),
        ({"seconds": 3601}, "ValidationError", "MaxSessionDuration"),
        ({"claims": CLAIMS | TAGS}, "AccessDenied", "sts:TagSession"),
        ({"claims": CLAIMS | {"https://aws.amazon.com/source_identity": "ann"}}, "AccessDenied", "sts:SetSourceIdentity"),
        ({"claims": CLAIMS | {"https://aws.amazon.com/source_identity": "aws:x"}}, "ValidationError", "source identity"),
        ({"claims": CLAIMS | {"https://aws.amazon.com/roles": ["x"]}}, "InvalidIdentityToken", "not this one"),
        ({"claims": CLAIMS | {"https://aws.amazon.com/tags": {"transitive_tag_keys": ["x"]}}}, "ValidationError", "transitive"),
        (
            {"claims": CLAIMS | {"https://aws.amazon.com/tags": {"principal_tags": {f"k{n}": ["v"] for n in range(51)}}}},
            "ValidationError",
            "51 session tags",
        ),
        (
            {"claims": CLAIMS | {"https://aws.amazon.com/tags": {"principal_tags": {"k": ["v" * 257]}}}},
            "ValidationError",
            "longer",
        ),
        ({"rcps": ((),)}, "AccessDenied", "Not authorized"),
    ],
)
def test_sts_refuses(changed: dict[str, object], code: str, message: str) -> None:
    answer = assume_role_with_web_identity(dataclasses.replace(ASKED, **changed))  # type: ignore[arg-type]
    assert answer.session is None
    assert answer.error is not None
    assert answer.error.code == code
    assert message in answer.error.message


@pytest.mark.parametrize(
    "principal",
    [{"AWS": "*"}, {"Federated": PROVIDER.arn + "/"}, {"AWS": "arn:aws:iam::111122223333:root"}, {"AWS": PROVIDER.arn}],
)
def test_only_the_exact_provider_is_meant(principal: dict[str, str]) -> None:
    assert not assume_role_with_web_identity(dataclasses.replace(ASKED, role=role(Principal=principal))).allowed


@pytest.mark.parametrize(
    "condition", [{"ArnEquals": {"aws:PrincipalArn": PROVIDER.arn}}, {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}]
)
def test_the_provider_is_no_principal_arn_and_no_assumed_role(condition: dict[str, object]) -> None:
    assert not assume_role_with_web_identity(dataclasses.replace(ASKED, role=role(Condition=condition))).allowed


@pytest.mark.parametrize(("audience", "allowed"), [("app", True), ("other", False)])
def test_a_built_in_provider_has_no_client_ids_and_the_trust_alone_fences_the_audience(audience: str, allowed: bool) -> None:
    google = TrustedProvider("accounts.google.com", "https://accounts.google.com", ())
    condition = {"StringEquals": {"accounts.google.com:aud": "app", "accounts.google.com:sub": "1"}}
    trusting = role(Principal={"Federated": google.arn}, Condition=condition)
    claims: dict[str, object] = {"sub": "1", "aud": "api", "azp": audience}
    answer = assume_role_with_web_identity(WebIdentityRequest(google.url, claims, trusting, google))
    assert answer.allowed is allowed
    if answer.session is not None:
        assert answer.session.caller.federated_provider == "accounts.google.com"


def test_tags_of_the_token_reach_the_requests_of_the_session() -> None:
    trusting = role(Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
    answer = assume_role_with_web_identity(dataclasses.replace(ASKED, claims=CLAIMS | TAGS, role=trusting))
    assert answer.session is not None
    own = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"},
        }
    )
    layers = PolicySet(identity=(NamedPolicy("data", own),))
    assert decide(answer.session.request("s3:GetObject", "arn:aws:s3:::b/raw/x"), layers).allowed
    assert not decide(answer.session.request("s3:GetObject", "arn:aws:s3:::b/other/x"), layers).allowed


def test_a_request_cannot_take_the_place_of_the_sessions_own_keys() -> None:
    answer = assume_role_with_web_identity(ASKED)
    assert answer.session is not None
    request = answer.session.request("s3:ListBucket", "arn:aws:s3:::b", {"aws:PrincipalArn": "forged", "s3:prefix": "x"})
    assert request.context["aws:PrincipalArn"] == ASKED.role.arn
    assert request.context["s3:prefix"] == "x"
