"""What moto does for the sandbox: it keeps what it is given, decides nothing, and is left as it was."""

import json
from collections.abc import Iterator

import pytest
from moto.iam.policy_validation import BaseIAMPolicyValidator
from moto.s3.models import FakeBucket
from tests.unit.sandbox.inside import ACCOUNT, REGION, Inside, inside, outcome

from bucketpass.sandbox.state import State


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def test_moto_applies_no_bucket_policy_of_its_own(world: Inside) -> None:
    world.s3("PUT", "/data-bucket")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::data-bucket",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    world.s3("PUT", "/data-bucket?policy", {}, json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode())
    assert outcome(world.s3("GET", "/data-bucket?versioning")) == (200, "")


def test_a_policy_with_numbers_among_its_values_is_stored_as_it_is(world: Inside) -> None:
    condition = {"NumericLessThanEquals": {"s3:max-keys": 10}}
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert world.form("iam", "CreatePolicy", PolicyName="numbers", PolicyDocument=policy).status == 200
    assert world.state.managed_policy(f"arn:aws:iam::{ACCOUNT}:policy/numbers") == policy


def test_moto_is_as_it_was_once_the_state_is_closed() -> None:
    state = State(ACCOUNT, REGION)
    state.prepare()
    assert FakeBucket.get_permission.__module__ == "bucketpass.sandbox.moto_backends"
    state.close()
    assert FakeBucket.get_permission.__module__ == "moto.s3.models"
    assert BaseIAMPolicyValidator._validate_condition_syntax.__module__ == "moto.iam.policy_validation"
