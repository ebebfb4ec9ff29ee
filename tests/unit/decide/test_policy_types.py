"""How policy types combine."""

import pytest

from bucketpass.decide import PolicySet, PolicyType
from bucketpass.decide.policy_types import POLICY_TYPES, WAYS_TO_ALLOW, must_allow_itself
from bucketpass.decide.principals import GrantedTo

OWN = (PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION)


def test_every_policy_type_has_a_row_in_awss_order() -> None:
    assert [row.type for row in POLICY_TYPES] == [type_ for type_ in PolicyType if type_ is not PolicyType.PUBLIC_ACCESS]


def test_a_policy_type_that_is_not_there_has_no_level_and_one_without_policies_has_one() -> None:
    levels = {row.type: row.levels(PolicySet(boundary=())) for row in POLICY_TYPES}
    assert levels[PolicyType.BOUNDARY] == levels[PolicyType.IDENTITY] == ((),)
    assert levels[PolicyType.SESSION] == levels[PolicyType.SCP] == ()


def test_a_closer_grant_needs_fewer_policies() -> None:
    ways = WAYS_TO_ALLOW[True, True, False]
    assert [(way.granted_to, way.required) for way in ways] == [
        (GrantedTo.SESSION, ()),
        (GrantedTo.ROLE, (PolicyType.BOUNDARY, PolicyType.SESSION)),
        (GrantedTo.NONE, OWN),
    ]


@pytest.mark.parametrize(
    ("has_account", "own_account", "by_resource", "last"),
    [
        (False, True, False, (PolicyType.RESOURCE,)),
        (False, False, True, (PolicyType.RESOURCE,)),
        (True, False, False, (PolicyType.RESOURCE, *OWN)),
        (True, True, True, (PolicyType.RESOURCE, *OWN)),
    ],
)
def test_the_resources_own_policy_must_allow(has_account: bool, own_account: bool, by_resource: bool, last: tuple[PolicyType, ...]) -> None:
    ways = WAYS_TO_ALLOW[has_account, own_account, by_resource]
    assert ways[-1].required == last
    assert len(ways) == (3 if has_account and own_account else 1)


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1", True),
        ("kms:ListAliases", "*", False),
        ("KMS:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1", True),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r", True),
        ("iam:GetRole", "arn:aws:iam::111122223333:role/r", False),
        ("s3:GetObject", "arn:aws:s3:::b/:key/1", False),
    ],
)
def test_keys_and_roles_must_allow_themselves(action: str, resource: str, expected: bool) -> None:
    assert must_allow_itself(action, resource) is expected
