"""The ten usual faults, each by its sign, and that its mend is enough."""

import dataclasses
from collections.abc import Mapping

import pytest

from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import Provider, Role, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.faults import FaultName, usual_faults
from bucketpass.policy import parse_policy

HOST = "token.actions.githubusercontent.com"
ACCOUNT = "111122223333"
PROVIDER = Provider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}", f"https://{HOST}", ("sts.amazonaws.com",))
GOOD = {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": "repo:acme/eval:ref:refs/heads/main"}
CLAIMS: dict[str, object] = {"aud": "sts.amazonaws.com", "sub": "repo:acme/eval:ref:refs/heads/main"}


def asked(
    conditions: Mapping[str, object] | None = None,
    claims: dict[str, object] | None = None,
    *,
    federated: str = PROVIDER.arn,
    issuer: str = PROVIDER.url,
    provider: Provider | None = PROVIDER,
) -> WebIdentityRequest:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Federated": federated},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": GOOD} if conditions is None else conditions,
    }
    trust = parse_policy({"Version": "2012-10-17", "Statement": statement})
    role = Role(f"arn:aws:iam::{ACCOUNT}:role/evaluator", NamedPolicy("trust policy of evaluator", trust))
    return WebIdentityRequest(issuer, CLAIMS if claims is None else claims, role, provider)


FAULTY = {
    FaultName.SCHEME_IN_KEY: asked({"StringEquals": {f"https://{key}": value for key, value in GOOD.items()}}),
    FaultName.AZP_INSTEAD_OF_AUD: asked(claims=CLAIMS | {"azp": "client"}),
    FaultName.SUBJECT_FORMAT: asked(claims=CLAIMS | {"sub": "repo:acme@12/eval@34:ref:refs/heads/main"}),
    FaultName.TRAILING_SLASH: asked(
        issuer=PROVIDER.url + "/", conditions={"StringEquals": {f"{HOST}/:{key.rpartition(':')[2]}": value for key, value in GOOD.items()}}
    ),
    FaultName.MISSING_CLIENT_ID: asked(provider=dataclasses.replace(PROVIDER, client_ids=("other",))),
    FaultName.MISSING_TAG_SESSION: asked(claims=CLAIMS | {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a"]}}}),
    FaultName.WRONG_PROVIDER: asked(federated=f"arn:aws:iam::444455556666:oidc-provider/{HOST}"),
    FaultName.CASE: asked(claims=CLAIMS | {"sub": "repo:Acme/eval:ref:refs/heads/main"}),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_that_stands_in_the_way_is_named_and_its_mend_is_enough(name: FaultName) -> None:
    call = FAULTY[name]
    assert not assume_role_with_web_identity(call).allowed
    turning = [fault.name for fault in usual_faults(call) if fault.turns]
    assert turning == [name] or (name is FaultName.AZP_INSTEAD_OF_AUD and name in turning)


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        (
            FaultName.FOR_ALL_VALUES_ALONE,
            {"ForAllValues:StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}, "StringEquals": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}},
        ),
        (FaultName.NO_SUBJECT, {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}),
        (FaultName.NO_SUBJECT, {"StringLike": {f"{HOST}:sub": "*"}}),
        (FaultName.NO_SUBJECT, {"StringNotEquals": {f"{HOST}:sub": "x"}}),
        (FaultName.NO_SUBJECT, {"StringEqualsIfExists": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}}),
        (FaultName.NO_SUBJECT, {"ForAllValues:StringLike": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}}),
    ],
)
def test_a_risk_is_named_though_the_token_is_taken(name: FaultName, conditions: dict[str, object]) -> None:
    call = asked(conditions)
    assert assume_role_with_web_identity(call).allowed
    assert name in [fault.name for fault in usual_faults(call)]


def test_a_good_trust_has_no_fault() -> None:
    assert usual_faults(asked()) == ()


def test_that_a_token_sets_no_tags_is_no_fault() -> None:
    pinned = {"StringEquals": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}, "ForAllValues:StringEquals": {"aws:TagKeys": "team"}}
    assert usual_faults(asked(pinned)) == ()


def test_a_null_condition_makes_for_all_values_safe() -> None:
    conditions = {"ForAllValues:StringEquals": GOOD, "Null": dict.fromkeys(GOOD, "false"), "StringLike": {f"{HOST}:sub": "repo:acme/*"}}
    assert usual_faults(asked(conditions)) == ()


def test_the_message_says_what_the_token_has_and_what_the_provider_allows() -> None:
    (fault,) = usual_faults(FAULTY[FaultName.MISSING_CLIENT_ID])
    assert fault.message == "audience in the token is `sts.amazonaws.com`, the provider allows `other`"


def test_an_immutable_subject_of_github_is_told_as_one() -> None:
    (fault,) = usual_faults(FAULTY[FaultName.SUBJECT_FORMAT])
    assert fault.message.startswith("GitHub's immutable subject: the token has `repo:acme@12/eval@34:")


def test_of_two_lines_on_the_subject_the_one_that_does_not_hold_is_told() -> None:
    subject = {"StringLike": {f"{HOST}:sub": "repo:acme/*"}, "StringEquals": {f"{HOST}:sub": "repo:acme/eval:environment:production"}}
    [fault] = usual_faults(asked(subject))
    assert (fault.name, fault.turns) == (FaultName.SUBJECT_FORMAT, True)
    assert "repo:acme/eval:environment:production" in fault.message


@pytest.mark.parametrize(
    ("expected", "got", "says"),
    [
        ("0oa1trainer", "0oa2other", "the token's subject is `0oa2other`, the trust expects `0oa1trainer`"),
        ("repo:acme/eval:ref:refs/heads/main", "0oa2other", "the token's subject `0oa2other` is not of the form of `repo:"),
    ],
)
def test_another_subject_is_told_from_one_of_another_form(expected: str, got: str, says: str) -> None:
    [fault] = usual_faults(asked({"StringEquals": {f"{HOST}:sub": expected}}, CLAIMS | {"sub": got}))
    assert fault.message.startswith(says)


def test_a_pattern_with_a_literal_beginning_fences_the_subject() -> None:
    assert usual_faults(asked({"StringLike": {f"{HOST}:sub": "repo:acme/*"}, "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}})) == ()


def test_the_issuer_of_a_provider_with_a_slash_is_another() -> None:
    (fault,) = usual_faults(asked(issuer=PROVIDER.url, provider=dataclasses.replace(PROVIDER, url=PROVIDER.url + "/")))
    assert (fault.name, fault.turns) == (FaultName.TRAILING_SLASH, True)


def test_faults_that_only_together_stand_in_the_way_are_all_marked() -> None:
    conditions = {"StringEquals": {f"https://{HOST}:aud": "sts.amazonaws.com", f"https://{HOST}:sub": "repo:ACME/eval:ref:refs/heads/main"}}
    turning = {fault.name for fault in usual_faults(asked(conditions)) if fault.turns}
    assert turning == {FaultName.SCHEME_IN_KEY, FaultName.CASE}


def test_a_token_that_sts_cannot_read_has_no_faults_of_the_trust() -> None:
    assert usual_faults(asked(claims={"aud": ["a", "b"], "sub": "s"})) == ()
