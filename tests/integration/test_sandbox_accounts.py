"""Two accounts in one sandbox: buckets, roles, keys and tokens across them, decided on both sides, over HTTP with boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import Keys, SandboxWorld, code_of, sandbox_world

OWN, OTHER = "111122223333", "999988887777"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.fixture
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None, account=OWN, further_accounts=(OTHER,)) as world:
        yield world


@pytest.fixture
def other(world: SandboxWorld) -> Keys:
    key = world.sandbox.further_administrators[OTHER]
    return Keys(key.access_key_id, key.secret.reveal())


def document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def user(world: SandboxWorld, admin: Keys, name: str, *statements: Mapping[str, object]) -> Keys:
    iam = world.iam(admin)
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return code_of(error.value)


def test_each_account_has_its_own_names_and_buckets(world: SandboxWorld, other: Keys) -> None:
    assert world.sts(other).get_caller_identity()["Account"] == OTHER
    for admin, account in ((world.admin, OWN), (other, OTHER)):
        arn = world.iam(admin).create_role(RoleName="r", AssumeRolePolicyDocument=document(trust(account)))["Role"]["Arn"]
        assert arn == f"arn:aws:iam::{account}:role/r"
    world.s3().create_bucket(Bucket="own-bucket")
    world.s3(other).create_bucket(Bucket="other-bucket")
    assert [bucket["Name"] for bucket in world.s3().list_buckets()["Buckets"]] == ["own-bucket"]
    assert [bucket["Name"] for bucket in world.s3(other).list_buckets()["Buckets"]] == ["other-bucket"]
    assert refused(world.s3().create_bucket, Bucket="other-bucket") == "BucketAlreadyExists"
    world.s3(other).put_object(Bucket="other-bucket", Key="k", Body=b"x")
    assert refused(world.s3().get_object, Bucket="other-bucket", Key="k") == "AccessDenied"
    assert refused(world.s3().delete_bucket, Bucket="other-bucket") == "AccessDenied"
    assert refused(world.s3().get_bucket_policy, Bucket="other-bucket") == "AccessDenied"


def trust(account: str) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}


def test_a_bucket_is_read_across_accounts_where_both_sides_allow(world: SandboxWorld, other: Keys) -> None:
    world.s3().create_bucket(Bucket="data")
    world.s3().put_object(Bucket="data", Key="k", Body=b"x")
    may, may_not = user(world, other, "may", READ), user(world, other, "may-not", {**READ, "Action": "s3:PutObject"})
    assert refused(world.s3(may).get_object, Bucket="data", Key="k") == "AccessDenied"
    grant = {**READ, "Principal": {"AWS": OTHER}, "Resource": "arn:aws:s3:::data/*"}
    world.s3().put_bucket_policy(Bucket="data", Policy=document(grant))
    assert world.s3(may).get_object(Bucket="data", Key="k")["Body"].read() == b"x"
    assert refused(world.s3(may_not).get_object, Bucket="data", Key="k") == "AccessDenied"
    direct = {**grant, "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/may-not"}}
    world.s3().put_bucket_policy(Bucket="data", Policy=document(direct))
    # Across accounts a grant to the user itself is not enough either.
    assert refused(world.s3(may_not).get_object, Bucket="data", Key="k") == "AccessDenied"
    assert f":{OTHER}:user/may-not" in world.s3().get_bucket_policy(Bucket="data")["Policy"]
    unknown = {**grant, "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/nobody"}}
    assert refused(world.s3().put_bucket_policy, Bucket="data", Policy=document(unknown)) == "MalformedPolicy"


def test_a_bucket_policy_is_its_own_accounts_alone_also_where_another_is_allowed(world: SandboxWorld, other: Keys) -> None:
    world.s3().create_bucket(Bucket="owned")
    writer = user(world, other, "writer", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    grant = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:*", "Resource": "arn:aws:s3:::owned"}
    world.s3().put_bucket_policy(Bucket="owned", Policy=document(grant))
    assert refused(world.s3(writer).get_bucket_policy, Bucket="owned") == "MethodNotAllowed"
    assert refused(world.s3(writer).put_bucket_policy, Bucket="owned", Policy=document(grant)) == "MethodNotAllowed"
    assert refused(world.s3(writer).delete_bucket_policy, Bucket="owned") == "MethodNotAllowed"
    assert world.s3(writer).get_bucket_acl(Bucket="owned")["Owner"] != world.s3(writer).list_buckets()["Owner"]


def test_a_role_is_assumed_across_accounts_where_both_sides_allow(world: SandboxWorld, other: Keys) -> None:
    arn = world.iam().create_role(RoleName="r", AssumeRolePolicyDocument=document(trust(OTHER)))["Role"]["Arn"]
    assumes = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    may, may_not = user(world, other, "may", assumes), user(world, other, "may-not", READ)
    made = world.sts(may).assume_role(RoleArn=arn, RoleSessionName="s1")
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OWN}:assumed-role/r/s1"
    session = Keys.of(made["Credentials"])
    assert world.sts(session).get_caller_identity()["Account"] == OWN
    assert refused(world.sts(may_not).assume_role, RoleArn=arn, RoleSessionName="s1") == "AccessDenied"
    assert refused(world.sts(may).assume_role, RoleArn=arn.replace(OWN, "123412341234"), RoleSessionName="s1") == "AccessDenied"
    own = user(world, world.admin, "own", assumes)
    assert refused(world.sts(own).assume_role, RoleArn=arn, RoleSessionName="s1") == "AccessDenied"


def test_a_key_of_another_account_needs_both_sides(world: SandboxWorld, other: Keys) -> None:
    root = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}
    guest = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "kms:Encrypt", "Resource": "*"}
    key = world.kms().create_key(Policy=document(root))["KeyMetadata"]["Arn"]
    may = user(world, other, "may", {"Effect": "Allow", "Action": "kms:*", "Resource": key})
    assert refused(world.kms(may).encrypt, KeyId=key, Plaintext=b"x") == "AccessDeniedException"
    world.kms().put_key_policy(KeyId=key, PolicyName="default", Policy=document(root, guest))
    sealed = world.kms(may).encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert refused(world.kms(may).decrypt, CiphertextBlob=sealed) == "AccessDeniedException"
    assert world.kms().decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert refused(world.kms(other).describe_key, KeyId=key.rpartition("/")[2]) == "NotFoundException"


def test_a_token_leads_to_a_role_of_the_account_that_has_its_provider(world: SandboxWorld, other: Keys) -> None:
    issuer = world.sandbox.issuers.add("idp", "https://idp.example").url
    world.iam(other).create_open_id_connect_provider(Url=issuer, ClientIDList=["data"])
    for admin, account in ((world.admin, OWN), (other, OTHER)):
        provider = {"Federated": f"arn:aws:iam::{account}:oidc-provider/idp.example"}
        statement = {"Effect": "Allow", "Principal": provider, "Action": "sts:AssumeRoleWithWebIdentity"}
        world.iam(admin).create_role(RoleName="r", AssumeRolePolicyDocument=document(statement))
    token = world.sandbox.mint(issuer="idp", claims={"sub": "x", "aud": "data"}).reveal()
    sts = world.sts()
    request: Any = {"RoleSessionName": "s1", "WebIdentityToken": token}
    made = sts.assume_role_with_web_identity(RoleArn=f"arn:aws:iam::{OTHER}:role/r", **request)
    assert made["Provider"] == f"arn:aws:iam::{OTHER}:oidc-provider/idp.example"
    assert world.sts(Keys.of(made["Credentials"])).get_caller_identity()["Account"] == OTHER
    assert refused(sts.assume_role_with_web_identity, RoleArn=f"arn:aws:iam::{OWN}:role/r", **request) == "InvalidIdentityToken"


def test_a_further_account_is_there_again_where_all_is_kept(tmp_path: Path) -> None:
    options: dict[str, Any] = {"account": OWN, "further_accounts": (OTHER,), "directory": tmp_path / "kept"}
    for first in (True, False):
        with sandbox_world(None, **options) as world:
            key = world.sandbox.further_administrators[OTHER]
            admin = Keys(key.access_key_id, key.secret.reveal())
            if first:
                user(world, admin, "ann", READ)
                world.s3(admin).create_bucket(Bucket="other-bucket")
            assert world.iam(admin).get_user(UserName="ann")["User"]["Arn"] == f"arn:aws:iam::{OTHER}:user/ann"
            assert refused(world.iam().get_user, UserName="ann") == "NoSuchEntity"
            assert [bucket["Name"] for bucket in world.s3(admin).list_buckets()["Buckets"]] == ["other-bucket"]
            assert world.s3().list_buckets()["Buckets"] == []


def test_every_region_is_there_again_where_all_is_kept(tmp_path: Path) -> None:
    directory = tmp_path / "kept"
    with sandbox_world(None, directory=directory) as world:
        world.at("eu-west-1").s3().create_bucket(Bucket="away-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        world.at("eu-west-1").s3().put_object(Bucket="away-bucket", Key="k", Body=b"x")
        arn = world.at("eu-west-1").kms().create_key()["KeyMetadata"]["Arn"]
    with sandbox_world(None, directory=directory, trail=tmp_path / "trail") as world:
        assert world.at("eu-west-1").s3().get_object(Bucket="away-bucket", Key="k")["Body"].read() == b"x"
        assert world.at("eu-west-1").kms().describe_key(KeyId=arn)["KeyMetadata"]["Arn"] == arn
        assert refused(world.at("eu-west-1").s3().create_bucket, Bucket="x-bucket") == "IllegalLocationConstraintException"
    regions = {path.name for path in (tmp_path / "trail" / "AWSLogs" / "111122223333" / "CloudTrail").iterdir()}
    assert regions == {"eu-west-1"}


def test_a_public_bucket_of_others_is_read_as_it_was_granted() -> None:
    access = """
