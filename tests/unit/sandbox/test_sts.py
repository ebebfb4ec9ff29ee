import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from botocore.credentials import Credentials
from tests.unit.sandbox.inside import ACCOUNT, HOST, ISSUER, OVER_TLS, Inside, between, inside, outcome, request, text_of

from bucketpass.wire.server import Peer, ServerResponse

PATH = ISSUER.removeprefix("https://")
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PATH}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]})


def trust(*actions: str, **conditions: str) -> str:
    condition = {"StringEquals": {f"{PATH}:sub": "me", **conditions}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": actions or "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.form("iam", "CreateOpenIDConnectProvider", Url=ISSUER, ClientIDList__member__1="data")
        world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=trust(), MaxSessionDuration="7200")
        world.form("iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=READ)
        yield world


def exchange(world: Inside, claims: dict[str, object] | None = None, peer: Peer = OVER_TLS, /, **parameters: str) -> ServerResponse:
    token = world.issuers.mint("idp", {"sub": "me", "aud": "data", **(claims or {})}, algorithm="ES256").reveal()
    form = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": ROLE, "RoleSessionName": "s1", "WebIdentityToken": token}
    form |= {name.replace("__", "."): value for name, value in parameters.items()}
    return world.front(
        request("POST", "/", {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}, urlencode(form).encode(), peer=peer)
    )


def keys_in(answer: ServerResponse) -> Credentials:
    text = text_of(answer)
    return Credentials(between(text, "AccessKeyId"), between(text, "SecretAccessKey"), between(text, "SessionToken"))


def test_a_token_becomes_a_session_of_the_role(world: Inside) -> None:
    answer = text_of(exchange(world))
    assert between(answer, "Arn") == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s1"
    assert (between(answer, "SubjectFromWebIdentityToken"), between(answer, "Audience"), between(answer, "Provider")) == (
        "me",
        "data",
        PROVIDER,
    )
    identity = text_of(world.form("sts", "GetCallerIdentity", keys_in(exchange(world))))
    assert between(identity, "UserId").endswith(":s1")
    assert outcome(world.s3("GET", "/", {}, b"", keys_in(exchange(world)))) == (200, "")


@pytest.mark.parametrize(
    ("claims", "parameters", "expected"),
    [
        ({"sub": "you"}, {}, (403, "AccessDenied")),
        ({}, {"RoleArn": f"{ROLE}-missing"}, (403, "AccessDenied")),
        ({}, {"RoleArn": ROLE.replace(ACCOUNT, "999999999999")}, (403, "AccessDenied")),
        ({}, {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/path/r"}, (403, "AccessDenied")),
        ({}, {"RoleArn": "r"}, (400, "ValidationError")),
        ({}, {"RoleSessionName": "x"}, (400, "ValidationError")),
        ({}, {"RoleSessionName": "ünïcode"}, (400, "ValidationError")),
        ({}, {"DurationSeconds": "899"}, (400, "ValidationError")),
        ({}, {"DurationSeconds": "7201"}, (400, "ValidationError")),
        ({}, {"DurationSeconds": "1e3"}, (400, "ValidationError")),
        ({}, {"DurationSeconds": "7200"}, (200, "")),
        ({}, {"ProviderId": "www.amazon.com"}, (400, "InvalidIdentityToken")),
        ({}, {"ProviderId": "graph.facebook.com"}, (403, "IDPRejectedClaim")),
        ({}, {"ProviderId": "accounts.google.com"}, (403, "AccessDenied")),
        ({"sub": None}, {}, (500, "InternalFailure")),
        ({"sub": ""}, {}, (403, "AccessDenied")),
        ({}, {"Policy": "{}"}, (400, "MalformedPolicyDocument")),
        ({}, {"Policy": "x" * 2049}, (400, "ValidationError")),
        ({}, {f"PolicyArns__member__{n}__arn": f"arn{n}" for n in range(1, 12)}, (400, "ValidationError")),
        ({}, {"PolicyArns__member__1__arn": "arn:none"}, (400, "InvalidParameterValue")),
        ({"https://aws.amazon.com/tags": {"principal_tags": {"a": ["1"]}}}, {}, (403, "AccessDenied")),
        ({"https://aws.amazon.com/tags": {"principal_tags": {"a": ["1", "2"]}}}, {}, (400, "InvalidIdentityToken")),
        ({"https://aws.amazon.com/source_identity": "ann"}, {}, (403, "AccessDenied")),
        ({"https://aws.amazon.com/roles": [f"{ROLE}x"]}, {}, (400, "InvalidIdentityToken")),
        ({"https://aws.amazon.com/roles": [ROLE]}, {}, (200, "")),
        ({"aud": "stranger"}, {}, (400, "InvalidIdentityToken")),
        ({"exp": 1}, {}, (400, "ExpiredTokenException")),
    ],
)
def test_sts_takes_what_aws_takes(world: Inside, claims: dict[str, object], parameters: dict[str, str], expected: tuple[int, str]) -> None:
    assert outcome(exchange(world, claims, **parameters)) == expected


@pytest.mark.parametrize("subject", ["a\x00b", "\ud800", "\x1f", "\ufffe"])
def test_a_subject_that_xml_cannot_hold_gets_an_answer(world: Inside, subject: str) -> None:
    allowed = trust("sts:AssumeRoleWithWebIdentity").replace('"me"', '"*"').replace("StringEquals", "StringLike")
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=allowed)
    answer = exchange(world, {"sub": subject})
    assert (outcome(answer), "?" in between(text_of(answer), "SubjectFromWebIdentityToken")) == ((200, ""), True)


def test_a_session_policy_and_managed_ones_narrow_the_session(world: Inside) -> None:
    arn = between(text_of(world.form("iam", "CreatePolicy", PolicyName="m", PolicyDocument=READ)), "Arn")
    for parameters, status in (
        ({"Policy": READ}, 200),
        ({"Policy": READ.replace("ListAllMyBuckets", "GetObject")}, 403),
        ({"PolicyArns__member__1__arn": arn}, 200),
    ):
        assert world.s3("GET", "/", {}, b"", keys_in(exchange(world, None, **parameters))).status == status


def test_tags_and_a_source_identity_go_with_the_session(world: Inside) -> None:
    allowed = trust("sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity")
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=allowed)
    claims: dict[str, object] = {
        "https://aws.amazon.com/tags": {"principal_tags": {"team": ["ml"]}},
        "https://aws.amazon.com/source_identity": "ann",
    }
    answer = exchange(world, claims)
    assert between(text_of(answer), "SourceIdentity") == "ann"
    condition = {"StringEquals": {"aws:PrincipalTag/team": "ml", "aws:SourceIdentity": "ann", f"{PATH}:sub": "me"}}
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.form("iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=policy)
    assert world.s3("GET", "/", {}, b"", keys_in(answer)).status == 200
    assert world.s3("GET", "/", {}, b"", keys_in(exchange(world))).status == 403


def test_a_provider_that_is_not_registered_is_told(world: Inside) -> None:
    world.form("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER)
    answer = exchange(world)
    assert outcome(answer) == (400, "InvalidIdentityToken")
    assert "No OpenIDConnect provider found" in text_of(answer)


def test_an_issuer_that_aws_has_built_in_needs_no_provider(world: Inside) -> None:
    world.issuers.add("google", "https://accounts.google.com")
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "accounts.google.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"accounts.google.com:sub": "1", "accounts.google.com:aud": "client"}},
    }
    trusts = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=trusts)
    for audience, status in (("client", 200), ("stranger", 403)):
        token = world.issuers.mint("google", {"sub": "1", "azp": audience, "aud": "x"}, algorithm="ES256").reveal()
        assert exchange(world, None, WebIdentityToken=token).status == status


def test_a_role_is_assumed_by_whom_both_sides_let(world: Inside) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
    }
    world.form("iam", "CreateRole", RoleName="t", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    role = f"arn:aws:iam::{ACCOUNT}:role/t"
    may = world.user("may", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role})
    wants = {"RoleArn": role, "RoleSessionName": "s1"}
    assert outcome(world.form("sts", "AssumeRole", may, ExternalId="42", **wants)) == (200, "")
    assert outcome(world.form("sts", "AssumeRole", may, **wants)) == (403, "AccessDenied")
    assert outcome(world.form("sts", "AssumeRole", world.user("may-not"), ExternalId="42", **wants)) == (403, "AccessDenied")
    assert outcome(world.form("sts", "AssumeRole", may, RoleArn=f"{role}x", RoleSessionName="s1")) == (403, "AccessDenied")
    assert outcome(world.form("sts", "AssumeRole", may, Tags__member__1__Key="a", **wants)) == (403, "AccessDenied")


