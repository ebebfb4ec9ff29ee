"""Whose policies a request meets."""

from tests.unit.usage.conftest import DECLARATION, deployed

from bucketpass.policy import parse_policy
from bucketpass.usage.policies import OwnedPolicies, documents_of, policies_of

ANY = parse_policy('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}')


def test_policies_stand_by_role_and_by_bucket() -> None:
    found = policies_of(deployed(DECLARATION))
    assert sorted(found.principals) == ["role:111122223333/bucketpass-evaluator", "role:111122223333/bucketpass-trainer"]
    assert sorted(found.buckets) == ["datasets"]
    assert len(documents_of(deployed(DECLARATION))) == len(list(found.documents)) == 3


def test_two_deployments_are_met_together() -> None:
    one, other = OwnedPolicies({"a": (ANY,)}, {"x": (ANY,)}, (ANY,)), OwnedPolicies({"a": (ANY,), "b": (ANY,)})
    assert {name: len(documents) for name, documents in (one + other).principals.items()} == {"a": 2, "b": 1}
    assert len(list((one + other).documents)) == 5
