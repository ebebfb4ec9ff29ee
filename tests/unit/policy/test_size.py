"""How large documents are."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import documents

from bucketpass.errors import PolicyError
from bucketpass.policy.document import Condition, Effect, PolicyDocument, Statement
from bucketpass.policy.render import policy_json
from bucketpass.policy.size import policy_bytes, policy_size

READ = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::b/a b",))


@given(document=st.one_of(documents(), documents(principals=True)))
def test_what_is_counted_is_the_size_of_the_json(document: PolicyDocument) -> None:
    text = policy_json(document)
    assert policy_bytes(document) == len(text.encode())
    assert policy_size(document) == len("".join(text.split()))


@pytest.mark.parametrize("odd", ["plain", "a b", '"', "\\", "\u00ff", "\u65e5\u672c", "\U0001f600", "\x7f", "\t", ""])
def test_characters_that_json_escapes_are_counted_as_they_are_written(odd: str) -> None:
    statement = replace(READ, resources=(odd,), conditions=(Condition("StringLike", f"aws:PrincipalTag/{odd}", (odd, "x")),), sid=odd)
    text = policy_json(PolicyDocument((statement, READ), id=odd))
    assert policy_bytes(PolicyDocument((statement, READ), id=odd)) == len(text.encode())
    assert policy_size(PolicyDocument((statement, READ), id=odd)) == len(text) - sum(text.count(space) for space in " \t\r\n")


def test_what_json_cannot_hold_has_no_size() -> None:
    twice = (Condition("StringLike", "k", ("a",)), Condition("StringLike", "k", ("b",)))
    document = PolicyDocument((replace(READ, conditions=twice),))
    for size in (policy_size, policy_bytes):
        with pytest.raises(PolicyError, match="stands twice"):
            size(document)


def test_white_space_is_not_counted_even_in_values() -> None:
    text = policy_json(PolicyDocument((READ,)))
    assert json.loads(text)["Statement"][0]["Resource"] == ["arn:aws:s3:::b/a b"]
    assert policy_size(PolicyDocument((READ,))) == len(text) - 1
