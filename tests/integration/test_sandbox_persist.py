"""A sandbox that keeps its state, killed without warning: what it answered is there again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tests.processes import end

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

pytestmark = pytest.mark.slow

MIB = 1024 * 1024


@contextmanager
def sandbox(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "bucketpass", "sandbox", "--persist", "state", "--json"]
    environment = {**os.environ, "TMPDIR": str(folder)}  # what a killed one leaves is removed with the test's folder
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process, json.loads((folder / ".bucketpass" / "sandbox.json").read_text())
        finally:
            end(process)


@contextmanager
def client(known: dict[str, Any]) -> Iterator["S3Client"]:
    made: S3Client = boto3.client(
        "s3",
        endpoint_url=known["http_url"],
        region_name=known["region"],
        aws_access_key_id=known["access_key_id"],
        aws_secret_access_key=known["secret_access_key"],
    )
    yield made
    made.close()


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    large = bytes(range(256)) * (4 * MIB // 256)
    with sandbox(tmp_path) as (process, known):
        with client(known) as s3:
            s3.create_bucket(Bucket="kept-bucket")
            s3.put_bucket_versioning(Bucket="kept-bucket", VersioningConfiguration={"Status": "Enabled"})
            first = s3.put_object(Bucket="kept-bucket", Key="small", Body=b"1")["VersionId"]
            s3.put_object(Bucket="kept-bucket", Key="small", Body=b"2", Metadata={"a": "b"})
            s3.put_object(Bucket="kept-bucket", Key="large", Body=large)
            upload = s3.create_multipart_upload(Bucket="kept-bucket", Key="parts")["UploadId"]
            etag = s3.upload_part(Bucket="kept-bucket", Key="parts", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with sandbox(tmp_path) as (_, known), client(known) as s3:
        found = s3.get_object(Bucket="kept-bucket", Key="small")
        assert (found["Body"].read(), found["Metadata"]) == (b"2", {"a": "b"})
        assert s3.get_object(Bucket="kept-bucket", Key="small", VersionId=first)["Body"].read() == b"1"
        assert s3.get_object(Bucket="kept-bucket", Key="large")["Body"].read() == large
        assert s3.get_public_access_block(Bucket="kept-bucket")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
        s3.complete_multipart_upload(
            Bucket="kept-bucket", Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
        )
        assert s3.get_object(Bucket="kept-bucket", Key="parts")["Body"].read() == b"part"
