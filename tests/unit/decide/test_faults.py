"""The ten usual faults, each by its sign, and that its mend is enough."""

import dataclasses
from collections.abc import Mapping

import pytest

from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.faults import usual_faults
from bucketpass.policy import parse_policy

HOST = "token.actions.githubusercontent.com"
ACCOUNT = "111122223333"
PROVIDER = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}", f"https://{HOST}", ("sts.amazonaws.com",))
GOOD = {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": "repo:acme/eval:ref:refs/heads/main"}
CLAIMS: dict[str, object] = {"aud": "sts.amazonaws.com", "sub": "repo:acme/eval:ref:refs/heads/main"}


def asked(
    conditions: Mapping[str, object] | None = None,
    claims: dict[str, object] | None = None,
    *,
    federated: str = PROVIDER.arn,
    issuer: str = PROVIDER.url,
    provider: TrustedProvider | None = PROVIDER,
) -> WebIdentityRequest:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Federated": federated},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": GOOD} if conditions is None else conditions,
    }
    trust = parse_policy({"Version": "2012-10-17", "Statement": statement})
    role = TrustedRole(f"arn:aws:iam::{ACCOUNT}:role/evaluator", NamedPolicy("trust policy of evaluator", trust))
    return WebIdentityRequest(issuer, CLAIMS if claims is None else claims, role, provider)


FAULTY = {
    "scheme-in-key": asked({"StringEquals": {f"https://{key}": value for key, value in GOOD.items()}}),
    "azp-instead-of-aud": asked(claims=CLAIMS | {"azp": "client"}),
    "subject-mismatch": asked(claims=CLAIMS | {"sub": "repo:acme@12/eval@34:ref:refs/heads/main"}),
    "issuer-trailing-slash": asked(
        issuer=PROVIDER.url + "/", conditions={"StringEquals": {f"{HOST}/:{key.rpartition(':')[2]}": value for key, value in GOOD.items()}}
    ),
    "missing-client-id": asked(provider=dataclasses.replace(PROVIDER, client_ids=("other",))),
    "missing-tag-session": asked(claims=CLAIMS | {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a"]}}}),
    "wrong-provider": asked(federated=f"arn:aws:iam::444455556666:oidc-provider/{HOST}"),
    "case-mismatch": asked(claims=CLAIMS | {"sub": "repo:Acme/eval:ref:refs/heads/main"}),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_that_stands_in_the_way_is_named_and_its_mend_is_enough(name: str) -> None:
    call = FAULTY[name]
    assert not assume_role_with_web_identity(call).allowed
    turning = [fault.finding.code for fault in usual_faults(call) if fault.sufficient]
    assert turning == [name] or (name == "azp-instead-of-aud" and name in turning)


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        (
            "for-all-values-alone",
            {"ForAllValues:StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}, "StringEquals": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}},
        ),
        ("trust-without-subject", {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}}),
        ("trust-without-subject", {"StringLike": {f"{HOST}:sub": "*"}}),
        ("trust-without-subject", {"StringNotEquals": {f"{HOST}:sub": "x"}}),
        ("trust-without-subject", {"StringEqualsIfExists": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}}),
        ("trust-without-subject", {"ForAllValues:StringLike": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}}),
    ],
)
def test_a_risk_is_named_though_the_token_is_taken(name: str, conditions: dict[str, object]) -> None:
    call = asked(conditions)
    assert assume_role_with_web_identity(call).allowed
    assert name in [fault.finding.code for fault in usual_faults(call)]


def test_a_good_trust_has_no_fault() -> None:
    assert usual_faults(asked()) == ()


def test_that_a_token_sets_no_tags_is_no_fault() -> None:
    pinned = {"StringEquals": {f"{HOST}:sub": GOOD[f"{HOST}:sub"]}, "ForAllValues:StringEquals": {"aws:TagKeys": "team"}}
    assert usual_faults(asked(pinned)) == ()


def test_a_null_condition_makes_for_all_values_safe() -> None:
    conditions = {"ForAllValues:StringEquals": GOOD, "Null": dict.fromkeys(GOOD, "false"), "StringLike": {f"{HOST}:sub": "repo:acme/*"}}
    assert usual_faults(asked(conditions)) == ()


def test_the_message_says_what_the_token_has_and_what_the_provider_allows() -> None:
    (fault,) = usual_faults(FAULTY["missing-client-id"])
    assert fault.finding.message == "audience in the token is `sts.amazonaws.com`, the provider allows `other`"


def test_an_immutable_subject_of_github_is_told_as_one() -> None:
    (fault,) = usual_faults(FAULTY["subject-mismatch"])
    assert fault.finding.message.startswith("GitHub's immutable subject: the token has `repo:acme@12/eval@34:")


def test_of_two_lines_on_the_subject_the_one_that_does_not_hold_is_told() -> None:
    subject = {"StringLike": {f"{HOST}:sub": "repo:acme/*"}, "StringEquals": {f"{HOST}:sub": "repo:acme/eval:environment:production"}}
    [fault] = usual_faults(asked(subject))
    assert (fault.finding.code, fault.sufficient) == ("subject-mismatch", True)
    assert "repo:acme/eval:environment:production" in fault.finding.message


@pytest.mark.parametrize(
    ("expected", "got", "says"),
    [
        ("0oa1trainer", "0oa2other", "the token's subject is `0oa2other`, the trust expects `0oa1trainer`"),
        ("repo:acme/eval:ref:refs/heads/main", "0oa2other", "the token's subject `0oa2other` is not of the form of `repo:"),
    ],
)
def test_another_subject_is_told_from_one_of_another_form(expected: str, got: str, says: str) -> None:
    [fault] = usual_faults(asked({"StringEquals": {f"{HOST}:sub": expected}}, CLAIMS | {"sub": got}))
    assert fault.finding.message.startswith(says)


def test_a_pattern_with_a_literal_beginning_fences_the_subject() -> None:
    assert usual_faults(asked({"StringLike": {f"{HOST}:sub": "repo:acme/*"}, "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"}})) == ()


def test_the_issuer_of_a_provider_with_a_slash_is_another() -> None:
    (fault,) = usual_faults(asked(issuer=PROVIDER.url, provider=dataclasses.replace(PROVIDER, url=PROVIDER.url + "/")))
    assert (fault.finding.code, fault.sufficient) == ("issuer-trailing-slash", True)


def test_faults_that_only_together_stand_in_the_way_are_all_marked() -> None:
    conditions = {"StringEquals": {f"https://{HOST}:aud": "sts.amazonaws.com", f"https://{HOST}:sub": "repo:ACME/eval:ref:refs/heads/main"}}
    turning = {fault.finding.code for fault in usual_faults(asked(conditions)) if fault.sufficient}
    assert turning == {"scheme-in-key", "case-mismatch"}


def test_a_token_that_sts_cannot_read_has_no_faults_of_the_trust() -> None:
    assert usual_faults(asked(claims={"aud": ["a", "b"], "sub": "s"})) == ()
