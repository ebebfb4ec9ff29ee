from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import Inside, inside

from bucketpass.decide import Decision, PolicyType, StatementRef
from bucketpass.requests.context import authorization_request
from bucketpass.sandbox.authorizer import Authorizer, denial, parse_stored
from bucketpass.sandbox.credentials import ANONYMOUS
from bucketpass.sandbox.events import AuthorizationResult
from bucketpass.sandbox.wire_errors import Protocol

RESOURCE = "arn:aws:s3:::bucket/k"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": RESOURCE}


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        yield world


def test_the_same_text_is_the_same_document() -> None:
    text = '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
    assert parse_stored(text) is parse_stored(text)


def test_a_policy_that_cannot_be_read_denies(world: Inside) -> None:
    keys = world.user("u", READ)
    credential = world.credentials.find(keys.access_key)
    assert credential is not None
    authorizer = Authorizer(world.state)
    request = authorization_request(credential.requester.caller, "s3:GetObject", RESOURCE)
    assert authorizer.decide(credential.requester, request).decision.allowed
    world.state._iam.users["u"].policies["p"] = "not a policy"
    world.state._world.generation += 1
    result = authorizer.decide(credential.requester, request)
    assert not result.decision.allowed
    assert "cannot be read" in result.decision.reason


def test_what_is_remembered_is_forgotten_with_every_change(world: Inside) -> None:
    keys = world.user("u", READ)
    credential = world.credentials.find(keys.access_key)
    assert credential is not None
    authorizer = Authorizer(world.state)
    request = authorization_request(credential.requester.caller, "s3:GetObject", RESOURCE)
    assert authorizer.decide(credential.requester, request).decision.allowed
    world.form("iam", "DeleteUserPolicy", UserName="u", PolicyName="p")
    assert not authorizer.decide(credential.requester, request).decision.allowed


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision(False, False, "", (), (PolicyType.IDENTITY,)), "because no identity-based policy allows the s3:GetObject action"),
        (Decision(False, False, "", (), (PolicyType.SESSION,)), "because no session policy allows the s3:GetObject action"),
        (Decision(False, False, "", (), (PolicyType.BOUNDARY,)), "because no permissions boundary allows the s3:GetObject action"),
        (Decision(False, True, "", (StatementRef("x", 0),), (PolicyType.RESOURCE,)), "with an explicit deny in a resource-based policy"),
        (Decision(False, True, "", (StatementRef("x", 0),), (PolicyType.IDENTITY,)), "with an explicit deny in an identity-based policy"),
    ],
)
def test_a_refusal_is_in_awss_words(decision: Decision, words: str) -> None:
    error = denial(ANONYMOUS, AuthorizationResult("s3:GetObject", RESOURCE, decision), Protocol.S3)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f'User: anonymous is not authorized to perform: s3:GetObject on resource: "{RESOURCE}" {words}'
