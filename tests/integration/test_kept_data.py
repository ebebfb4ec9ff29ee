"""A bucket that has objects outlives the stack that made it, and so does the key that they need."""

from pathlib import Path

import pytest

from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack
from bucketpass.provision.embedded.endpoint import RegionClients

pytestmark = pytest.mark.slow
PROGRAM = """
import pulumi
from bucketpass.provision import ProtectedBucket

bucket = ProtectedBucket("kept-data", {"encryption": "kms"})
pulumi.export("key", bucket.key_arn)
"""


def test_neither_the_bucket_nor_its_key_is_deleted_while_there_are_objects(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: kept\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    program = Program.load(tmp_path, "dev")
    stack = Stack.of(program)
    aws = RegionClients(endpoint, endpoint.region)
    with Engine(endpoint) as engine:
        made = engine.up(program, stack)
        assert made.ok
        version = aws.s3.put_object(Bucket="kept-data", Key="model.bin", Body=b"weights")["VersionId"]

        refused = engine.destroy(stack)
        assert [step.name for step in refused.failed] == ["kept-data"]
        key = aws.kms.describe_key(KeyId=str(made.outputs["key"]))["KeyMetadata"]
        assert key["KeyState"] == "Enabled"
        assert aws.s3.get_object(Bucket="kept-data", Key="model.bin")["Body"].read() == b"weights"
        # What stays is guarded as before.
        assert set(aws.s3.get_public_access_block(Bucket="kept-data")["PublicAccessBlockConfiguration"].values()) == {True}
        assert "aws:SecureTransport" in aws.s3.get_bucket_policy(Bucket="kept-data")["Policy"]

        assert engine.up(program, stack).ok  # a change of mind
        aws.s3.delete_object(Bucket="kept-data", Key="model.bin", VersionId=version)
        assert engine.destroy(stack).ok
    aws.close()
