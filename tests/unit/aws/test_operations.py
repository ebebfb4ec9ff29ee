"""The table of S3's operations against S3's own API model."""

import botocore.loaders
import pytest

from bucketpass.aws.actions import ACTIONS
from bucketpass.aws.operations import OPERATIONS, On, operation_of_request

MODEL = botocore.loaders.Loader().load_service_model("s3", "service-2")["operations"]
TARGETS = {"/": On.SERVICE, "/{Bucket}": On.BUCKET, "/{Bucket}/{Key+}": On.OBJECT, "/WriteGetObjectResponse": On.SERVICE}


def test_every_operation_of_the_api_is_known() -> None:
    assert set(OPERATIONS) - {"PostObject"} == set(MODEL)


@pytest.mark.parametrize("name", sorted(MODEL))
def test_an_operation_is_sent_as_the_api_model_says(name: str) -> None:
    http = MODEL[name]["http"]
    path, _, query = http["requestUri"].partition("?")
    operation = OPERATIONS[name]
    assert (operation.method, operation.target) == (http["method"], TARGETS[path])
    assert {part.partition("=")[0] for part in query.split("&") if part} <= set(operation.query)


def test_every_action_is_an_action_of_the_table_or_of_another_service() -> None:
    needed = {action for operation in OPERATIONS.values() for need in operation.needs for action in (need.action, need.versioned) if action}
    assert {action for action in needed - set(ACTIONS) if action.startswith("s3:")} == set()


@pytest.mark.parametrize(
    ("method", "target", "query", "headers", "expected"),
    [
        ("GET", On.OBJECT, (), (), "GetObject"),
        ("GET", On.OBJECT, ("versionId",), (), "GetObject"),
        ("GET", On.OBJECT, ("partNumber",), (), "GetObject"),
        ("GET", On.OBJECT, ("uploadId",), (), "ListParts"),
        ("PUT", On.OBJECT, (), (), "PutObject"),
        ("PUT", On.OBJECT, (), ("x-amz-copy-source",), "CopyObject"),
        ("PUT", On.OBJECT, ("partNumber", "uploadId"), (), "UploadPart"),
        ("PUT", On.OBJECT, ("partNumber", "uploadId"), ("x-amz-copy-source",), "UploadPartCopy"),
        ("POST", On.OBJECT, ("uploads",), (), "CreateMultipartUpload"),
        ("POST", On.OBJECT, ("uploadId",), (), "CompleteMultipartUpload"),
        ("DELETE", On.OBJECT, ("uploadId",), (), "AbortMultipartUpload"),
        ("GET", On.BUCKET, ("prefix", "delimiter"), (), "ListObjects"),
        ("GET", On.BUCKET, ("list-type", "prefix"), (), "ListObjectsV2"),
        ("GET", On.BUCKET, ("versions", "prefix"), (), "ListObjectVersions"),
        ("GET", On.BUCKET, ("analytics", "id"), (), "GetBucketAnalyticsConfiguration"),
        ("GET", On.BUCKET, ("analytics",), (), "ListBucketAnalyticsConfigurations"),
        ("POST", On.BUCKET, ("delete",), (), "DeleteObjects"),
        ("GET", On.SERVICE, (), (), "ListBuckets"),
    ],
)
def test_a_request_is_the_operation_that_it_looks_like(
    method: str, target: On, query: tuple[str, ...], headers: tuple[str, ...], expected: str
) -> None:
    operation = operation_of_request(method, target, query, headers)
    assert operation is not None
    assert operation.name == expected


@pytest.mark.parametrize(
    ("method", "target", "query"),
    [("GET", On.OBJECT, ("acl", "tagging")), ("PUT", On.BUCKET, ("policy", "acl")), ("PATCH", On.OBJECT, ()), ("POST", On.OBJECT, ())],
)
def test_a_request_that_is_none_or_could_be_two_is_none(method: str, target: On, query: tuple[str, ...]) -> None:
    assert operation_of_request(method, target, query, ()) is None
