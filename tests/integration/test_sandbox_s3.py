"""S3 as clients use it: boto3 over https and http, by the administrator, who may do everything."""

import hashlib
import json
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import MIB, SandboxWorld, code_of, sandbox_world

pytestmark = pytest.mark.slow

ODD_KEYS = (
    "a b",
    "a+b",
    "ä/ö.txt",
    "x%2Fy",
    "q?x=1&y",
    "a//b",
    "semi;colon",
    "~tilde",
    "'quote\"",
    "back\\slash",
    "..",
    "a/../b",
    "😀",
    "#h",
    "*",
)


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None) as world:
        world.s3().create_bucket(Bucket="datasets")
        versioned = world.s3()
        versioned.create_bucket(Bucket="versioned")
        versioned.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
        yield world


@pytest.fixture(params=["https", "http"])
def s3(request: pytest.FixtureRequest, world: SandboxWorld) -> Any:
    return world.s3(url=world.sandbox.https_url if request.param == "https" else world.sandbox.http_url)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_key_of_any_letters_is_stored_and_found_as_it_is(s3: Any, key: str) -> None:
    s3.put_object(Bucket="datasets", Key=f"odd/{key}", Body=key.encode())
    assert s3.get_object(Bucket="datasets", Key=f"odd/{key}")["Body"].read() == key.encode()
    assert f"odd/{key}" in [found["Key"] for found in s3.list_objects_v2(Bucket="datasets", Prefix="odd/")["Contents"]]
    s3.delete_object(Bucket="datasets", Key=f"odd/{key}")


def test_what_describes_an_object_comes_back_with_it(s3: Any) -> None:
    s3.put_object(
        Bucket="datasets",
        Key="described",
        Body=b"12345",
        ContentType="text/plain",
        CacheControl="no-cache",
        ContentDisposition="inline",
        Metadata={"my_key": "a  b", "other-key": "c"},
        Tagging="team=ml&stage=raw",
        StorageClass="STANDARD_IA",
    )
    found = s3.head_object(Bucket="datasets", Key="described")
    assert (found["ContentType"], found["CacheControl"], found["ContentDisposition"]) == ("text/plain", "no-cache", "inline")
    assert found["Metadata"] == {"my_key": "a  b", "other-key": "c"}
    assert found["ETag"] == f'"{hashlib.md5(b"12345").hexdigest()}"'
    assert (found["ContentLength"], found["StorageClass"], found["TagCount"]) == (5, "STANDARD_IA", 2)
    assert found["ServerSideEncryption"] == "AES256"
    tags = s3.get_object_tagging(Bucket="datasets", Key="described")["TagSet"]
    assert tags == [{"Key": "team", "Value": "ml"}, {"Key": "stage", "Value": "raw"}]
    s3.put_object_tagging(Bucket="datasets", Key="described", Tagging={"TagSet": [{"Key": "team", "Value": "x"}]})
    assert s3.get_object_tagging(Bucket="datasets", Key="described")["TagSet"] == [{"Key": "team", "Value": "x"}]
    s3.delete_object_tagging(Bucket="datasets", Key="described")
    assert s3.get_object_tagging(Bucket="datasets", Key="described")["TagSet"] == []


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_is_kept_and_told(s3: Any, algorithm: str) -> None:
    # boto3 computes these itself, but for two that need a library of their own: their values stand here.
    known = {"CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg="}
    extra = {f"Checksum{algorithm}": known[algorithm]} if algorithm in known else {"ChecksumAlgorithm": algorithm}
    s3.put_object(Bucket="datasets", Key="summed", Body=b"123456789", **extra)
    found = s3.head_object(Bucket="datasets", Key="summed", ChecksumMode="ENABLED")
    assert found[f"Checksum{algorithm}"]
    attributes = s3.get_object_attributes(Bucket="datasets", Key="summed", ObjectAttributes=["Checksum", "ObjectSize", "ETag"])
    assert attributes["Checksum"][f"Checksum{algorithm}"] == found[f"Checksum{algorithm}"]
    assert attributes["ObjectSize"] == 9