def test_transitive_tags_and_the_source_identity_go_on_to_the_next_role(world: Inside) -> None:
    allowed = trust("sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity")
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=allowed)
    next_role = f"arn:aws:iam::{ACCOUNT}:role/next"
    may_go_on = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": next_role}]})
    world.form("iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=may_go_on)

    def trusting(*actions: str) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": actions}]})

    world.form("iam", "CreateRole", RoleName="next", AssumeRolePolicyDocument=trusting("sts:AssumeRole"))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "ml", "aws:SourceIdentity": "ann"}, "Null": {"aws:PrincipalTag/job": "true"}}
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": condition}
    world.form(
        "iam",
        "PutRolePolicy",
        RoleName="next",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    claims: dict[str, object] = {
        "https://aws.amazon.com/tags": {"principal_tags": {"Team": ["ml"], "job": ["1"]}, "transitive_tag_keys": ["Team"]},
        "https://aws.amazon.com/source_identity": "ann",
    }
    first, wants = keys_in(exchange(world, claims)), {"RoleArn": next_role, "RoleSessionName": "s2"}
    assert outcome(world.form("sts", "AssumeRole", first, **wants)) == (403, "AccessDenied")
    everything = trusting("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="next", PolicyDocument=everything)
    second = world.form("sts", "AssumeRole", first, **wants)
    assert between(text_of(second), "SourceIdentity") == "ann"
    assert world.s3("GET", "/", {}, b"", keys_in(second)).status == 200


def test_a_trust_sees_how_the_token_came(world: Inside) -> None:
    world.form("iam", "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=trust(**{"aws:SecureTransport": "true"}))
    assert outcome(exchange(world)) == (200, "")
    assert outcome(exchange(world, None, Peer())) == (403, "AccessDenied")


def test_what_sts_does_not_have_is_refused(world: Inside) -> None:
    assert outcome(world.form("sts", "AssumeRoleWithSAML")) == (400, "InvalidAction")


def test_a_role_is_assumed_with_tags_that_its_trust_sees(world: Inside) -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": "ml"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": actions, "Condition": condition}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.form("iam", "CreateRole", RoleName="tagged", AssumeRolePolicyDocument=text)
    only = {"StringEquals": {"aws:PrincipalTag/team": "ml", "aws:SourceIdentity": "ann"}}
    reads = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": only}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    world.form("iam", "PutRolePolicy", RoleName="tagged", PolicyName="p", PolicyDocument=policy)

    def assumed(**more: str) -> ServerResponse:
        arn = f"arn:aws:iam::{ACCOUNT}:role/tagged"
        return world.form("sts", "AssumeRole", None, RoleArn=arn, RoleSessionName="s1", **more)

    team = {"Tags__member__1__Key": "team", "Tags__member__1__Value": "ml"}
    answer = assumed(**team, SourceIdentity="ann")
    assert outcome(answer) == (200, "")
    assert world.s3("GET", "/", {}, b"", keys_in(answer)).status == 200
    assert world.s3("GET", "/", {}, b"", keys_in(assumed(**team))).status == 403
    assert outcome(assumed()) == (403, "AccessDenied")
    assert outcome(assumed(**team, Tags__member__2__Key="other", Tags__member__2__Value="1")) == (403, "AccessDenied")
    assert outcome(assumed(**team, Tags__member__2__Key="TEAM", Tags__member__2__Value="1")) == (400, "InvalidParameterValue")


def test_a_user_has_its_own_policies_for_a_while(world: Inside) -> None:
    lists = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "iam:*", "sts:*"], "Resource": "*"}
    keys = world.user("ann", lists)
    session = keys_in(world.form("sts", "GetSessionToken", keys))
    assert world.s3("GET", "/", {}, b"", session).status == 200
    assert between(text_of(world.form("sts", "GetCallerIdentity", session)), "Arn") == f"arn:aws:iam::{ACCOUNT}:user/ann"
    assert outcome(world.form("iam", "ListUsers", keys)) == (200, "")
    assert outcome(world.form("iam", "ListUsers", session)) == (403, "InvalidClientTokenId")
    assert outcome(world.form("sts", "GetSessionToken", session)) == (403, "AccessDenied")
    assert outcome(world.form("sts", "GetSessionToken", keys, DurationSeconds="129601")) == (400, "ValidationError")
    world.form("iam", "DeleteUserPolicy", UserName="ann", PolicyName="p")
    assert world.s3("GET", "/", {}, b"", session).status == 403


