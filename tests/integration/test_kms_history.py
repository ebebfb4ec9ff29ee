"""Objects of an existing bucket, written with a bucket key and without, are read by real boto3 at the sandbox."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import code_of, sandbox_world

from bucketpass.compile import Target, compile_access
from bucketpass.model import parse_access
from bucketpass.policy import policy_json

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  history: {create: false, policy: none, encryption: {key: "KEY"}CONTEXT}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants: {bucket: history, prefix: raw/, access: read}
"""


@pytest.mark.parametrize(("context", "readable"), [("", {"with", "without"}), (", encryption_context: bucket", {"with"})])
def test_what_is_declared_of_the_encryption_context_is_readable(context: str, readable: set[str]) -> None:
    stand_in = "arn:aws:kms:us-east-1:111122223333:key/1"
    text = ACCESS.replace("CONTEXT", context)
    with sandbox_world(text.replace("KEY", stand_in), deploy=False) as world:
        root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{world.account}:root"}, "Action": "kms:*", "Resource": "*"}
        key = world.kms().create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [root]}))["KeyMetadata"]["Arn"]
        s3 = world.s3()
        s3.create_bucket(Bucket="history")
        for name, bucket_key in (("with", True), ("without", False)):
            s3.put_object(
                Bucket="history", Key=f"raw/{name}", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=bucket_key
            )
        plan = compile_access(parse_access(text.replace("KEY", key)), Target(world.account, world.sandbox.options.region))
        (provider,), (role,) = plan.providers, plan.roles
        iam = world.iam()
        iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=list(provider.client_ids))
        iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=policy_json(role.trust.document))
        for policy in role.policies:
            iam.put_role_policy(RoleName=role.name, PolicyName=policy.name, PolicyDocument=policy_json(policy.document.document))
        service, read = world.service("trainer"), set()
        for name in ("with", "without"):
            try:
                read |= {name} if service.get_object(Bucket="history", Key=f"raw/{name}")["Body"].read() == b"x" else set()
            except ClientError as refused:
                assert code_of(refused) == "AccessDenied"
        assert read == readable
