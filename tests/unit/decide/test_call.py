"""Token, role, call."""

import dataclasses

import pytest

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.call import CallDecision, decide_call
from bucketpass.decide.ownership import ObjectOwnership
from bucketpass.policy import parse_policy
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.request import AuthorizationRequest, Connection
from bucketpass.requests.s3 import ObjectFacts, S3Call, S3Target

PROVIDER = TrustedProvider("arn:aws:iam::111122223333:oidc-provider/issuer.example", "https://issuer.example", ("data",))


def document(**statement: object) -> PolicyDocument:
    return parse_policy({"Version": "2012-10-17", "Statement": {"Effect": "Allow"} | statement})


TRUST = document(
    Action="sts:AssumeRoleWithWebIdentity",
    Principal={"Federated": PROVIDER.arn},
    Condition={"StringEquals": {"issuer.example:sub": "trainer", "issuer.example:aud": "data"}},
)
ROLE = TrustedRole("arn:aws:iam::111122223333:role/trainer", NamedPolicy("trust policy", TRUST))
ASKED = WebIdentityRequest(PROVIDER.url, {"sub": "trainer", "aud": "data"}, ROLE, PROVIDER)
READ = document(
    Action="s3:GetObject", Resource="arn:aws:s3:::datasets/raw/*", Condition={"StringEquals": {"issuer.example:sub": "trainer"}}
)


def policies_of(request: AuthorizationRequest) -> PolicySet:
    return PolicySet(identity=(NamedPolicy("data", READ),))


def decided(asked: WebIdentityRequest, key: str) -> CallDecision:
    return decide_call(assume_role_with_web_identity(asked), S3Call("GetObject", "datasets", key), S3Target(), policies_of)


def test_a_token_reaches_the_object_that_its_role_may_read() -> None:
    decision = decided(ASKED, "raw/1")
    assert decision.allowed
    assert decision.reason == "s3:GetObject is allowed by statement 0 of data"


def test_the_sessions_own_keys_reach_the_policies() -> None:
    assert decided(ASKED, "raw/1").requests[0].request.context["issuer.example:sub"] == "trainer"


def test_another_key_is_refused_by_the_role() -> None:
    decision = decided(ASKED, "other/1")
    assert (decision.allowed, decision.reason) == (False, "no identity-based policy allows s3:GetObject")


def test_another_token_is_refused_by_the_trust() -> None:
    decision = decided(dataclasses.replace(ASKED, claims={"sub": "other", "aud": "data"}), "raw/1")
    assert (decision.allowed, decision.requests) == (False, ())
    assert decision.reason == "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_an_acl_that_the_bucket_does_not_take_is_refused_whatever_the_policies_allow() -> None:
    everything = PolicySet(identity=(NamedPolicy("all", document(Action="*", Resource="*")),))
    call = S3Call("PutObject", "datasets", "raw/1", headers={"x-amz-acl": "private"})
    session = assume_role_with_web_identity(ASKED)
    decision = decide_call(session, call, S3Target(), lambda request: everything)
    assert all(one.decision.allowed for one in decision.requests)
    assert (decision.allowed, decision.reason) == (False, "AccessControlListNotSupported: The bucket does not allow ACLs")
    assert decide_call(session, call, S3Target(), lambda request: everything, ownership=ObjectOwnership.OBJECT_WRITER).allowed


def test_a_call_that_makes_no_request_is_not_allowed() -> None:
    decision = decide_call(assume_role_with_web_identity(ASKED), S3Call("DeleteObjects", "datasets"), S3Target(), policies_of)
    assert (decision.allowed, decision.reason) == (False, "the call makes no authorization request")


@pytest.mark.parametrize(("key", "owner"), [("arn:aws:kms:eu-west-1:444455556666:key/1", "444455556666"), ("alias/mine", "777788889999")])
def test_a_keys_account_stands_in_its_arn(key: str, owner: str) -> None:
    target = S3Target("777788889999", ObjectFacts(kms_key=key))
    session = assume_role_with_web_identity(ASKED)
    read, decrypt = decide_call(session, S3Call("GetObject", "datasets", "raw/1"), target, policies_of).requests
    assert (read.request.resource_account, decrypt.request.resource_account) == ("777788889999", owner)


def test_what_is_added_to_a_call_reaches_the_policies() -> None:
    connection = Connection("eu-west-1", secure=False, further={"aws:SourceVpce": "vpce-1"})
    session = assume_role_with_web_identity(ASKED)
    (read,) = decide_call(session, S3Call("GetObject", "datasets", "raw/1"), S3Target(), policies_of, connection).requests
    expected = {"aws:SecureTransport": "false", "aws:SourceVpce": "vpce-1", "aws:RequestedRegion": "eu-west-1"}
    assert read.request.context.items() >= expected.items()


def test_a_bucket_policy_is_not_read_from_another_account_whatever_is_allowed() -> None:
    allow = document(Action="s3:GetBucketPolicy", Resource="arn:aws:s3:::datasets")
    shared = document(Action="s3:GetBucketPolicy", Resource="arn:aws:s3:::datasets", Principal={"AWS": "111122223333"})
    policies = PolicySet(identity=(NamedPolicy("own", allow),), resource=(NamedPolicy("bucket policy", shared),))
    call, session = S3Call("GetBucketPolicy", "datasets"), assume_role_with_web_identity(ASKED)
    assert decide_call(session, call, S3Target("111122223333"), lambda request: policies).allowed
    decision = decide_call(session, call, S3Target("444455556666"), lambda request: policies)
    assert decision.requests[0].decision.refusal == decision.refusal is not None
    assert not decision.allowed
    assert decision.reason.startswith("MethodNotAllowed: ")
