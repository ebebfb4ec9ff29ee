"""What the program makes of a live policy: under Pulumi's own AWS provider, too, nothing that others wrote is lost."""

import json
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from pulumi.runtime import mocks
from tests.pulumi_programs import Registered, registered

from bucketpass.errors import ProvisionError, QuotaError
from bucketpass.model import parse_access
from bucketpass.policy.shared import marks, others
from bucketpass.provision import FederatedAccess

ACCESS = """
issuers: {ci: {preset: github}}
buckets: {data: {create: false%s}}
services: {eval: {identity: {issuer: ci, repository: acme/eval, branch: main}, grants: [{bucket: data, access: read}]}}
"""
THEIRS = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::data"}


class Refused(grpc.RpcError):
    """An answer of the engine that a call failed."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self._words = words

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return self._words


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def made(live: str | None, declared: str = "") -> Registered:
    """The policy that the program registers for an adopted bucket with a live policy."""

    def answer(args: mocks.MockCallArgs) -> Mapping[str, Any]:
        if args.token == "aws:s3/getBucketPolicy:getBucketPolicy":
            if live is None:
                raise Refused("reading S3 Bucket Policy (data): couldn't find resource")
            return {"bucket": "data", "id": "data", "policy": live}
        return {}

    found = registered(lambda: FederatedAccess("ai", access=parse_access(ACCESS % declared)), calls=answer)
    return next(resource for resource in found if resource.type.endswith(":BucketPolicy"))


def test_the_statements_of_others_are_in_it_and_ours_are_marked() -> None:
    resource = made(policy(THEIRS))
    (mark,) = marks(resource.inputs["policy"])
    assert others(resource.inputs["policy"], mark) == (THEIRS,)
    assert resource.retain_on_delete


def test_a_bucket_without_a_policy_gets_ours_alone() -> None:
    written = made(None).inputs["policy"]
    (mark,) = marks(written)
    assert others(written, mark) == ()


def test_a_declared_policy_has_to_be_the_live_one() -> None:
    declared = f", policy: '{policy(THEIRS)}'"
    assert made(policy(THEIRS), declared).inputs["policy"] == made(policy(THEIRS)).inputs["policy"]
    with pytest.raises(ProvisionError, match=r"is not what `policy` declares: not in the live policy: .*Theirs"):
        made(None, declared)
    with pytest.raises(ProvisionError, match=r"not in the declaration: .*Theirs"):
        made(policy(THEIRS), ", policy: none")


def test_an_answer_that_is_not_understood_is_not_taken_for_no_policy() -> None:
    def refused(args: mocks.MockCallArgs) -> Mapping[str, Any]:
        if args.token == "aws:s3/getBucketPolicy:getBucketPolicy":
            raise Refused("AccessDenied")
        return {}

    with pytest.raises(Exception, match="AccessDenied"):
        registered(lambda: FederatedAccess("ai", access=parse_access(ACCESS % "")), calls=refused)


def test_what_does_not_fit_with_what_others_wrote_is_refused_with_the_size() -> None:
    large = {**THEIRS, "Condition": {"StringNotEquals": {"aws:PrincipalTag/x": ["v" * 20_000]}}}
    with pytest.raises(QuotaError, match=r"would have 2\d{4} bytes with what others wrote, AWS takes 20480"):
        made(policy(large))