def test_a_wrong_checksum_keeps_nothing(s3: Any) -> None:
    for extra in ({"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, {"ChecksumSHA256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}):
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket="datasets", Key="wrong", Body=b"something", **extra)
        assert code_of(refused.value) == "BadDigest"
    with pytest.raises(ClientError) as missing:
        s3.head_object(Bucket="datasets", Key="wrong")
    assert code_of(missing.value) == "404"


@pytest.mark.parametrize(
    ("asked", "status", "expected", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_a_range_gives_its_part(s3: Any, asked: str, status: int, expected: bytes, told: str | None) -> None:
    s3.put_object(Bucket="datasets", Key="ranged", Body=b"0123456789")
    found = s3.get_object(Bucket="datasets", Key="ranged", Range=asked)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == status
    assert (found["Body"].read(), found.get("ContentRange")) == (expected, told)


def test_a_range_beyond_the_end_cannot_be_satisfied(s3: Any) -> None:
    s3.put_object(Bucket="datasets", Key="ranged", Body=b"0123456789")
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="datasets", Key="ranged", Range="bytes=10-")
    assert code_of(refused.value) == "InvalidRange"


def test_preconditions_are_kept(s3: Any) -> None:
    etag = s3.put_object(Bucket="datasets", Key="conditional", Body=b"1")["ETag"]
    modified = s3.head_object(Bucket="datasets", Key="conditional")["LastModified"]
    for asked, code in (
        ({"IfMatch": '"other"'}, "PreconditionFailed"),
        ({"IfNoneMatch": etag}, "304"),
        ({"IfModifiedSince": modified}, "304"),
        ({"IfUnmodifiedSince": modified - timedelta(days=1)}, "PreconditionFailed"),
    ):
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket="datasets", Key="conditional", **asked)
        assert code_of(refused.value) == code
    assert s3.get_object(Bucket="datasets", Key="conditional", IfMatch=etag, IfNoneMatch='"x"')["Body"].read() == b"1"
    for asked in ({"IfNoneMatch": "*"}, {"IfMatch": '"other"'}):
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket="datasets", Key="conditional", Body=b"2", **asked)
        assert code_of(refused.value) == "PreconditionFailed"
    s3.put_object(Bucket="datasets", Key="conditional", Body=b"2", IfMatch=etag)


def test_of_many_writers_that_want_to_be_first_one_is(world: SandboxWorld) -> None:
    s3 = world.s3(url=world.sandbox.http_url, max_pool_connections=16)
    start = threading.Barrier(16)

    def write(number: int) -> str:
        start.wait()
        try:
            s3.put_object(Bucket="datasets", Key="first", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as refused:
            return code_of(refused)
        return str(number)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(write, range(16)))
    winners = [answer for answer in answers if answer != "PreconditionFailed"]
    assert len(winners) == 1
    assert s3.get_object(Bucket="datasets", Key="first")["Body"].read() == winners[0].encode()


def test_readers_see_whole_objects_while_others_overwrite_them(world: SandboxWorld) -> None:
    s3 = world.s3(url=world.sandbox.http_url, max_pool_connections=16)
    sizes = (10, 100 * 1024, 300 * 1024)
    bodies = [bytes([letter]) * sizes[letter % 3] for letter in range(6)]
    s3.put_object(Bucket="datasets", Key="busy", Body=bodies[0])

    def work(number: int) -> bool:
        for _ in range(15):
            if number % 2:
                s3.put_object(Bucket="datasets", Key="busy", Body=bodies[number % 6])
            elif s3.get_object(Bucket="datasets", Key="busy")["Body"].read() not in bodies:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_a_multipart_upload_becomes_one_object(s3: Any) -> None:
    parts = [b"a" * (5 * MIB), b"b" * (5 * MIB), b"end"]
    upload = s3.create_multipart_upload(Bucket="datasets", Key="big", Metadata={"k": "v"})["UploadId"]
    etags = [
        s3.upload_part(Bucket="datasets", Key="big", UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(parts, 1)
    ]
    listed = s3.list_parts(Bucket="datasets", Key="big", UploadId=upload)["Parts"]
    assert [(part["PartNumber"], part["Size"], part["ETag"]) for part in listed] == [
        (number, len(part), etag) for number, (part, etag) in enumerate(zip(parts, etags, strict=True), 1)
    ]
    assert [found["Key"] for found in s3.list_multipart_uploads(Bucket="datasets")["Uploads"]] == ["big"]
    named = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    done = s3.complete_multipart_upload(Bucket="datasets", Key="big", UploadId=upload, MultipartUpload={"Parts": named})
    assert done["ETag"].endswith('-3"')
    found = s3.get_object(Bucket="datasets", Key="big")
    assert found["Body"].read() == b"".join(parts)
    assert found["Metadata"] == {"k": "v"}
    assert s3.get_object(Bucket="datasets", Key="big", PartNumber=2)["Body"].read() == parts[1]
    assert s3.get_object(Bucket="datasets", Key="big", Range=f"bytes={5 * MIB - 1}-{5 * MIB}")["Body"].read() == b"ab"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="datasets")
    s3.delete_object(Bucket="datasets", Key="big")


