"""The pytest plugin in somebody else's project: their declaration is deployed, and their test sees it refuse."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.sandboxes import ACCESS

pytestmark = pytest.mark.slow

TEST = """
import boto3
from botocore import UNSIGNED
from botocore.config import Config

def test_the_trainer_reads_what_was_declared(bucketpass_sandbox):
    def client(service, **keys):
        return boto3.client(service, endpoint_url=bucketpass_sandbox.https_url, region_name="us-east-1",
                            verify=str(bucketpass_sandbox.ca_file), **keys)
    sts = client("sts", config=Config(signature_version=UNSIGNED))
    found = sts.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{bucketpass_sandbox.account}:role/bucketpass-trainer", RoleSessionName="test",
        WebIdentityToken=bucketpass_sandbox.mint("trainer").reveal())["Credentials"]
    s3 = client("s3", aws_access_key_id=found["AccessKeyId"], aws_secret_access_key=found["SecretAccessKey"],
                aws_session_token=found["SessionToken"])
    s3.put_object(Bucket="datasets", Key="checkpoints/1", Body=b"1")
    try:
        s3.put_object(Bucket="datasets", Key="raw/1", Body=b"1")
    except s3.exceptions.ClientError as refused:
        assert refused.response["Error"]["Code"] == "AccessDenied"
    else:
        raise AssertionError("a write outside the grant was let through")
"""

# What `pip install 'bucketpass[sandbox]'` does not bring.
WITHOUT_PULUMI = """
import sys
for missing in ("grpc", "pulumi", "pulumi_aws", "google.protobuf", "z3", "duckdb"):
    sys.modules[missing] = None
"""


def run(tmp_path: Path, *options: str) -> str:
    """Run the tests of the folder by a pytest of their own, whose files are below it, too; return what it says."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "temporary"), *options, "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    return ended.stdout + ended.stderr


def test_a_declaration_is_deployed_for_somebody_elses_tests(tmp_path: Path) -> None:
    (tmp_path / "declared.yaml").write_text(ACCESS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nbucketpass_access = declared.yaml\n")
    (tmp_path / "test_theirs.py").write_text(TEST)
    (tmp_path / "conftest.py").write_text(WITHOUT_PULUMI)
    said = run(tmp_path)
    assert "1 passed" in said, said


def test_the_plugin_costs_nothing_where_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\n\ndef test_it():\n    ours = {name for name in sys.modules if name.startswith('bucketpass')}\n"
        "    assert ours <= {'bucketpass', 'bucketpass.version', 'bucketpass.sandbox', 'bucketpass.sandbox.pytest_plugin'}\n"
        "    assert not {'moto', 'boto3', 'cryptography', 'yaml', 'ssl'} & set(sys.modules)\n"
    )
    said = run(tmp_path, "-p", "no:xdist", "-p", "no:hypothesispytest")
    assert "1 passed" in said, said
