"""Changes that turn a refusal."""

import pytest
from hypothesis import given, settings
from tests.strategies import layers, requests

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.changes import smallest_changes
from bucketpass.decide.reasons import explain
from bucketpass.policy import parse_policy
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest

CALLER = Principal(PrincipalKind.ROLE_SESSION, "arn:aws:iam::111122223333:role/trainer", "111122223333")
REQUEST = AuthorizationRequest(
    CALLER, "s3:GetObject", "arn:aws:s3:::b/raw/x", {"s3:prefix": "raw/", "s3:max-keys": "20", "aws:TagKeys": ("a", "b")}
)


def told(*statements: dict[str, object]) -> list[str]:
    written = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | statement for statement in statements]
    found = PolicySet(identity=(NamedPolicy("data", parse_policy({"Version": "2012-10-17", "Statement": written})),))
    return [change.description for change in smallest_changes(explain(REQUEST, found), found)]


@pytest.mark.parametrize(
    ("statement", "description"),
    [
        ({"Action": "s3:PutObject"}, ["add `s3:GetObject` to Action"]),
        ({"Resource": "arn:aws:s3:::b/eval/*"}, ["add `arn:aws:s3:::b/raw/x` to Resource"]),
        (
            {"Condition": {"StringEquals": {"s3:prefix": "eval/"}}},
            ["let StringEquals on s3:prefix take `raw/` too"],
        ),
        (
            {"Condition": {"StringEquals": {"s3:delimiter": "/"}}},
            ["take the condition StringEquals on s3:delimiter, which the request does not have, away"],
        ),
        (
            # No value that is added helps: a negated operator, a number that is too large, several values without a set operator.
            {"Condition": {"StringNotEquals": {"s3:prefix": "raw/"}}},
            ["take the condition StringNotEquals on s3:prefix away"],
        ),
        ({"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}, ["take the condition NumericLessThan on s3:max-keys away"]),
        ({"Condition": {"StringEquals": {"aws:TagKeys": ["a", "b"]}}}, ["take the condition StringEquals on aws:TagKeys away"]),
        ({"Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/eval/*"}, []),
        ({}, []),
    ],
)
def test_one_edit_that_is_enough_is_returned(statement: dict[str, object], description: list[str]) -> None:
    assert told(statement) == description


def test_a_deny_in_the_way_is_to_be_taken_away() -> None:
    assert told({}, {"Effect": "Deny"}) == ["take this Deny away"]


@settings(max_examples=40)
@given(request=requests(), found=layers())
def test_nothing_is_told_of_what_is_allowed_and_little_of_what_is_not(request: AuthorizationRequest, found: PolicySet) -> None:
    explanation = explain(request, found)
    changes = smallest_changes(explanation, found)
    assert len(changes) <= 5
    assert not (changes and explanation.decision.allowed)