issuers: {okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}}
buckets: {corpus: {account: other, name: open-data}}
services:
  job:
    identity: {issuer: okta, subject: 0oa1job}
    grants: {bucket: corpus, prefix: en/, access: read}
"""
    everybody = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"]}
    with sandbox_world(access, account=OWN, further_accounts=(OTHER,)) as world:
        key = world.sandbox.further_administrators[OTHER]
        owner = world.s3(Keys(key.access_key_id, key.secret.reveal()))
        owner.create_bucket(Bucket="open-data")
        owner.delete_public_access_block(Bucket="open-data")
        owner.put_bucket_policy(
            Bucket="open-data", Policy=document({**everybody, "Resource": ["arn:aws:s3:::open-data", "arn:aws:s3:::open-data/*"]})
        )
        owner.put_object(Bucket="open-data", Key="en/1", Body=b"x")
        s3 = world.service("job")
        # Where the requester pays, the request says so; policies have no say in it.
        assert s3.get_object(Bucket="open-data", Key="en/1", RequestPayer="requester")["Body"].read() == b"x"
        assert s3.list_objects_v2(Bucket="open-data", Prefix="en/")["KeyCount"] == 1
        assert refused(s3.get_object, Bucket="open-data", Key="fr/1") == "AccessDenied"
        assert refused(s3.put_object, Bucket="open-data", Key="en/2", Body=b"x") == "AccessDenied"
