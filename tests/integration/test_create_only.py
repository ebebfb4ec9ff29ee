"""`access: create`, and grants of an object lock: by real boto3 at the sandbox."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of, outcome, sandbox_world

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  results: {}
  records: {object_lock: {days: 1}}
services:
  job:
    identity: {issuer: okta, subject: 0oa1job}
    grants: {bucket: results, prefix: runs/, access: create}
  keeper:
    identity: {issuer: okta, subject: 0oa1keeper}
    grants:
      - {bucket: records, prefix: held/, access: [write, delete], versions: true, actions: [s3:PutObjectRetention, s3:PutObjectLegalHold]}
      - {bucket: records, prefix: other/, access: [write, delete], versions: true}
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


def test_a_grant_sets_retention_and_legal_hold_below_its_prefix_alone(world: SandboxWorld) -> None:
    s3: Any = world.service("keeper")
    until = datetime.now(UTC) + timedelta(days=30)
    for key, expected in (("held/1", "done"), ("other/1", "AccessDenied")):
        there = {"Bucket": "records", "Key": key}
        version = s3.put_object(**there, Body=b"x")["VersionId"]
        assert outcome(s3.put_object_retention, **there, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until}) == expected
        assert outcome(s3.put_object_legal_hold, **there, LegalHold={"Status": "ON"}) == expected
        # To bypass a lock is an action of its own, which neither grant has.
        assert outcome(s3.delete_object, **there, VersionId=version, BypassGovernanceRetention=True) == "AccessDenied"
        assert outcome(s3.delete_object, **there, VersionId=version) == ("AccessDenied" if expected == "done" else "done")
