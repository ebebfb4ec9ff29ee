import json
from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, between, inside, outcome, text_of

from bucketpass.sandbox.iam import KINDS

STATEMENT: dict[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
TRUST: dict[str, object] = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_each_operation_is_asked_for_on_what_it_is_about(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="r", Path="/team/", AssumeRolePolicyDocument=document(TRUST))
    asked = {
        ("GetRole", "RoleName", "r"): f"arn:aws:iam::{ACCOUNT}:role/team/r",
        ("GetRole", "RoleName", "none"): f"arn:aws:iam::{ACCOUNT}:role/none",
        ("GetUser", "UserName", "u"): f"arn:aws:iam::{ACCOUNT}:user/u",
        ("GetGroup", "GroupName", "g"): f"arn:aws:iam::{ACCOUNT}:group/g",
        ("GetPolicy", "PolicyArn", "arn:x"): "arn:x",
        ("CreatePolicy", "PolicyName", "p"): f"arn:aws:iam::{ACCOUNT}:policy/p",
        ("CreateOpenIDConnectProvider", "Url", "https://i.example.com/r"): f"arn:aws:iam::{ACCOUNT}:oidc-provider/i.example.com/r",
        ("ListRoles", "PathPrefix", "/"): "*",
    }
    found = {}
    for action, name, value in asked:
        world.form("iam", action, None, **{name: value})
        found[action, name, value] = world.events.since()[-1].authorizations[0].resource
    assert found == asked


def test_a_user_does_in_iam_what_policies_allow(world: Inside) -> None:
    keys = world.user("u", {"Effect": "Allow", "Action": "iam:Get*", "Resource": f"arn:aws:iam::{ACCOUNT}:user/u"})
    assert outcome(world.form("iam", "GetUser", keys, UserName="u")) == (200, "")
    for action, parameters in (("GetUser", {"UserName": "v"}), ("DeleteUser", {"UserName": "u"}), ("ListUsers", {})):
        assert outcome(world.form("iam", action, keys, **parameters)) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": document(STATEMENT)}, (400, "MalformedPolicyDocument")),
        ("CreateRole", {"RoleName": "r"}, (400, "MalformedPolicyDocument")),
        (
            "CreateRole",
            {"RoleName": "r", "AssumeRolePolicyDocument": document(TRUST), "MaxSessionDuration": "60"},
            (400, "ValidationError"),
        ),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": document(*[TRUST] * 30)}, (409, "LimitExceeded")),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": document(TRUST), "MaxSessionDuration": "43200"}, (200, "")),
        ("CreatePolicy", {"PolicyName": "p", "PolicyDocument": document(TRUST)}, (400, "MalformedPolicyDocument")),
        ("CreatePolicy", {"PolicyName": "p", "PolicyDocument": document(*[STATEMENT] * 100)}, (409, "LimitExceeded")),
        ("PutUserPolicy", {"UserName": "u", "PolicyName": "p", "PolicyDocument": "{}"}, (400, "MalformedPolicyDocument")),
        ("PutUserPolicy", {"UserName": "u", "PolicyName": "p", "PolicyDocument": document(*[STATEMENT] * 200)}, (409, "LimitExceeded")),
        ("CreateOpenIDConnectProvider", {"Url": "https://i.example.com?q=1"}, (400, "ValidationError")),
        ("CreateOpenIDConnectProvider", {"Url": "https://i.example.com", "ThumbprintList__member__1": "short"}, (400, "InvalidInput")),
        ("CreateVirtualMFADevice", {"VirtualMFADeviceName": "m"}, (400, "InvalidAction")),
        ("", {}, (400, "InvalidAction")),
    ],
)
def test_what_iam_would_not_store_is_refused(world: Inside, action: str, parameters: dict[str, str], expected: tuple[int, str]) -> None:
    assert outcome(world.form("iam", action, None, **parameters)) == expected


def test_a_role_has_ten_managed_policies_at_most(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document(TRUST))
    arns = [
        between(text_of(world.form("iam", "CreatePolicy", PolicyName=f"p{n}", PolicyDocument=document(STATEMENT))), "Arn")
        for n in range(11)
    ]
    answers = [outcome(world.form("iam", "AttachRolePolicy", RoleName="r", PolicyArn=arn)) for arn in arns]
    assert answers == [(200, "")] * 10 + [(409, "LimitExceeded")]
    assert outcome(world.form("iam", "AttachRolePolicy", RoleName="r", PolicyArn=arns[0])) == (200, "")


def test_inline_policies_of_a_role_are_measured_together(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document(TRUST))
    half = document(*[STATEMENT] * 80)
    answers = [outcome(world.form("iam", "PutRolePolicy", RoleName="r", PolicyName=name, PolicyDocument=half)) for name in ("a", "b", "a")]
    assert answers == [(200, ""), (409, "LimitExceeded"), (200, "")]


def test_the_audiences_of_a_provider_are_changed(world: Inside) -> None:
    arn = between(
        text_of(world.form("iam", "CreateOpenIDConnectProvider", Url="https://i.example.com", ClientIDList__member__1="a")),
        "OpenIDConnectProviderArn",
    )
    world.form("iam", "AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="b")
    world.form("iam", "RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="a")
    provider = world.state.provider(arn)
    assert provider is not None
    assert provider.client_ids == ("b",)


def test_an_issuer_has_one_provider_and_a_second_is_told_which(world: Inside) -> None:
    world.form("iam", "CreateOpenIDConnectProvider", Url="https://i.example.com/r/")
    again = world.form("iam", "CreateOpenIDConnectProvider", Url="https://i.example.com/r/")
    assert (again.status, between(text_of(again), "Code")) == (409, "EntityAlreadyExists")
    assert between(text_of(again), "Message") == "Provider with url https://i.example.com/r/ already exists."


@pytest.mark.parametrize("action", KINDS)
def test_an_operation_without_its_parameters_is_refused_and_breaks_nothing(world: Inside, action: str) -> None:
    status, _ = outcome(world.form("iam", action))
    assert status in (200, 400, 404, 409)


def test_every_operation_has_a_kind() -> None:
    assert set(KINDS.values()) == {"role", "policy", "oidc-provider", "user", "group", ""}
    assert len(KINDS) == sum(1 for _ in KINDS)
