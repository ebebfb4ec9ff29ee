"""Conditional writes and deletes lose nothing, and clients are told what S3 tells them: over HTTP, with boto3."""

import itertools
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, sandbox_world

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

# How often each race is run: BUCKETPASS_RACES=1000 for a long look.
RACES = int(os.environ.get("BUCKETPASS_RACES", "150"))


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None) as world:
        yield world


@pytest.fixture
def s3(world: SandboxWorld) -> "S3Client":
    return world.s3(url=world.sandbox.http_url)


_numbers = itertools.count()


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    name = f"bucket-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def versioned(s3: "S3Client", bucket: str) -> str:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    response: Any = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def etag(body: bytes) -> str:
    return f'"{md5(body).hexdigest()}"'


# ---- deletes under a condition


@pytest.mark.parametrize("condition", ["*", '"badetag"'])
def test_a_conditional_delete_of_what_is_not_there_is_404(s3: "S3Client", bucket: str, condition: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="never", IfMatch=condition)
    assert refused(error) == (404, "NoSuchKey")


def test_a_conditional_delete_looks_at_no_version_behind_a_marker(s3: "S3Client", versioned: str) -> None:
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    s3.delete_object(Bucket=versioned, Key="k")
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=versioned, Key="k", IfMatch=etag(b"x"))
    assert refused(error) == (404, "NoSuchKey")


def test_a_version_and_a_condition_are_too_much(s3: "S3Client", versioned: str) -> None:
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=versioned, Key="k", VersionId=version, IfMatch=etag(b"x"))
    assert refused(error) == (501, "NotImplemented")
    s3.head_object(Bucket=versioned, Key="k")


@pytest.mark.parametrize("condition", [{"IfMatchSize": 1}, {"IfMatchLastModifiedTime": "2026-01-01T00:00:00Z"}])
def test_conditions_of_directory_buckets_are_refused_and_not_ignored(s3: "S3Client", bucket: str, condition: dict[str, Any]) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"xx")
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="k", **condition)
    assert refused(error) == (501, "NotImplemented")
    s3.head_object(Bucket=bucket, Key="k")


def test_each_entry_of_a_batch_has_its_own_condition(s3: "S3Client", bucket: str) -> None:
    for key in ("kept", "gone"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    entries: list[Any] = [{"Key": "kept", "ETag": etag(b"other")}, {"Key": "gone", "ETag": etag(b"gone")}, {"Key": "never", "ETag": "*"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries})
    assert [one["Key"] for one in answer["Deleted"]] == ["gone"]
    assert sorted((one["Key"], one["Code"]) for one in answer["Errors"]) == [("kept", "PreconditionFailed"), ("never", "NoSuchKey")]


def test_comparing_an_etag_needs_the_right_to_read(world: SandboxWorld, s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    only_deletes = {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:ListBucket"], "Resource": "*"}
    deleter = world.s3(world.user(f"deleter-{bucket}", only_deletes), url=world.sandbox.http_url)
    with pytest.raises(ClientError) as error:
        deleter.delete_object(Bucket=bucket, Key="k", IfMatch=etag(b"x"))
    assert refused(error) == (403, "AccessDenied")
    answer = deleter.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "ETag": etag(b"x")}]})
    assert answer["Errors"][0]["Code"] == "AccessDenied"
    deleter.delete_object(Bucket=bucket, Key="k")


# ---- races


def test_a_conditional_delete_never_deletes_a_newer_object(world: SandboxWorld, s3: "S3Client", bucket: str) -> None:
    other = world.s3(url=world.sandbox.http_url)
    with ThreadPoolExecutor(2) as pool:
        for number in range(RACES):
            s3.put_object(Bucket=bucket, Key="k", Body=b"old")
            deleted = pool.submit(other.delete_object, Bucket=bucket, Key="k", IfMatch=etag(b"old"))
            written = pool.submit(s3.put_object, Bucket=bucket, Key="k", Body=b"new")
            written.result()
            failure = deleted.exception()
            there = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
            # Either the old object went before the new one came, or the new one stopped the delete.
            assert there == ["k"], (number, failure)