def test_a_multipart_upload_is_held_to_its_rules(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="datasets", Key="ruled")["UploadId"]
    etags = [s3.upload_part(Bucket="datasets", Key="ruled", UploadId=upload, PartNumber=n, Body=b"small")["ETag"] for n in (1, 2)]
    one, two = ({"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1))
    for parts, code in (
        ([one, two], "EntityTooSmall"),
        ([two, one], "InvalidPartOrder"),
        ([{**one, "ETag": '"no"'}], "InvalidPart"),
        ([{**one, "PartNumber": 7}], "InvalidPart"),
    ):
        with pytest.raises(ClientError) as refused:
            s3.complete_multipart_upload(Bucket="datasets", Key="ruled", UploadId=upload, MultipartUpload={"Parts": parts})
        assert code_of(refused.value) == code
    s3.abort_multipart_upload(Bucket="datasets", Key="ruled", UploadId=upload)
    with pytest.raises(ClientError) as gone:
        s3.upload_part(Bucket="datasets", Key="ruled", UploadId=upload, PartNumber=1, Body=b"x")
    assert code_of(gone.value) == "NoSuchUpload"


def test_s3transfer_moves_large_files_both_ways(s3: Any, tmp_path: Any) -> None:
    source, target = tmp_path / "up", tmp_path / "down"
    source.write_bytes(bytes(range(256)) * (20 * 4096))
    s3.upload_file(str(source), "datasets", "file")
    s3.download_file("datasets", "file", str(target))
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(source.read_bytes()).digest()
    s3.copy({"Bucket": "datasets", "Key": "file"}, "datasets", "file-copy")
    assert s3.head_object(Bucket="datasets", Key="file-copy")["ContentLength"] == 20 * MIB


def test_a_copy_keeps_or_replaces_what_describes_the_object(s3: Any) -> None:
    s3.put_object(Bucket="datasets", Key="from me/ä", Body=b"copied", ContentType="text/x", Metadata={"a": "1"}, Tagging="t=1")
    source = {"Bucket": "datasets", "Key": "from me/ä"}
    s3.copy_object(Bucket="datasets", Key="kept", CopySource=source)
    kept = s3.get_object(Bucket="datasets", Key="kept")
    assert (kept["Body"].read(), kept["ContentType"], kept["Metadata"], kept["TagCount"]) == (b"copied", "text/x", {"a": "1"}, 1)
    s3.copy_object(
        Bucket="datasets", Key="new", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"}, TaggingDirective="REPLACE"
    )
    new = s3.head_object(Bucket="datasets", Key="new")
    assert (new["Metadata"], new["ContentType"], "TagCount" in new) == ({"b": "2"}, "binary/octet-stream", False)
    for asked, code in (
        ({"Key": "from me/ä", "CopySource": source}, "InvalidRequest"),
        ({"Key": "x", "CopySource": {"Bucket": "datasets", "Key": "nowhere"}}, "NoSuchKey"),
        ({"Key": "x", "CopySource": {"Bucket": "nowhere-bucket", "Key": "k"}}, "NoSuchBucket"),
        ({"Key": "x", "CopySource": source, "CopySourceIfMatch": '"no"'}, "PreconditionFailed"),
    ):
        with pytest.raises(ClientError) as refused:
            s3.copy_object(Bucket="datasets", **asked)
        assert code_of(refused.value) == code


def test_a_part_is_copied_from_a_range(s3: Any) -> None:
    s3.put_object(Bucket="datasets", Key="source", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket="datasets", Key="assembled")["UploadId"]
    copied = s3.upload_part_copy(
        Bucket="datasets",
        Key="assembled",
        UploadId=upload,
        PartNumber=1,
        CopySource={"Bucket": "datasets", "Key": "source"},
        CopySourceRange="bytes=2-5",
    )
    named = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(Bucket="datasets", Key="assembled", UploadId=upload, MultipartUpload={"Parts": named})
    assert s3.get_object(Bucket="datasets", Key="assembled")["Body"].read() == b"2345"


def test_many_objects_are_deleted_at_once(s3: Any) -> None:
    for number in range(5):
        s3.put_object(Bucket="datasets", Key=f"batch/{number} <&>", Body=b"")
    named = [{"Key": f"batch/{number} <&>"} for number in range(5)] + [{"Key": "batch/never"}]
    deleted = s3.delete_objects(Bucket="datasets", Delete={"Objects": named})
    assert sorted(found["Key"] for found in deleted["Deleted"]) == sorted(found["Key"] for found in named)
    assert s3.list_objects_v2(Bucket="datasets", Prefix="batch/")["KeyCount"] == 0
    assert "Deleted" not in s3.delete_objects(Bucket="datasets", Delete={"Objects": named, "Quiet": True})


def test_listings_page_and_group_in_the_order_of_bytes(s3: Any) -> None:
    keys = ["l/a", "l/a/1", "l/a/2", "l/b", "l/B", "l/ä", "l/z/1/2", "l/😀"]
    for key in keys:
        s3.put_object(Bucket="datasets", Key=key, Body=b"")
    in_order = sorted(keys, key=str.encode)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="datasets", Prefix="l/", PaginationConfig={"PageSize": 3})
    assert [found["Key"] for page in pages for found in page["Contents"]] == in_order
    grouped = s3.get_paginator("list_objects_v2").paginate(Bucket="datasets", Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": 2})
    found = [(page.get("Contents", []), page.get("CommonPrefixes", [])) for page in grouped]
    assert [group["Prefix"] for _, groups in found for group in groups] == ["l/a/", "l/z/"]
    assert [one["Key"] for contents, _ in found for one in contents] == ["l/B", "l/a", "l/b", "l/ä", "l/😀"]
    older = s3.get_paginator("list_objects").paginate(Bucket="datasets", Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": 2})
    assert [group["Prefix"] for page in older for group in page.get("CommonPrefixes", [])] == ["l/a/", "l/z/"]
    after = s3.list_objects_v2(Bucket="datasets", Prefix="l/", StartAfter="l/b")["Contents"]
    assert [one["Key"] for one in after] == ["l/z/1/2", "l/ä", "l/😀"]
    assert s3.list_objects_v2(Bucket="datasets", Prefix="l/", MaxKeys=0)["KeyCount"] == 0


def test_versions_are_kept_hidden_and_brought_back(s3: Any) -> None:
    first, second = (s3.put_object(Bucket="versioned", Key="k", Body=body)["VersionId"] for body in (b"1", b"2"))
    assert s3.get_object(Bucket="versioned", Key="k")["Body"].read() == b"2"
    assert s3.get_object(Bucket="versioned", Key="k", VersionId=first)["Body"].read() == b"1"
    marker = s3.delete_object(Bucket="versioned", Key="k")
    assert marker["DeleteMarker"]
    with pytest.raises(ClientError) as hidden:
        s3.get_object(Bucket="versioned", Key="k")
    assert code_of(hidden.value) == "NoSuchKey"
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="versioned", Key="k", VersionId=marker["VersionId"])
    assert code_of(refused.value) == "MethodNotAllowed"
    pages = s3.get_paginator("list_object_versions").paginate(Bucket="versioned", PaginationConfig={"PageSize": 1})
    listed = [found for page in pages for found in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    assert [found["VersionId"] for found in listed] == [marker["VersionId"], second, first]
    assert [found["IsLatest"] for found in listed] == [True, False, False]
    s3.delete_object(Bucket="versioned", Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="versioned", Key="k")["Body"].read() == b"2"
    for version in (first, second):
        s3.delete_object(Bucket="versioned", Key="k", VersionId=version)
    assert "Versions" not in s3.list_object_versions(Bucket="versioned")


def test_a_presigned_url_lets_anybody_do_one_thing_for_a_while(world: SandboxWorld) -> None:
    s3 = world.s3(signature_version="s3v4")
    s3.put_object(Bucket="datasets", Key="pre signed+", Body=b"shared")
    trusted = ssl.create_default_context(cafile=str(world.sandbox.ca_file))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "datasets", "Key": "pre signed+"}, ExpiresIn=60)
    with urllib.request.urlopen(url, context=trusted) as answer:
        assert answer.read() == b"shared"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "datasets", "Key": "put", "ContentType": "text/plain"})
    request = urllib.request.Request(put, data=b"sent", method="PUT", headers={"Content-Type": "text/plain"})
    with urllib.request.urlopen(request, context=trusted):
        pass
    assert s3.get_object(Bucket="datasets", Key="put")["Body"].read() == b"sent"


