"""`access: create`: new objects only, by real boto3 at the sandbox."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of, sandbox_world

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  results: {}
services:
  job:
    identity: {issuer: okta, subject: 0oa1job}
    grants: {bucket: results, prefix: runs/, access: create}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(ACCESS) as world:
        world.s3().put_object(Bucket="results", Key="runs/there", Body=b"first")
        yield world


def upload(s3: Any, key: str, **completion: str) -> None:
    """An upload in parts."""
    there = {"Bucket": "results", "Key": key}
    upload_id = s3.create_multipart_upload(**there)["UploadId"]
    part = s3.upload_part(**there, UploadId=upload_id, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(
        **there, UploadId=upload_id, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **completion
    )


def test_new_objects_are_created_whole_and_in_parts(world: SandboxWorld) -> None:
    s3 = world.service("job")
    s3.put_object(Bucket="results", Key="runs/1", Body=b"x", IfNoneMatch="*")
    upload(s3, "runs/2", IfNoneMatch="*")
    assert world.s3().get_object(Bucket="results", Key="runs/2")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda s3: s3.put_object(Bucket="results", Key="runs/there", Body=b"x"), "AccessDenied"),
        (lambda s3: s3.put_object(Bucket="results", Key="runs/3", Body=b"x"), "AccessDenied"),
        (lambda s3: upload(s3, "runs/there"), "AccessDenied"),
        (lambda s3: s3.put_object(Bucket="results", Key="runs/there", Body=b"x", IfNoneMatch="*"), "PreconditionFailed"),
        (lambda s3: upload(s3, "runs/there", IfNoneMatch="*"), "PreconditionFailed"),
        (lambda s3: s3.delete_object(Bucket="results", Key="runs/there"), "AccessDenied"),
        (lambda s3: s3.get_object(Bucket="results", Key="runs/there"), "AccessDenied"),
    ],
)
def test_nothing_is_overwritten(world: SandboxWorld, call: Callable[[Any], None], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        call(world.service("job"))
    assert code_of(refused.value) == code
    assert world.s3().get_object(Bucket="results", Key="runs/there")["Body"].read() == b"first"
