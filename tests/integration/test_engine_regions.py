"""One program with resources in several Regions: each is made, found unchanged, and deleted where its provider or its own property says."""

from pathlib import Path

import pytest

from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack, StepOperation
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
PROGRAM = """
import pulumi
import pulumi_aws as aws

far = pulumi.ResourceOptions(provider=aws.Provider("far", region="eu-central-1"))
aws.s3.Bucket("near", bucket="near-data")
bucket = aws.s3.Bucket("far", bucket="far-data", opts=far)
key = aws.kms.Key("far", deletion_window_in_days=7, opts=far)
aws.kms.Alias("far", name="alias/far", target_key_id=key.key_id, opts=far)
default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}
aws.s3.BucketServerSideEncryptionConfiguration(
    "far", bucket=bucket.bucket, rules=[{"apply_server_side_encryption_by_default": default}], opts=far
)
aws.s3.Bucket("third", bucket="third-data", region="us-west-2")
pulumi.export("region", aws.get_region(opts=pulumi.InvokeOptions(provider=far.provider)).region)
"""
REGIONS = {"near-data": None, "far-data": "eu-central-1", "third-data": "us-west-2"}


def test_a_second_region_in_one_program(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: regions\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    program = Program.load(tmp_path, "dev")
    stack = Stack.of(program)
    with Sandbox(SandboxOptions(region="us-east-1")) as sandbox:
        endpoint = Endpoint(sandbox.https_url, "us-east-1", sandbox.admin.access_key_id, sandbox.admin.secret, sandbox.authority_file)
        near, far = RegionClients(endpoint, "us-east-1"), RegionClients(endpoint, "eu-central-1")
        with Engine(endpoint) as engine:
            result = engine.up(program, stack)
            assert result.ok, [step.reason for step in result.failed]
            assert result.outputs["region"] == "eu-central-1"
            assert {name: near.s3.get_bucket_location(Bucket=name)["LocationConstraint"] for name in REGIONS} == REGIONS
            key = far.kms.describe_key(KeyId="alias/far")["KeyMetadata"]["Arn"]
            assert key.startswith("arn:aws:kms:eu-central-1:")
            with pytest.raises(near.kms.exceptions.NotFoundException):
                near.kms.describe_key(KeyId="alias/far")
            assert set(engine.up(program, stack).counts) == {StepOperation.SAME}
            far.kms.disable_key_rotation(KeyId=key)
            far.kms.update_key_description(KeyId=key, Description="by hand")
            assert [step.name for step in engine.preview(program, stack).steps if step.operation is StepOperation.REFRESH] == ["far"]
            assert engine.destroy(stack).ok
            assert near.s3.list_buckets()["Buckets"] == []
        near.close()
        far.close()
