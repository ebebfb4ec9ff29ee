import pytest
from tests.unit.sandbox.inside import request

from bucketpass.requests.s3 import CopySource
from bucketpass.sandbox.parse import bucket_of_host, check_version_id, parse_call, path_of, with_presigned_headers
from bucketpass.sandbox.wire_errors import AwsError

VERSION = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("localhost:4566", None),
        ("127.0.0.1:4566", None),
        ("s3.localhost", None),
        ("s3.us-east-1.amazonaws.com", None),
        ("data.localhost:4566", "data"),
        ("data.s3.localhost:4566", "data"),
        ("data.s3.eu-central-1.amazonaws.com", "data"),
        ("my.dotted.bucket.s3.amazonaws.com", "my.dotted.bucket"),
    ],
)
def test_a_bucket_is_named_by_the_host_or_not(host: str, bucket: str | None) -> None:
    assert bucket_of_host(host) == bucket


@pytest.mark.parametrize(
    "host", ["", "evil.example.com", "localhost.evil.com", "iam.localhost", "10.0.0.1:80", "[::1]:80", "localhost:80:80"]
)
def test_a_host_that_is_not_this_machines_is_refused(host: str) -> None:
    with pytest.raises(AwsError):
        bucket_of_host(host)


@pytest.mark.parametrize(
    ("method", "target", "host", "expected"),
    [
        ("GET", "/", "localhost", ("ListBuckets", "", "")),
        ("GET", "/b", "localhost", ("ListObjects", "b", "")),
        ("GET", "/b/?list-type=2", "localhost", ("ListObjectsV2", "b", "")),
        ("GET", "/b/a%20b//c", "localhost", ("GetObject", "b", "a b//c")),
        ("GET", "/a/b", "bucket.localhost", ("GetObject", "bucket", "a/b")),
        ("GET", "/?location", "bucket.localhost", ("GetBucketLocation", "bucket", "")),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "localhost", ("UploadPart", "b", "k")),
        ("GET", "/b/k?partNumber=1", "localhost", ("GetObject", "b", "k")),
        ("POST", "/b?delete", "localhost", ("DeleteObjects", "b", "")),
        ("GET", "/b/../c", "localhost", ("GetObject", "b", "../c")),
    ],
)
def test_a_request_is_an_operation_on_something(method: str, target: str, host: str, expected: tuple[str, str, str]) -> None:
    call = parse_call(request(method, target, {"Host": host}))
    assert (call.operation, call.bucket, call.key) == expected


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("GET", "/b/k?tagging&acl", "MethodNotAllowed"),
        ("GET", "/b?policy&location", "MethodNotAllowed"),
        ("DELETE", "/b?versioning", "InvalidArgument"),
        ("PUT", "/b?policy&uploads", "InvalidArgument"),
        ("GET", "/b?prefix=a&prefix=b", "InvalidArgument"),
        ("GET", "/b/%ff", "InvalidURI"),
        ("GET", "/b/a%00b", "InvalidURI"),
        ("GET", "/b/" + "k" * 1025, "KeyTooLongError"),
        ("PATCH", "/b/k", "MethodNotAllowed"),
        ("OPTIONS", "/b/k", "MethodNotAllowed"),
    ],
)
def test_what_could_be_authorized_as_one_thing_and_done_as_another_is_refused(method: str, target: str, code: str) -> None:
    with pytest.raises(AwsError) as error:
        parse_call(request(method, target, {"Host": "localhost"}))
    assert error.value.code == code


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("b/k", CopySource("b", "k")),
        ("/b/a%20b/c", CopySource("b", "a b/c")),
        (f"b/k?versionId={VERSION}", CopySource("b", "k", VERSION)),
        ("b//k", CopySource("b", "/k")),
    ],
)
def test_a_copy_source_names_an_object(header: str, expected: CopySource) -> None:
    assert parse_call(request("PUT", "/x/y", {"Host": "localhost", "x-amz-copy-source": header})).source == expected


@pytest.mark.parametrize("header", ["b", "b/", "/", "?versionId=1", "arn:aws:s3:us-east-1:1:accesspoint/x/object/k", "b/k?versionId=1&acl"])
def test_a_copy_source_that_names_none_is_refused(header: str) -> None:
    with pytest.raises(AwsError):
        parse_call(request("PUT", "/x/y", {"Host": "localhost", "x-amz-copy-source": header}))


def test_without_its_header_there_is_no_copy_source() -> None:
    assert parse_call(request("PUT", "/x/y", {"Host": "localhost"})).source is None


def test_a_call_has_its_version_its_parameters_and_its_headers() -> None:
    call = parse_call(request("GET", f"/b/a%20b?versionId={VERSION}&partNumber=1", {"Host": "localhost", "If-Match": "e"}))
    assert (call.version_id, call.parameters["partNumber"], call.headers["if-match"]) == (VERSION, "1", "e")
    assert path_of(call) == "/b/a%20b"


@pytest.mark.parametrize("version", ["", "v1", "0" * 31, "0" * 33, "é" * 32])
def test_a_version_id_has_the_form_of_one(version: str) -> None:
    with pytest.raises(AwsError) as error:
        check_version_id(version)
    assert (error.value.code, dict(error.value.details)["ArgumentName"]) == ("InvalidArgument", "versionId")


def test_parameters_of_a_presigned_url_are_headers_but_for_those_that_sign_it() -> None:
    query = "X-Amz-Signature=s&X-Amz-Credential=c&If-None-Match=*&x-amz-acl=private&versionId=null&prefix=p"
    found = with_presigned_headers(request("PUT", f"/b/k?{query}", {"Host": "localhost", "X-Amz-Acl": "signed"}))
    assert (found.fields.get("if-none-match"), found.fields["x-amz-acl"], "x-amz-signature" in found.fields) == ("*", "signed", False)
