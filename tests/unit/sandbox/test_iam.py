import json
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from botocore.credentials import Credentials
from tests.unit.sandbox.inside import ACCOUNT, Inside, between, inside, outcome, text_of

from bucketpass.sandbox.iam_calls import KINDS

STATEMENT: dict[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bound"
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
        ("CreateOpenIDConnectProvider", {"Url": "https://i.example.com?q=1"}, (400, "InvalidInput")),
        ("CreateOpenIDConnectProvider", {"Url": "https://i.example.com#f"}, (400, "InvalidInput")),
        ("DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": "arn:x"}, (404, "NoSuchEntity")),
        ("CreateUser", {"UserName": "u", "PermissionsBoundary": "arn:aws:iam::111122223333:policy/none"}, (404, "NoSuchEntity")),
        ("CreateUser", {"UserName": "u v"}, (400, "ValidationError")),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": document(TRUST) + "\u0416"}, (400, "ValidationError")),
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


# ---- judged by what is stored


def test_a_parameter_without_a_name_changes_nothing(world: Inside) -> None:
    assert outcome(world.form("iam", "PutUserPermissionsBoundary", None, **{"": "x"})) == (404, "NoSuchEntity")


def test_a_path_or_boundary_of_the_request_changes_nothing(world: Inside) -> None:
    world.form("iam", "CreateUser", UserName="victim")
    world.form("iam", "CreateUser", UserName="boss", Path="/secret/")
    on_dev = {"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT}:user/dev/*"}
    dev = world.user("dev", on_dev)
    assert outcome(world.form("iam", "CreateAccessKey", dev, UserName="victim", Path="/dev/")) == (403, "AccessDenied")
    no_secrets = {"Effect": "Deny", "Action": "*", "Resource": f"arn:aws:iam::{ACCOUNT}:user/secret/*"}
    ops = world.user("ops", {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, no_secrets)
    for operation, more in (("CreateAccessKey", {}), ("GetUser", {"Path": "/"}), ("TagUser", {}), ("PutUserPolicy", {})):
        assert outcome(world.form("iam", operation, ops, UserName="BOSS", **more)) == (403, "AccessDenied")
    bounded = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    world.form("iam", "CreatePolicy", PolicyName="bound", PolicyDocument=document(STATEMENT))
    delegate = world.user("delegate", {"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": bounded})
    put = {"PolicyName": "p", "PolicyDocument": document(STATEMENT), "PermissionsBoundary": BOUNDARY}
    assert outcome(world.form("iam", "PutUserPolicy", delegate, UserName="victim", **put)) == (403, "AccessDenied")
    assert outcome(world.form("iam", "CreateUser", delegate, UserName="fenced", PermissionsBoundary=BOUNDARY)) == (200, "")
    assert outcome(world.form("iam", "PutUserPolicy", delegate, UserName="fenced", **put)) == (200, "")


def test_a_users_boundary_is_stored_shown_and_enforced(world: Inside) -> None:
    world.form(
        "iam", "CreatePolicy", PolicyName="bound", PolicyDocument=document({"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"})
    )
    world.form("iam", "CreateUser", UserName="ann", PermissionsBoundary=BOUNDARY)
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    world.form("iam", "PutUserPolicy", UserName="ann", PolicyName="p", PolicyDocument=everything)
    answer = text_of(world.form("iam", "CreateAccessKey", UserName="ann"))
    ann = Credentials(between(answer, "AccessKeyId"), between(answer, "SecretAccessKey"))
    assert outcome(world.form("iam", "ListUsers", ann)) == (403, "AccessDenied")
    shown = text_of(world.form("iam", "GetUser", ann))
    assert (between(shown, "UserName"), between(shown, "PermissionsBoundaryArn")) == ("ann", BOUNDARY)
    assert outcome(world.form("iam", "DeleteUserPermissionsBoundary", UserName="Ann")) == (200, "")
    assert outcome(world.form("iam", "ListUsers", ann)) == (200, "")
    assert outcome(world.form("iam", "PutUserPermissionsBoundary", UserName="ann", PermissionsBoundary=BOUNDARY)) == (200, "")
    assert outcome(world.form("iam", "ListUsers", ann)) == (403, "AccessDenied")
    assert outcome(world.form("iam", "PutUserPermissionsBoundary", UserName="bob", PermissionsBoundary=BOUNDARY)) == (404, "NoSuchEntity")


@pytest.mark.parametrize(
    ("condition", "tags", "allowed"),
    [
        ({"Null": {"aws:RequestTag/team": "false"}}, {"team": "ml"}, True),
        ({"StringEquals": {"aws:RequestTag/team": "ml"}}, {"team": "ml"}, True),
        ({"StringEquals": {"aws:RequestTag/team": "ml"}}, {"team": "hr"}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, {"team": "ml", "cost": "1"}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}, {"team": "ml", "cost": "1"}, True),
        ({"StringEquals": {"aws:ResourceTag/owner": "ann", "iam:ResourceTag/owner": "ann"}}, {"team": "ml"}, True),
        ({"StringEquals": {"aws:ResourceTag/owner": "bob"}}, {"team": "ml"}, False),
        ({"StringEquals": {"aws:ResourceTag/team": "ml"}}, {"team": "ml"}, False),
    ],
)
def test_a_call_carries_the_tags_that_it_sets_and_those_that_are_there(
    world: Inside, condition: dict[str, object], tags: dict[str, str], allowed: bool
) -> None:
    world.form("iam", "CreateUser", UserName="u", Tags__member__1__Key="owner", Tags__member__1__Value="ann")
    keys = world.user("tagger", {"Effect": "Allow", "Action": "iam:TagUser", "Resource": "*", "Condition": condition})
    members = {
        f"Tags__member__{n}__{field}": text
        for n, pair in enumerate(tags.items(), 1)
        for field, text in zip(("Key", "Value"), pair, strict=True)
    }
    assert outcome(world.form("iam", "TagUser", keys, UserName="u", **members)) == ((200, "") if allowed else (403, "AccessDenied"))


