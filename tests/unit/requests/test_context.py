"""The context of a request, and the presence of keys."""

from datetime import UTC, datetime

import pytest

from bucketpass.requests import callers
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.context import context_of, presence, request_key
from bucketpass.requests.key import KeyType, Presence
from bucketpass.requests.request import Connection, RequestedSession, RequestFacts

ROLE = "arn:aws:iam::111122223333:role/trainer"
SESSION = callers.role_session(
    ROLE, "run", role_id="AROAX", role_tags={"team": "ml"}, session_tags={"Team": "eval"}, claims={"issuer.example:sub": "trainer"}
)


@pytest.mark.parametrize(
    ("name", "type_", "multivalued"),
    [
        ("AWS:principalarn", KeyType.ARN, False),
        ("aws:PrincipalTag/Team", KeyType.STRING, False),
        ("aws:TagKeys", KeyType.STRING, True),
        ("kms:EncryptionContext:aws:s3:arn", KeyType.STRING, False),
        ("s3:max-keys", KeyType.NUMERIC, False),
    ],
)
def test_a_key_is_known_by_its_name_or_family(name: str, type_: KeyType, multivalued: bool) -> None:
    key = request_key(name)
    assert key is not None
    assert (key.type, key.multivalued) == (type_, multivalued)


@pytest.mark.parametrize("name", ["", "aws:PrincipalTags", "aws:Nothing/x", "issuer.example:sub"])
def test_other_names_are_not_known(name: str) -> None:
    assert request_key(name) is None


@pytest.mark.parametrize(
    ("name", "kind", "action", "expected"),
    [
        ("aws:PrincipalIsAWSService", PrincipalKind.ANONYMOUS, "s3:GetObject", Presence.NEVER),
        ("aws:principalisawsservice", PrincipalKind.USER, "s3:GetObject", Presence.ALWAYS),
        ("aws:PrincipalTag/team", PrincipalKind.ROLE_SESSION, "s3:GetObject", Presence.SOMETIMES),
        ("aws:PrincipalArn", PrincipalKind.WEB_IDENTITY, "sts:AssumeRoleWithWebIdentity", Presence.NEVER),
        ("aws:SourceArn", PrincipalKind.ROLE_SESSION, "s3:GetObject", Presence.NEVER),
        ("s3:prefix", PrincipalKind.USER, "s3:listbucket", Presence.SOMETIMES),
        ("s3:prefix", PrincipalKind.USER, "s3:GetObject", Presence.NEVER),
        ("s3:ExistingObjectTag/a", PrincipalKind.USER, "s3:DeleteObject", Presence.NEVER),
        ("s3:VersionId", PrincipalKind.USER, "s3:GetObjectVersion", Presence.ALWAYS),
        ("kms:ViaService", PrincipalKind.USER, "s3:GetObject", Presence.NEVER),
        ("aws:New", PrincipalKind.USER, "s3:GetObject", Presence.SOMETIMES),
        ("s3:New", PrincipalKind.USER, "s3:GetObject", Presence.SOMETIMES),
        ("s3:New", PrincipalKind.USER, "kms:Decrypt", Presence.NEVER),
        ("issuer.example:sub", PrincipalKind.ROLE_SESSION, "s3:GetObject", Presence.SOMETIMES),
        ("issuer.example:ref", PrincipalKind.ROLE_SESSION, "s3:GetObject", Presence.NEVER),
        ("issuer.example:sub", PrincipalKind.USER, "s3:GetObject", Presence.NEVER),
        ("issuer.example:aud", PrincipalKind.WEB_IDENTITY, "sts:AssumeRoleWithWebIdentity", Presence.ALWAYS),
    ],
)
def test_a_key_is_present_by_caller_and_action(name: str, kind: PrincipalKind, action: str, expected: Presence) -> None:
    assert presence(name, kind, action) is expected


def test_a_session_brings_its_role_tags_and_claims() -> None:
    context = context_of(RequestFacts(SESSION, Connection(), "s3:GetObject", "111122223333"))
    expected = {
        "aws:PrincipalArn": ROLE,
        "aws:PrincipalAccount": "111122223333",
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": "AROAX:run",
        "aws:PrincipalTag/Team": "eval",
        "issuer.example:sub": "trainer",
        "aws:SecureTransport": "true",
        "s3:authType": "REST-HEADER",
    }
    assert context.items() >= expected.items()
    assert "aws:PrincipalTag/team" not in context


def test_an_unsigned_request_says_that_it_is_anonymous_and_nothing_of_a_signature() -> None:
    context = context_of(RequestFacts(callers.ANONYMOUS, Connection(), "s3:GetObject", "111122223333"))
    expected = {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"}
    assert context.items() >= expected.items()
    assert not context.keys() & {"aws:PrincipalIsAWSService", "aws:PrincipalArn", "s3:authType", "s3:signatureversion", "s3:signatureAge"}


def test_the_connection_tells_the_time_and_the_way() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    connection = Connection("eu-west-1", secure=False, source_ip="10.0.0.1", time=noon, referer="https://x.example", signature_age=10)
    context = context_of(RequestFacts(SESSION, connection, "s3:GetObject"))
    expected = {
        "aws:SecureTransport": "false",
        "aws:SourceIp": "10.0.0.1",
        "aws:CurrentTime": "2026-01-01T12:00:00Z",
        "aws:EpochTime": str(int(noon.timestamp())),
        "aws:RequestedRegion": "eu-west-1",
        "aws:referer": "https://x.example",
        "s3:signatureAge": "10",
    }
    assert context.items() >= expected.items()
    assert "s3:TlsVersion" not in context


def test_what_is_added_never_replaces_what_aws_sets_in_whatever_letters() -> None:
    further = {
        "AWS:PRINCIPALTAG/TEAM": "root",
        "aws:principalarn": "arn:aws:iam::111122223333:role/other",
        "aws:securetransport": "false",
        "aws:SourceVpce": "vpce-1",
        "s3:prefix": "raw/",
    }
    context = context_of(RequestFacts(SESSION, Connection(further=further), "s3:GetObject"))
    assert {name: value for name, value in context.items() if name in further} == {
        "aws:securetransport": "false",
        "aws:SourceVpce": "vpce-1",
    }
    assert "aws:SecureTransport" not in context
    to_kms = context_of(RequestFacts(SESSION, Connection(further=further), "kms:Decrypt", via_service="s3.us-east-1.amazonaws.com"))
    assert (to_kms["aws:SecureTransport"], "aws:securetransport" in to_kms) == ("true", False)


def test_a_session_is_named_where_a_role_is_asked_for() -> None:
    session = RequestedSession("run", {"team": "ml"}, ("team",), "ann", authorized_by_idp=False, claims={"issuer.example:aud": "data"})
    caller = callers.web_identity("arn:aws:iam::111122223333:oidc-provider/issuer.example", "111122223333")
    context = context_of(RequestFacts(caller, Connection(), "sts:AssumeRoleWithWebIdentity", "111122223333", session=session))
    expected = {
        "sts:RoleSessionName": "run",
        "aws:RequestTag/team": "ml",
        "aws:TagKeys": ("team",),
        "sts:TransitiveTagKeys": ("team",),
        "sts:SourceIdentity": "ann",
        "sts:RoleAuthorizedByIdp": "false",
        "issuer.example:aud": "data",
        "aws:userid": caller.principal.arn,
        "aws:PrincipalAccount": "111122223333",
        "aws:PrincipalType": "User",
    }
    assert context.items() >= expected.items()
    assert not context.keys() & {"aws:PrincipalArn", "aws:PrincipalIsAWSService", "sts:ExternalId"}
