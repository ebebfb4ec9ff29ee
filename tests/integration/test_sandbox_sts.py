"""STS and the issuer as clients use them: tokens for sessions, sessions that end, and what STS will not take."""

import json
import secrets
import ssl
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import Keys, SandboxWorld, code_of, sandbox_world

from bucketpass.errors import SandboxError
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(min_session_seconds=1) as world:
        for key in ("raw/1", "checkpoints/1", "other/1"):
            world.s3().put_object(Bucket="datasets", Key=key, Body=key.encode())
        yield world


def fetch(world: SandboxWorld, url: str, form: dict[str, str] | None = None) -> Any:
    trusted = ssl.create_default_context(cafile=str(world.sandbox.ca_file))
    data = urlencode(form).encode() if form is not None else None
    with urllib.request.urlopen(url, data=data, context=trusted) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith("{") else text


def test_a_services_token_becomes_its_session(world: SandboxWorld) -> None:
    token = world.sandbox.mint("trainer")
    answer = world.sts().assume_role_with_web_identity(
        RoleArn=world.role_arn("trainer"), RoleSessionName="me", WebIdentityToken=token.reveal()
    )
    assert answer["SubjectFromWebIdentityToken"] == "0oa1trainer"
    assert answer["Audience"] == "s3-data"
    assert answer["Provider"] == f"arn:aws:iam::{world.account}:oidc-provider/acme.okta.com/oauth2/default"
    session = f"arn:aws:sts::{world.account}:assumed-role/bucketpass-trainer/me"
    assert answer["AssumedRoleUser"]["Arn"] == session
    identity = world.sts(Keys.of(answer["Credentials"])).get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (session, answer["AssumedRoleUser"]["AssumedRoleId"])


def test_a_session_does_what_was_declared_and_nothing_else(world: SandboxWorld) -> None:
    trainer, evaluator = world.service("trainer"), world.service("evaluator")
    assert trainer.get_object(Bucket="datasets", Key="raw/1")["Body"].read() == b"raw/1"
    trainer.put_object(Bucket="datasets", Key="checkpoints/2", Body=b"2")
    assert evaluator.get_object(Bucket="datasets", Key="checkpoints/2")["Body"].read() == b"2"
    listed = evaluator.list_objects_v2(Bucket="datasets", Prefix="checkpoints/")["Contents"]
    assert [found["Key"] for found in listed] == ["checkpoints/1", "checkpoints/2"]
    for refuse in (
        lambda: trainer.put_object(Bucket="datasets", Key="raw/2", Body=b""),
        lambda: trainer.get_object(Bucket="datasets", Key="other/1"),
        lambda: trainer.list_objects_v2(Bucket="datasets"),
        lambda: trainer.list_objects_v2(Bucket="datasets", Prefix="other/"),
        lambda: evaluator.put_object(Bucket="datasets", Key="checkpoints/3", Body=b""),
        lambda: evaluator.delete_object(Bucket="datasets", Key="checkpoints/1"),
        lambda: evaluator.get_bucket_policy(Bucket="datasets"),
        evaluator.list_buckets,
    ):
        with pytest.raises(ClientError) as refused:
            refuse()
        assert code_of(refused.value) == "AccessDenied"


def test_plain_http_is_refused_where_the_bucket_demands_tls(world: SandboxWorld) -> None:
    trainer = world.service("trainer", scheme="http")
    with pytest.raises(ClientError) as refused:
        trainer.get_object(Bucket="datasets", Key="raw/1")
    assert code_of(refused.value) == "AccessDenied"
    assert "explicit deny in a resource-based policy" in str(refused.value)


def test_a_session_ends(world: SandboxWorld) -> None:
    trainer = world.service("trainer", DurationSeconds=1)
    trainer.get_object(Bucket="datasets", Key="raw/1")
    time.sleep(1.1)
    with pytest.raises(ClientError) as ended:
        trainer.get_object(Bucket="datasets", Key="raw/1")
    assert code_of(ended.value) == "ExpiredToken"