def test_a_bucket_is_also_named_by_the_host(world: SandboxWorld) -> None:
    world.s3().put_object(Bucket="datasets", Key="hosted", Body=b"by name")
    virtual = world.s3(url=world.sandbox.http_url, signature_version="s3v4", s3={"addressing_style": "virtual"})
    signed = virtual.generate_presigned_url("get_object", Params={"Bucket": "datasets", "Key": "hosted"})
    host, _, target = signed.removeprefix("http://").partition("/")
    assert host == f"datasets.localhost:{world.sandbox.port}"
    connection = HTTPConnection("127.0.0.1", world.sandbox.port)
    connection.request("GET", f"/{target}", headers={"Host": host})
    assert connection.getresponse().read() == b"by name"
    connection.close()


def test_a_new_bucket_has_what_aws_gives_a_new_bucket(s3: Any, world: SandboxWorld) -> None:
    s3.create_bucket(Bucket="fresh-bucket")
    block = s3.get_public_access_block(Bucket="fresh-bucket")["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    ownership = s3.get_bucket_ownership_controls(Bucket="fresh-bucket")["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    rules = s3.get_bucket_encryption(Bucket="fresh-bucket")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.head_bucket(Bucket="fresh-bucket")["BucketRegion"] == "us-east-1"
    assert "fresh-bucket" in [found["Name"] for found in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_request_payment(Bucket="fresh-bucket")["Payer"] == "BucketOwner"
    s3.put_object(Bucket="fresh-bucket", Key="k", Body=b"")
    with pytest.raises(ClientError) as refused:
        s3.delete_bucket(Bucket="fresh-bucket")
    assert code_of(refused.value) == "BucketNotEmpty"
    s3.delete_object(Bucket="fresh-bucket", Key="k")
    s3.delete_bucket(Bucket="fresh-bucket")


def test_a_bucket_made_twice_keeps_its_settings(world: SandboxWorld) -> None:
    s3 = world.s3()
    s3.create_bucket(Bucket="made-twice")
    s3.put_public_access_block(Bucket="made-twice", PublicAccessBlockConfiguration={"BlockPublicAcls": False})
    s3.create_bucket(Bucket="made-twice")
    assert not s3.get_public_access_block(Bucket="made-twice")["PublicAccessBlockConfiguration"]["BlockPublicAcls"]


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("create_bucket", {"Bucket": "192.168.0.1"}, "InvalidBucketName"),
        ("create_bucket", {"Bucket": "acl-bucket", "ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership"),
        (
            "create_bucket",
            {"Bucket": "far", "CreateBucketConfiguration": {"LocationConstraint": "cn-north-1"}},
            "InvalidLocationConstraint",
        ),
        ("put_bucket_acl", {"Bucket": "datasets", "ACL": "public-read"}, "AccessControlListNotSupported"),
        ("put_object_acl", {"Bucket": "datasets", "Key": "k", "ACL": "public-read"}, "AccessControlListNotSupported"),
        ("put_object", {"Bucket": "datasets", "Key": "k", "ACL": "public-read"}, "AccessControlListNotSupported"),
        ("put_object", {"Bucket": "datasets", "Key": "k", "ObjectLockLegalHoldStatus": "ON"}, "InvalidRequest"),
        (
            "put_object",
            {"Bucket": "datasets", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "no-such"},
            "KMS.NotFoundException",
        ),
        ("put_object", {"Bucket": "datasets", "Key": "k", "SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, "AccessDenied"),
        ("put_object", {"Bucket": "datasets", "Key": "k" * 1025}, "KeyTooLongError"),
        ("put_object", {"Bucket": "datasets", "Key": "k", "Tagging": "a=1&a=2"}, "InvalidTag"),
        ("get_object", {"Bucket": "no-such-bucket", "Key": "k"}, "NoSuchBucket"),
        ("get_object", {"Bucket": "datasets", "Key": "no-such-key"}, "NoSuchKey"),
        ("get_object", {"Bucket": "datasets", "Key": "no-such-key", "VersionId": "0" * 32}, "NoSuchVersion"),
        ("get_bucket_policy", {"Bucket": "datasets"}, "NoSuchBucketPolicy"),
        ("put_bucket_policy", {"Bucket": "datasets", "Policy": "{}"}, "MalformedPolicy"),
        ("list_bucket_inventory_configurations", {"Bucket": "datasets"}, "NotImplemented"),
    ],
)
def test_what_cannot_be_done_is_refused_with_awss_code(world: SandboxWorld, call: str, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(world.s3(), call)(**arguments)
    assert code_of(refused.value) == code


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (_policy(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::datasets/*"), "AccessDenied"),
        (_policy(Principal={"AWS": "*"}, Action="s3:GetObject", Resource="arn:aws:s3:::other/*"), "MalformedPolicy"),
        (
            _policy(Principal={"AWS": "arn:aws:iam::111122223333:role/nobody"}, Action="s3:*", Resource="arn:aws:s3:::datasets"),
            "MalformedPolicy",
        ),
        (_policy(Principal={"AWS": "111122223333"}, Action="s3:GetObject"), "MalformedPolicy"),
        (
            _policy(
                Principal={"AWS": "111122223333"},
                Action="s3:GetObject",
                Resource="arn:aws:s3:::datasets/*",
                Condition={"StringLikes": {"s3:prefix": "a"}},
            ),
            "MalformedPolicy",
        ),
    ],
    ids=["public", "other bucket", "unknown principal", "no resource", "unknown operator"],
)
def test_a_bucket_policy_that_aws_refuses_is_refused(world: SandboxWorld, policy: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        world.s3().put_bucket_policy(Bucket="datasets", Policy=policy)
    assert code_of(refused.value) == code


def test_settings_are_stored_and_returned(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="datasets", VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket="datasets")["Status"] == "Suspended"
    s3.put_bucket_tagging(Bucket="datasets", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket="datasets")["TagSet"] == [{"Key": "a", "Value": "b"}]
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket="datasets", LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket="datasets")["Rules"] == [rule]
    s3.delete_bucket_tagging(Bucket="datasets")


@pytest.mark.parametrize(
    "rule",
    [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False},
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/own"},
            "BucketKeyEnabled": True,
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        },
    ],
)
def test_a_default_encryption_is_told_as_it_was_put(world: SandboxWorld, rule: Any) -> None:
    s3 = world.s3()
    s3.create_bucket(Bucket="encrypted")
    s3.put_bucket_encryption(Bucket="encrypted", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert s3.get_bucket_encryption(Bucket="encrypted")["ServerSideEncryptionConfiguration"]["Rules"] == [rule]
    s3.delete_bucket(Bucket="encrypted")