def test_a_users_session_ends_with_the_user(world: Inside) -> None:
    lists = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    keys = world.user("ann", lists)
    session = keys_in(world.form("sts", "GetSessionToken", keys))
    world.form("iam", "DeleteUserPolicy", UserName="ann", PolicyName="p")
    world.form("iam", "DeleteAccessKey", UserName="ann", AccessKeyId=keys.access_key)
    world.form("iam", "DeleteUser", UserName="ann")
    world.user("ann", lists)
    assert world.s3("GET", "/", {}, b"", session).status == 403


def test_a_users_tags_are_keys_of_its_requests(world: Inside) -> None:
    only = {"StringEquals": {"aws:PrincipalTag/team": "ml"}}
    keys = world.user("ann", {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": only})
    assert world.s3("GET", "/", {}, b"", keys).status == 403
    world.form("iam", "TagUser", UserName="ann", Tags__member__1__Key="team", Tags__member__1__Value="ml")
    assert world.s3("GET", "/", {}, b"", keys).status == 200


def test_a_session_policy_has_characters_beyond_latin_1_as_escapes_alone(world: Inside) -> None:
    raw = READ.replace('"*"', '"arn:aws:s3:::b/\u65e5*"')
    escaped = READ.replace('"*"', '"arn:aws:s3:::b/\\u65e5*"')
    assert outcome(exchange(world, None, Policy=raw)) == (400, "ValidationError")
    assert outcome(exchange(world, None, Policy=escaped)) == (200, "")


def test_a_managed_session_policy_may_be_larger_than_an_inline_one(world: Inside) -> None:
    assert outcome(exchange(world, None, PolicyArns__member__1__arn="arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")) == (200, "")