def test_a_session_policy_narrows_the_session(world: SandboxWorld) -> None:
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/raw/1"}
    narrowed = world.service("trainer", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    assert narrowed.get_object(Bucket="datasets", Key="raw/1")["Body"].read() == b"raw/1"
    with pytest.raises(ClientError) as refused:
        narrowed.put_object(Bucket="datasets", Key="checkpoints/9", Body=b"")
    assert code_of(refused.value) == "AccessDenied"
    assert "session policy" in str(refused.value)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"DurationSeconds": 43201}, "ValidationError"),
        ({"DurationSeconds": 7200}, "ValidationError"),
        ({"RoleSessionName": "no spaces"}, "ValidationError"),
        ({"RoleArn": "arn:aws:iam::111122223333:role/nobody-here"}, "AccessDenied"),
        ({"RoleArn": "arn:aws:iam::111122223333:user/trainer"}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"Policy": " " * 2049}, "ValidationError"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::111122223333:policy/nothing"}]}, "InvalidParameterValue"),
    ],
)
def test_what_sts_does_not_take_is_refused_with_its_code(world: SandboxWorld, options: dict[str, Any], code: str) -> None:
    asked = {
        "RoleArn": world.role_arn("trainer"),
        "RoleSessionName": "me",
        "WebIdentityToken": world.sandbox.mint("trainer").reveal(),
        **options,
    }
    with pytest.raises(ClientError) as refused:
        world.sts().assume_role_with_web_identity(**asked)
    assert code_of(refused.value) == code


def test_session_tags_that_are_too_many_bytes_are_refused(world: SandboxWorld) -> None:
    tags = {f"tag-{number}": [secrets.token_hex(60)] for number in range(45)}
    claims = {"https://aws.amazon.com/tags": {"principal_tags": tags}}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{world.account}:oidc-provider/acme.okta.com/oauth2/default"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Condition": {"StringEquals": {"acme.okta.com/oauth2/default:sub": "0oa1trainer"}},
    }
    role = world.allow("tagged", trust=trust)
    few = world.sandbox.mint("trainer", claims={"https://aws.amazon.com/tags": {"principal_tags": {"team": ["ml"]}}})
    world.sts().assume_role_with_web_identity(RoleArn=role, RoleSessionName="me", WebIdentityToken=few.reveal())
    many = world.sandbox.mint("trainer", claims=claims)
    with pytest.raises(ClientError) as refused:
        world.sts().assume_role_with_web_identity(RoleArn=role, RoleSessionName="me", WebIdentityToken=many.reveal())
    assert code_of(refused.value) == "PackedPolicyTooLarge"


def test_sts_takes_get_and_post_on_both_schemes_and_on_the_s3_port(world: SandboxWorld) -> None:
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": world.role_arn("trainer"),
        "RoleSessionName": "me",
        "WebIdentityToken": world.sandbox.mint("trainer").reveal(),
    }
    for base in (world.sandbox.https_url, world.sandbox.http_url):
        assert "<AccessKeyId>ASIA" in fetch(world, f"{base}/?{urlencode(form)}")
        assert "<AccessKeyId>ASIA" in fetch(world, f"{base}/", form)


def test_the_issuers_pages_are_those_of_the_declared_issuer(world: SandboxWorld) -> None:
    base = f"{world.sandbox.https_url}/_oidc/okta"
    configuration = fetch(world, f"{base}/.well-known/openid-configuration")
    assert configuration["issuer"] == "https://acme.okta.com/oauth2/default"
    assert configuration["jwks_uri"] == f"{base}/jwks"
    keys = fetch(world, configuration["jwks_uri"])["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES256"}
    assert not any({"d", "p", "q"} & set(key) for key in keys)


def test_the_token_endpoint_gives_a_declared_client_its_token(world: SandboxWorld) -> None:
    mock, client = next(pair for pair in world.sandbox.issuers.clients() if pair[1].id == "trainer")
    endpoint = f"{world.sandbox.https_url}{mock.path}/token"
    form = {"grant_type": "client_credentials", "client_id": "trainer", "client_secret": client.secret.reveal()}
    token = fetch(world, endpoint, form)["access_token"]
    world.sts().assume_role_with_web_identity(RoleArn=world.role_arn("trainer"), RoleSessionName="me", WebIdentityToken=token)
    for wrong in ({"client_secret": "guess"}, {"client_id": "evaluator"}, {"client_id": world.admin.access_key_id}):
        with pytest.raises(HTTPError) as refused:
            fetch(world, endpoint, {**form, **wrong})
        assert refused.value.code == 401
        refused.value.close()


