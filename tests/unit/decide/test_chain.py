"""Token, role, call."""

import dataclasses

import pytest

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.assume_role import Provider, Role, WebIdentityRequest
from bucketpass.decide.calls import Question, S3Call
from bucketpass.decide.chain import Chain, decide_chain
from bucketpass.decide.ownership import ObjectOwnership
from bucketpass.policy import parse_policy
from bucketpass.policy.document import PolicyDocument

PROVIDER = Provider("arn:aws:iam::111122223333:oidc-provider/issuer.example", "https://issuer.example", ("data",))


def document(**statement: object) -> PolicyDocument:
    return parse_policy({"Version": "2012-10-17", "Statement": {"Effect": "Allow"} | statement})


TRUST = document(
    Action="sts:AssumeRoleWithWebIdentity",
    Principal={"Federated": PROVIDER.arn},
    Condition={"StringEquals": {"issuer.example:sub": "trainer", "issuer.example:aud": "data"}},
)
ROLE = Role("arn:aws:iam::111122223333:role/trainer", NamedPolicy("trust policy", TRUST))
ASKED = WebIdentityRequest(PROVIDER.url, {"sub": "trainer", "aud": "data"}, ROLE, PROVIDER)
READ = document(
    Action="s3:GetObject", Resource="arn:aws:s3:::datasets/raw/*", Condition={"StringEquals": {"issuer.example:sub": "trainer"}}
)


def layers_of(question: Question) -> PolicySet:
    return PolicySet(identity=(NamedPolicy("data", READ),))


def decided(asked: WebIdentityRequest, key: str) -> Chain:
    return decide_chain(asked, S3Call("GetObject", "datasets", key), layers_of)


def test_a_token_reaches_the_object_that_its_role_may_read() -> None:
    chain = decided(ASKED, "raw/1")
    assert chain.allowed
    assert chain.reason == "s3:GetObject allowed by statement 0 of data"


def test_the_sessions_own_keys_reach_the_policies() -> None:
    assert decided(ASKED, "raw/1").steps[0].request.context["issuer.example:sub"] == "trainer"


def test_another_key_is_refused_by_the_role() -> None:
    chain = decided(ASKED, "other/1")
    assert (chain.allowed, chain.reason) == (False, "s3:GetObject not allowed by identity policies")


def test_another_token_is_refused_by_the_trust() -> None:
    chain = decided(dataclasses.replace(ASKED, claims={"sub": "other", "aud": "data"}), "raw/1")
    assert (chain.allowed, chain.steps) == (False, ())
    assert chain.reason == "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_an_acl_that_the_bucket_does_not_take_is_refused_whatever_the_policies_allow() -> None:
    everything = PolicySet(identity=(NamedPolicy("all", document(Action="*", Resource="*")),))
    call = S3Call("PutObject", "datasets", "raw/1", headers={"x-amz-acl": "private"})
    chain = decide_chain(ASKED, call, lambda question: everything)
    assert all(step.decision.allowed for step in chain.steps)
    assert (chain.allowed, chain.reason) == (False, "AccessControlListNotSupported: The bucket does not allow ACLs")
    written = dataclasses.replace(call, ownership=ObjectOwnership.OBJECT_WRITER)
    assert decide_chain(ASKED, written, lambda question: everything).allowed


def test_a_call_that_asks_nothing_is_not_allowed() -> None:
    assert not decide_chain(ASKED, S3Call("DeleteObjects", "datasets"), layers_of).allowed


@pytest.mark.parametrize(("key", "owner"), [("arn:aws:kms:eu-west-1:444455556666:key/1", "444455556666"), ("alias/mine", "777788889999")])
def test_a_keys_account_stands_in_its_arn(key: str, owner: str) -> None:
    call = S3Call("GetObject", "datasets", "raw/1", kms_key=key, region="eu-west-1")
    read, decrypt = decide_chain(ASKED, call, layers_of, resource_account="777788889999").steps
    assert (read.request.resource_account, decrypt.request.resource_account) == ("777788889999", owner)


def test_aws_sets_its_usual_keys_and_the_request_its_own() -> None:
    call = S3Call("GetObject", "datasets", "raw/1", kms_key="arn:aws:kms:eu-west-1:111122223333:key/1", region="eu-west-1")
    read, decrypt = decide_chain(ASKED, call, layers_of, context={"aws:SecureTransport": "false"}).steps
    usual = {"aws:ResourceAccount": "111122223333", "aws:RequestedRegion": "eu-west-1"}
    of_s3 = {"s3:ResourceAccount": "111122223333", "aws:ViaAWSService": "false", "aws:SecureTransport": "false"}
    # S3 asks KMS with TLS, however it was asked itself.
    of_kms = {"kms:CallerAccount": "111122223333", "aws:ViaAWSService": "true", "aws:SecureTransport": "true"}
    assert read.request.context.items() >= (usual | of_s3).items()
    assert decrypt.request.context.items() >= (usual | of_kms).items()