def test_tags_never_write_old_metadata_onto_new_bytes(world: SandboxWorld, s3: "S3Client", bucket: str) -> None:
    other = world.s3(url=world.sandbox.http_url)
    with ThreadPoolExecutor(2) as pool:
        for number in range(RACES // 3):
            s3.put_object(Bucket=bucket, Key="k", Body=b"old", Metadata={"of": "old"}, ChecksumAlgorithm="SHA256")
            tagged = pool.submit(other.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
            s3.put_object(Bucket=bucket, Key="k", Body=b"new", Metadata={"of": "new"}, ChecksumAlgorithm="SHA256")
            tagged.exception()
            found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
            assert (found["Body"].read(), found["Metadata"]) == (b"new", {"of": "new"}), number


def test_of_many_who_create_one_does(world: SandboxWorld, s3: "S3Client", bucket: str) -> None:
    clients = [world.s3(url=world.sandbox.http_url) for _ in range(4)]

    def create(client: "S3Client", key: str) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=b"x", IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict")
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        for number in range(RACES // 3):
            created = list(pool.map(create, clients, [str(number)] * 4))
            assert created.count(True) == 1


# ---- multipart


def upload(s3: "S3Client", bucket: str, **options: Any) -> tuple[str, Any]:
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", **options)["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"part", **options)
    return upload_id, {
        "Parts": [{"PartNumber": 1, **{name: value for name, value in part.items() if name.startswith(("ETag", "Checksum"))}}]
    }


def test_a_checksum_of_another_kind_than_the_uploads_is_refused(s3: "S3Client", bucket: str) -> None:
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]
    with pytest.raises(ClientError) as error:
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32")
    assert refused(error) == (400, "InvalidRequest")


def test_an_upload_whose_key_was_deleted_meanwhile_conflicts(s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    upload_id, parts = upload(s3, bucket)
    s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=parts, IfNoneMatch="*")
    assert refused(error) == (409, "ConditionalRequestConflict")


def test_an_upload_on_an_etag_that_is_younger_than_itself_conflicts(s3: "S3Client", bucket: str) -> None:
    upload_id, parts = upload(s3, bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=parts, IfMatch=etag(b"x"))
    assert refused(error) == (409, "ConditionalRequestConflict")


def test_an_upload_is_completed_twice_with_one_answer(s3: "S3Client", bucket: str) -> None:
    upload_id, parts = upload(s3, bucket, ChecksumAlgorithm="SHA256")
    asked: Any = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "MultipartUpload": parts}
    first, second = s3.complete_multipart_upload(**asked), s3.complete_multipart_upload(**asked)
    assert first["ETag"] == second["ETag"]
    s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**asked)
    assert refused(error) == (404, "NoSuchUpload")


def test_parts_of_an_object_are_told_with_their_checksums(s3: "S3Client", bucket: str) -> None:
    upload_id, parts = upload(s3, bucket, ChecksumAlgorithm="SHA256")
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=parts)
    found = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert found["ObjectParts"]["TotalPartsCount"] == 1
    assert found["ObjectParts"]["Parts"] == [{"PartNumber": 1, "Size": 4, "ChecksumSHA256": parts["Parts"][0]["ChecksumSHA256"]}]


# ---- presigned


def test_a_presigned_condition_holds(world: SandboxWorld, s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    signed = AWSRequest(method="PUT", url=f"{world.sandbox.http_url}/{bucket}/k?If-None-Match=%2A")
    keys = Credentials(world.admin.access_key_id, world.admin.secret)
    S3SigV4QueryAuth(keys, "s3", "us-east-1", expires=60).add_auth(signed)
    with urllib3.PoolManager() as http:
        answer = http.request("PUT", str(signed.url), body=b"second")
    assert (answer.status, b"If-None-Match" in answer.data) == (412, True)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


# ---- what clients are told


def test_a_delete_marker_is_told_as_one_also_to_who_may_not_read(world: SandboxWorld, s3: "S3Client", versioned: str) -> None:
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject*", "Resource": f"arn:aws:s3:::{versioned}/*"}
    s3.put_bucket_policy(Bucket=versioned, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=versioned, Key="k")
    headers = error.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (refused(error), headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ((404, "NoSuchKey"), "true", marker)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=versioned, Key="k", VersionId=marker)
    headers = error.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (refused(error), headers["allow"], headers["x-amz-delete-marker"]) == ((405, "MethodNotAllowed"), "DELETE", "true")


def test_a_date_in_the_future_is_as_none(s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="k", IfModifiedSince="Fri, 01 Jan 2100 00:00:00 GMT")["Body"].read() == b"x"


def test_versions_that_cannot_be_are_told(s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", VersionId="made-up")
    assert refused(error) == (400, "InvalidArgument")
    assert error.value.response["Error"]["ArgumentName"] == "versionId"  # type: ignore[typeddict-item]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"x"
    assert "VersionId" not in s3.delete_object(Bucket=bucket, Key="k", VersionId="null")


def test_a_suspended_bucket_has_null_versions(s3: "S3Client", versioned: str) -> None:
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"] == "null"
    assert s3.head_object(Bucket=versioned, Key="k")["VersionId"] == "null"


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_what_is_archived_is_seen_and_not_read(s3: "S3Client", bucket: str, storage_class: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass=storage_class)
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == storage_class
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k")
    assert refused(error) == (403, "InvalidObjectState")
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})
    assert refused(error) == (403, "InvalidObjectState")


def test_bypassing_a_lock_that_there_is_not_is_a_mistake(s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="k", BypassGovernanceRetention=True)
    assert refused(error) == (400, "InvalidArgument")
    with pytest.raises(ClientError) as error:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]}, BypassGovernanceRetention=True)
    assert refused(error) == (400, "InvalidArgument")


def test_an_error_names_the_condition_and_the_key(s3: "S3Client", bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfNoneMatch="*")
    assert error.value.response["Error"]["Condition"] == "If-None-Match"  # type: ignore[typeddict-item]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="never")
    assert error.value.response["Error"]["Key"] == "never"  # type: ignore[typeddict-item]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="never", Body=b"y", IfMatch="etag")
    assert error.value.response["Error"]["Key"] == "never"  # type: ignore[typeddict-item]
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"}, CopySourceIfMatch="etag")
    assert error.value.response["Error"]["Condition"] == "x-amz-copy-source-If-Match"  # type: ignore[typeddict-item]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert error.value.response["Error"]["ActualPartCount"] == "1"  # type: ignore[typeddict-item]
