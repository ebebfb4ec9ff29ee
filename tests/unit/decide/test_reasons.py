"""Explanations."""

import pytest
from hypothesis import given, settings
from tests.strategies import layers, requests

from bucketpass.decide import NamedPolicy, PolicySet, PolicyType, decide
from bucketpass.decide.reasons import PolicyOutcome, explain
from bucketpass.policy import parse_policy
from bucketpass.policy.document import Effect
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest

ROLE = "arn:aws:iam::111122223333:role/trainer"
CALLER = Principal(PrincipalKind.ROLE_SESSION, ROLE, "111122223333")
REQUEST = AuthorizationRequest(CALLER, "s3:GetObject", "arn:aws:s3:::b/raw/x", {"s3:prefix": "raw/", "aws:TagKeys": ("a", "b")})


def identity(**statement: object) -> PolicySet:
    written = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | statement
    written = {name: value for name, value in written.items() if value is not None}
    return PolicySet(identity=(NamedPolicy("data", parse_policy({"Version": "2012-10-17", "Statement": written})),))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({}, None),
        ({"Action": ["s3:PutObject", "s3:List*"]}, "Action is `s3:GetObject`, the statement has `s3:PutObject`, `s3:List*`"),
        ({"Action": None, "NotAction": "s3:Get*"}, "NotAction is `s3:GetObject`, the statement has `s3:Get*`"),
        ({"Resource": "arn:aws:s3:::b/eval/*"}, "Resource is `arn:aws:s3:::b/raw/x`, the statement has `arn:aws:s3:::b/eval/*`"),
        ({"Condition": {"StringEquals": {"s3:prefix": "raw"}}}, "s3:prefix is `raw/`, StringEquals has `raw`"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "aws:SecureTransport is absent, Bool has `true`"),
        ({"Condition": {"StringEquals": {"aws:TagKeys": "a"}}}, "aws:TagKeys is `a`, `b`, StringEquals has `a`"),
        ({"Condition": {"StringEquals": {"s3:prefix": []}}}, "s3:prefix is `raw/`, StringEquals has no value at all"),
    ],
)
def test_the_first_element_that_did_not_match_is_told(statement: dict[str, object], words: str | None) -> None:
    (layer,) = explain(REQUEST, identity(**statement)).policy_types
    (report,) = layer.statements
    assert (None if report.mismatch is None else str(report.mismatch)) == words


def test_a_principal_that_is_not_meant_is_told() -> None:
    document = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": "444455556666"}}})
    found = explain(REQUEST, PolicySet(resource=(NamedPolicy("bucket policy", document),)))
    assert [layer.type for layer in found.policy_types] == [PolicyType.RESOURCE, PolicyType.IDENTITY]
    assert str(found.policy_types[0].statements[0].mismatch) == f"Principal is `{ROLE}`, the statement has `444455556666`"


@settings(max_examples=40)
@given(request=requests(), found=layers())
def test_an_explanation_agrees_with_the_decision(request: AuthorizationRequest, found: PolicySet) -> None:
    explanation = explain(request, found)
    assert explanation.decision == decide(request, found)
    applied = [report for layer in explanation.policy_types for report in layer.statements if report.mismatch is None]
    assert explanation.decision.explicit_deny is any(report.effect is Effect.DENY for report in applied)
    assert explanation.decision.explicit_deny is any(layer.outcome is PolicyOutcome.DENY for layer in explanation.policy_types)
    assert all(reference in [report.statement for report in applied] for reference in explanation.decision.statements)