def test_taking_tags_away_names_their_keys(world: Inside) -> None:
    world.form("iam", "CreateUser", UserName="u", Tags__member__1__Key="owner", Tags__member__1__Value="ann")
    allow = {"Effect": "Allow", "Action": "iam:UntagUser", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "owner"}}}
    keys = world.user("tagger", allow, deny)
    assert outcome(world.form("iam", "UntagUser", keys, UserName="u", TagKeys__member__1="owner")) == (403, "AccessDenied")
    assert outcome(world.form("iam", "UntagUser", keys, UserName="u", TagKeys__member__1="other")) == (200, "")
    no_values = {"Effect": "Allow", "Action": "iam:UntagUser", "Resource": "*", "Condition": {"Null": {"aws:RequestTag/owner": "true"}}}
    assert outcome(world.form("iam", "UntagUser", world.user("t2", no_values), UserName="u", TagKeys__member__1="owner")) == (200, "")


def test_a_policy_that_is_attached_is_a_key_of_the_call(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document(TRUST))
    only = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}
    keys = world.user("attacher", {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": only})
    for name, expected in (("AmazonS3ReadOnlyAccess", (200, "")), ("AdministratorAccess", (403, "AccessDenied"))):
        assert outcome(world.form("iam", "AttachRolePolicy", keys, RoleName="r", PolicyArn=f"arn:aws:iam::aws:policy/{name}")) == expected


def test_what_is_made_with_tags_needs_the_right_to_tag(world: Inside) -> None:
    tags = {"Tags__member__1__Key": "team", "Tags__member__1__Value": "ml"}
    maker = world.user("maker", {"Effect": "Allow", "Action": ["iam:CreateUser", "iam:CreateRole"], "Resource": "*"})
    assert outcome(world.form("iam", "CreateUser", maker, UserName="a")) == (200, "")
    assert outcome(world.form("iam", "CreateUser", maker, UserName="b", **tags)) == (403, "AccessDenied")
    assert world.events.since()[-1].authorizations[-1].action == "iam:TagUser"
    trust = {"AssumeRolePolicyDocument": document(TRUST)}
    assert outcome(world.form("iam", "CreateRole", maker, RoleName="r", **trust, **tags)) == (403, "AccessDenied")


def test_without_a_name_a_user_is_the_caller(world: Inside) -> None:
    own = world.user("ann", {"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"})
    assert between(text_of(world.form("iam", "GetUser", own)), "UserName") == "ann"
    assert between(text_of(world.form("iam", "CreateAccessKey", own)), "UserName") == "ann"
    assert text_of(world.form("iam", "ListAccessKeys", own)).count("<member>") == 2
    assert between(text_of(world.form("iam", "GetUser")), "Arn") == f"arn:aws:iam::{ACCOUNT}:root"
    assert outcome(world.form("iam", "CreateAccessKey")) == (400, "ValidationError")


@pytest.mark.parametrize(("kind", "more"), [("Role", {"AssumeRolePolicyDocument": document(TRUST)}), ("User", {}), ("Group", {})])
def test_names_match_in_any_case(world: Inside, kind: str, more: dict[str, str]) -> None:
    assert outcome(world.form("iam", f"Create{kind}", None, **{f"{kind}Name": "Trainer"}, **more)) == (200, "")
    assert outcome(world.form("iam", f"Create{kind}", None, **{f"{kind}Name": "trainer"}, **more)) == (409, "EntityAlreadyExists")
    found = text_of(world.form("iam", f"Get{kind}", None, **{f"{kind}Name": "TRAINER"}))
    assert between(found, f"{kind}Name") == "Trainer"
    assert outcome(world.form("iam", f"Delete{kind}", None, **{f"{kind}Name": "tRaInEr"})) == (200, "")


def test_a_provider_is_kept_without_its_port_and_lists_once(world: Inside) -> None:
    members = {
        "ClientIDList__member__1": "a",
        "ClientIDList__member__2": "a",
        "ThumbprintList__member__1": "A" * 40,
        "ThumbprintList__member__2": "a" * 40,
    }
    made = world.form("iam", "CreateOpenIDConnectProvider", None, Url="https://i.example.com:443/r", **members)
    arn = between(text_of(made), "OpenIDConnectProviderArn")
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/i.example.com/r"
    shown = text_of(world.form("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn))
    assert (shown.count("<member>a</member>"), shown.count("a" * 40), "A" * 40 in shown) == (1, 1, False)
    assert outcome(world.form("iam", "CreateOpenIDConnectProvider", Url="https://i.example.com/r")) == (409, "EntityAlreadyExists")


def test_a_trust_is_bound_to_the_role_that_it_named(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="caller", AssumeRolePolicyDocument=document(TRUST))
    arn = f"arn:aws:iam::{ACCOUNT}:role/caller"
    trust = document({"Effect": "Allow", "Principal": {"AWS": [arn, ACCOUNT]}, "Action": "sts:AssumeRole"})
    world.form("iam", "CreateRole", RoleName="target", AssumeRolePolicyDocument=trust)
    first = world.state.unique_id(arn) or ""

    def shown() -> str:
        return unquote(between(text_of(world.form("iam", "GetRole", RoleName="target")), "AssumeRolePolicyDocument"))

    assert (arn in shown(), first in shown()) == (True, False)
    world.form("iam", "DeleteRole", RoleName="caller")
    assert (arn in shown(), first in shown()) == (False, True)
    world.form("iam", "CreateRole", RoleName="caller", AssumeRolePolicyDocument=document(TRUST))
    assert (arn in shown(), first in shown()) == (False, True)
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="target", PolicyDocument=trust)
    assert arn in shown()


def test_every_operation_has_a_kind() -> None:
    assert set(KINDS.values()) == {"role", "policy", "oidc-provider", "user", "group", "instance-profile", ""}
    assert len(KINDS) == sum(1 for _ in KINDS)
