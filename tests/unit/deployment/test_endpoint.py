"""What is deployed, read with boto3. moto stands in for AWS inside this process: no socket is opened."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from bucketpass.compile import Target, compile_access
from bucketpass.deployment import Deployment
from bucketpass.deployment.endpoint import read_deployment, read_plan
from bucketpass.errors import InvalidInput
from bucketpass.model import parse_access
from bucketpass.provision.clients import clients_of

TARGET = Target("111122223333", "us-east-1")
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
FENCE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::datasets/*", "Principal": "*"}],
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        iam, s3, kms = session.client("iam"), session.client("s3"), session.client("kms")
        managed = iam.create_policy(PolicyName="data", PolicyDocument=json.dumps(READ))["Policy"]["Arn"]
        iam.create_role(RoleName="trainer", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=managed)
        iam.attach_role_policy(RoleName="trainer", PolicyArn=managed)
        iam.put_role_policy(RoleName="trainer", PolicyName="more", PolicyDocument=json.dumps(READ))
        iam.create_open_id_connect_provider(Url="https://issuer.example/p", ClientIDList=["data"], ThumbprintList=["a" * 40])
        s3.create_bucket(Bucket="datasets")
        s3.put_bucket_policy(Bucket="datasets", Policy=json.dumps(FENCE))
        key = kms.create_key()["KeyMetadata"]["Arn"]
        s3.put_bucket_encryption(
            Bucket="datasets",
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
            },
        )
        s3.create_bucket(Bucket="bare")
        yield


def read(role: str, bucket: str) -> Deployment:
    with clients_of("aws", "us-east-1", {}) as clients:
        return read_deployment(clients, role, bucket, TARGET)


@pytest.mark.usefixtures("account")
def test_a_role_a_bucket_its_key_and_the_providers_are_read() -> None:
    found = read("trainer", "datasets")
    (role,) = found.roles
    assert found.target.account == found.buckets[0].account == "123456789012"  # the account of moto
    assert [policy.name for policy in role.policies] == ["policy data", "inline policy more of trainer"]
    assert isinstance(role.boundary, tuple)
    assert role.trust.document.statements[0].actions == ("sts:AssumeRole",)
    (provider,) = found.providers
    assert (provider.url, provider.client_ids) == ("https://issuer.example/p", ("data",))
    (bucket,) = found.buckets
    assert bucket.policy is not None
    assert bucket.key == found.keys[0].arn
    assert not bucket.bucket_key


@pytest.mark.usefixtures("account")
def test_whether_a_bucket_key_is_used_is_read() -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    (rule,) = s3.get_bucket_encryption(Bucket="datasets")["ServerSideEncryptionConfiguration"]["Rules"]
    rule["BucketKeyEnabled"] = True
    s3.put_bucket_encryption(Bucket="datasets", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert read("trainer", "datasets").buckets[0].bucket_key


@pytest.mark.usefixtures("account")
def test_a_bucket_of_another_account_is_read_as_such() -> None:
    declared = """
    issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
    buckets: {datasets: {create: false, account: "444455556666"}}
    services: {x: {name: trainer, identity: {issuer: okta, subject: a}, grants: [{bucket: datasets, access: read}]}}
    """
    plan = compile_access(parse_access(declared), TARGET)
    with clients_of("aws", "us-east-1", {}) as clients:
        assert [bucket.account for bucket in read_plan(clients, plan).buckets] == ["444455556666"]


@pytest.mark.usefixtures("account")
def test_a_bucket_without_settings_has_none() -> None:
    (bucket,) = read("arn:aws:iam::123456789012:role/trainer", "bare").buckets
    assert (bucket.policy, bucket.key, bucket.public_access) == (None, None, None)


@pytest.mark.usefixtures("account")
def test_a_role_that_is_not_there_is_one_clear_error() -> None:
    with pytest.raises(InvalidInput, match="cannot read what is deployed"):
        read("nobody", "datasets")
