"""Documents as JSON."""

import pytest
from hypothesis import given
from tests.strategies import documents

from bucketpass.errors import PolicyError
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.parse import parse_policy
from bucketpass.policy.render import policy_json, render_policy

READ = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::b/a b",))


@given(document=documents())
def test_what_is_rendered_is_read_back_the_same(document: PolicyDocument) -> None:
    assert parse_policy(render_policy(document)) == document
    assert parse_policy(policy_json(document)) == document


def test_lists_stay_lists_and_everyone_is_a_star() -> None:
    document = PolicyDocument((Statement(Effect.DENY, actions=("*",), resources=("*",), principal=PrincipalElement(everyone=True)),))
    assert render_policy(document) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["*"], "Resource": ["*"]}],
    }


def test_conditions_that_json_cannot_hold_are_refused_rather_than_lost() -> None:
    twice = (Condition("StringLike", "k", ("a",)), Condition("StringLike", "k", ("b",)))
    document = PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",), conditions=twice),))
    with pytest.raises(PolicyError, match="stands twice"):
        policy_json(document)
