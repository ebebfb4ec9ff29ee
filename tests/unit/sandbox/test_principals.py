from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, inside

from bucketpass.policy import parse_policy
from bucketpass.sandbox.principals import unknown_principal

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/realm"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.user("ann")
        world.form("iam", "CreateOpenIDConnectProvider", Url="https://idp.example.com/realm", ClientIDList__member__1="x")
        yield world


@pytest.mark.parametrize(
    ("principal", "unknown"),
    [
        ("*", None),
        ({"AWS": "*"}, None),
        ({"AWS": ACCOUNT}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, f"arn:aws:iam::{ACCOUNT}:user/bob"),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:role/r"]}, f"arn:aws:iam::{ACCOUNT}:role/r"),
        ({"AWS": "arn:aws:iam::999999999999:role/far"}, None),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"}, None),
        ({"Federated": PROVIDER}, None),
        ({"Federated": f"{PROVIDER}/x"}, None),  # a provider need not exist
        ({"Federated": "accounts.google.com"}, None),
        ({"Service": "ec2.amazonaws.com"}, None),
    ],
)
def test_a_principal_of_this_account_exists_or_is_named(world: Inside, principal: object, unknown: str | None) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    assert unknown_principal(world.state, parse_policy({"Version": "2012-10-17", "Statement": [statement]})) == unknown


def test_those_who_are_left_out_must_exist_as_well(world: Inside) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:user/bob"
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": nobody}, "Action": "s3:*", "Resource": "arn:aws:s3:::b"}
    assert unknown_principal(world.state, parse_policy({"Version": "2012-10-17", "Statement": [statement]})) == nobody
