"""Further policies and trust statements, used by real boto3 at the sandbox."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import Keys, SandboxWorld, code_of, sandbox_world

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  datasets: {}
  models: {}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants: {bucket: datasets, prefix: raw/, access: read}
    trust: ["arn:aws:iam::111122223333:user/engineer"]
    policies:
      - Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::models/*"}
          - {Effect: Deny, Action: "s3:GetObject", Resource: "arn:aws:s3:::datasets/raw/secret/*"}
"""


@dataclass
class Engineers:
    """The sandbox, and the keys of two users: one that the role trusts, one that it does not."""

    world: SandboxWorld
    keys: dict[str, Keys]


@pytest.fixture(scope="module")
def engineers() -> Iterator[Engineers]:
    with sandbox_world(ACCESS, deploy=False) as world:
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        keys = {name: world.user(name, assume) for name in ("engineer", "other")}
        world.deploy()
        for bucket, key in (("datasets", "raw/1"), ("datasets", "raw/secret/1"), ("models", "m/1")):
            world.s3().put_object(Bucket=bucket, Key=key, Body=b"x")
        yield Engineers(world, keys)


def test_the_service_has_what_its_policy_adds_and_not_what_it_denies(engineers: Engineers) -> None:
    s3 = engineers.world.service("trainer")
    assert s3.get_object(Bucket="models", Key="m/1")["Body"].read() == b"x"
    assert s3.get_object(Bucket="datasets", Key="raw/1")["Body"].read() == b"x"
    for bucket, key in (("datasets", "raw/secret/1"), ("models", "")):
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket=bucket, Key=key) if key else s3.list_objects_v2(Bucket=bucket)
        assert code_of(refused.value) == "AccessDenied"


def test_whom_trust_names_assumes_the_role_and_nobody_else(engineers: Engineers) -> None:
    world = engineers.world
    answer = world.sts(engineers.keys["engineer"]).assume_role(RoleArn=world.role_arn("trainer"), RoleSessionName="debug")
    assert world.s3(Keys.of(answer["Credentials"])).get_object(Bucket="datasets", Key="raw/1")["Body"].read() == b"x"
    with pytest.raises(ClientError) as refused:
        world.sts(engineers.keys["other"]).assume_role(RoleArn=world.role_arn("trainer"), RoleSessionName="debug")
    assert code_of(refused.value) == "AccessDenied"