def test_the_administrator_gets_a_token_with_any_claims(world: SandboxWorld) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": world.admin.access_key_id,
        "client_secret": world.admin.secret,
        "claims": json.dumps({"sub": "0oa1trainer", "aud": "s3-data"}),
        "algorithm": "ES256",
    }
    token = fetch(world, f"{world.sandbox.https_url}/_oidc/okta/token", form)["access_token"]
    world.sts().assume_role_with_web_identity(RoleArn=world.role_arn("trainer"), RoleSessionName="me", WebIdentityToken=token)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_keys_rotate_while_sessions_and_old_tokens_live(world: SandboxWorld, algorithm: str) -> None:
    old = world.sandbox.mint("trainer", algorithm=algorithm)
    session = world.service("trainer")
    world.sandbox.issuers.rotate("okta")
    new = world.sandbox.mint("trainer", algorithm=algorithm)
    for token in (old, new):
        world.assume("trainer", token)
    world.sandbox.issuers.rotate("okta", forget=True)
    with pytest.raises(ClientError) as refused:
        world.assume("trainer", new)
    assert code_of(refused.value) == "InvalidIdentityToken"
    session.get_object(Bucket="datasets", Key="raw/1")


def test_a_role_of_the_account_is_assumed_with_a_key_that_may(world: SandboxWorld) -> None:
    target = world.allow("target", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    may = world.user("may-assume", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": target})
    may_not = world.user("may-not-assume")
    session = Keys.of(world.sts(may).assume_role(RoleArn=target, RoleSessionName="me")["Credentials"])
    assert world.sts(session).get_caller_identity()["Arn"].endswith(":assumed-role/target/me")
    world.s3(session).list_buckets()
    for keys in (may_not, session):
        with pytest.raises(ClientError) as refused:
            world.sts(keys).assume_role(RoleArn=target, RoleSessionName="me")
        assert code_of(refused.value) == "AccessDenied"


def test_sessions_of_a_role_that_was_made_anew_are_not_sessions_of_the_new_one(world: SandboxWorld) -> None:
    read = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    target = world.allow("recreated", read)
    caller = world.user("assumes-recreated", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    session = Keys.of(world.sts(caller).assume_role(RoleArn=target, RoleSessionName="me")["Credentials"])
    world.s3(session).list_buckets()
    world.iam().delete_role_policy(RoleName="recreated", PolicyName="inline")
    world.iam().delete_role(RoleName="recreated")
    world.allow("recreated", read)
    with pytest.raises(ClientError) as refused:
        world.s3(session).list_buckets()
    assert code_of(refused.value) == "AccessDenied"


def test_a_process_has_one_sandbox_at_a_time(world: SandboxWorld) -> None:
    with pytest.raises(SandboxError, match="this process has a sandbox already"):
        Sandbox(SandboxOptions()).start()


def test_every_decision_is_in_the_event_log_and_no_secret(world: SandboxWorld) -> None:
    before = world.sandbox.events.since()[-1].number
    token = world.sandbox.mint("trainer")
    keys = world.assume("trainer", token)
    world.s3(keys).get_object(Bucket="datasets", Key="raw/1")
    with pytest.raises(ClientError):
        world.s3(keys).get_object(Bucket="datasets", Key="other/1")
    events = world.sandbox.events.since(before)
    assert [(event.operation, event.allowed, event.error) for event in events] == [
        ("AssumeRoleWithWebIdentity", True, ""),
        ("GetObject", True, ""),
        ("GetObject", False, "AccessDenied"),
    ]
    assert events[1].principal.endswith(":assumed-role/bucketpass-trainer/trainer-session")
    result = events[1].authorizations[0]
    assert (result.action, result.resource) == ("s3:GetObject", "arn:aws:s3:::datasets/raw/1")
    assert result.decision.statements
    for secret in (token.reveal(), keys.secret, keys.token or "", world.admin.secret):
        assert secret not in repr(events)
