"""One declaration with buckets in two Regions: made by `up`, used by real boto3, and refused where the plan cannot be had."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of

from bucketpass.cli.main import main
from bucketpass.model import parse_access
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
ACCESS = """
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets:
  near-data: {encryption: kms}
  far-data: {encryption: kms, region: us-west-2, lifecycle: {expire_days: 90}, access_points: [far-point]}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants:
      - {bucket: near-data, prefix: raw/, access: [read, write]}
      - {bucket: far-data, prefix: out/, access: [read, write]}
"""


def test_each_bucket_and_its_key_are_in_their_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("access.yaml").write_text(ACCESS)
    with Sandbox(SandboxOptions(access=parse_access(ACCESS), region="eu-central-1")) as sandbox:
        world = SandboxWorld(sandbox)
        here = {"url": sandbox.https_url, "region": "eu-central-1", "ca_bundle": str(sandbox.ca_file)}
        key = {"access_key_id": world.admin.access_key_id, "secret_access_key": world.admin.secret}
        Path(".bucketpass").mkdir()
        Path(".bucketpass/sandbox.json").write_text(json.dumps(here | key))
        with world.stack:
            assert main(["up", "--yes"]) == 0, capsys.readouterr().out
            s3, keys = world.s3(), world.assume("trainer")
            for name, folder, region in (("near-data", "raw/", "eu-central-1"), ("far-data", "out/", "us-west-2")):
                assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == region
                service = world.at(region).s3(keys)
                key_id = service.put_object(Bucket=name, Key=f"{folder}x", Body=b"x")["SSEKMSKeyId"]
                assert key_id.startswith(f"arn:aws:kms:{region}:")
                assert service.get_object(Bucket=name, Key=f"{folder}x")["Body"].read() == b"x"
                with pytest.raises(ClientError) as refused:
                    service.get_object(Bucket=name, Key="other/x")
                assert code_of(refused.value) == "AccessDenied"
            capsys.readouterr()
            assert main(["up", "--yes"]) == 0
            assert "updated" not in capsys.readouterr().out.replace("0 updated", "")


def test_what_is_declared_in_two_regions_is_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("access.yaml").write_text(ACCESS)
    assert main(["prove", "--region", "eu-central-1"]) == 0
