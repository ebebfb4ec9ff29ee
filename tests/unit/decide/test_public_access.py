"""Which bucket policies S3 calls public."""

import pytest

from bucketpass.decide.public_access import is_public
from bucketpass.policy import parse_policy

ROLE = "arn:aws:iam::111122223333:role/r"


@pytest.mark.parametrize(
    ("changed", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ROLE}}, False),
        ({"Effect": "Deny"}, False),
        ({"Principal": None, "NotPrincipal": {"AWS": ROLE}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"Condition": {"StringEquals": {"AWS:SOURCEVPCE": "vpce-1"}}}, False),
        ({"Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({"Condition": {"StringEquals": {"aws:UserAgent": "x"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": []}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}}, True),
        ({"Condition": {"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}}, False),
        ({"Condition": {"StringLike": {"aws:userid": "*"}}}, True),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}, False),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}}}, True),
    ],
)
def test_a_policy_is_public_unless_fixed_values_fence_it(changed: dict[str, object], public: bool) -> None:
    written = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"} | changed
    statement = {name: value for name, value in written.items() if value is not None}
    assert is_public(parse_policy({"Version": "2012-10-17", "Statement": statement})) is public
