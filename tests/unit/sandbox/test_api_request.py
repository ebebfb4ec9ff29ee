import pytest

from bucketpass.aws.operations import OPERATIONS
from bucketpass.decide import AuthorizationRequest, Principal, PrincipalKind
from bucketpass.sandbox.api_request import ApiRequest, api_request

WHO = Principal(PrincipalKind.ANONYMOUS)
OBJECT, BUCKET = "arn:aws:s3:::data/raw/a b", "arn:aws:s3:::data"


def request_for(action: str, resource: str, **context: str) -> ApiRequest | None:
    return api_request(AuthorizationRequest(WHO, action, resource, {key.replace("__", ":"): value for key, value in context.items()}))


@pytest.mark.parametrize(
    ("action", "resource", "context", "sent"),
    [
        ("s3:GetObject", OBJECT, {}, "GET /data/raw/a%20b"),
        ("s3:GetObjectTagging", OBJECT, {}, "GET /data/raw/a%20b?tagging="),
        ("s3:ListBucket", BUCKET, {"s3:prefix": "raw/"}, "GET /data?list-type=2&prefix=raw%2F"),
        ("s3:ListBucketVersions", BUCKET, {}, "GET /data?versions="),
        ("s3:PutObject", OBJECT, {}, "PUT /data/raw/a%20b"),
        ("s3:PutObject", OBJECT, {"s3:ObjectCreationOperation": "false"}, "POST /data/raw/a%20b?uploads="),
        ("s3:AbortMultipartUpload", OBJECT, {}, "DELETE /data/raw/a%20b?uploadId=x"),
        ("s3:PutBucketPolicy", BUCKET, {}, "PUT /data?policy="),
    ],
)
def test_the_request_is_the_one_that_needs_the_action(action: str, resource: str, context: dict[str, str], sent: str) -> None:
    found = api_request(AuthorizationRequest(WHO, action, resource, context))
    assert str(found) == sent
    assert found is not None
    assert action in {name for need in OPERATIONS[found.operation].needs for name in (need.action, need.versioned)}


def test_condition_keys_become_headers_and_tags_of_the_object() -> None:
    context = {
        "s3:x-amz-server-side-encryption": "AES256",
        "s3:if-none-match": "*",
        "s3:ExistingObjectTag/class": "public",
        "s3:RequestObjectTag/team": "a b",
        "aws:SecureTransport": "false",
    }
    found = api_request(AuthorizationRequest(WHO, "s3:PutObject", OBJECT, context))
    assert found is not None
    assert found.headers == {"x-amz-server-side-encryption": "AES256", "If-None-Match": "*", "x-amz-tagging": "team=a+b"}
    assert found.object_tags == {"class": "public"}
    assert not found.secure


def test_a_version_is_asked_for_where_the_action_is_on_one() -> None:
    found = request_for("s3:GetObjectVersion", OBJECT)
    assert found is not None
    assert found.with_version


@pytest.mark.parametrize(("action", "resource"), [("s3:InventedTomorrow", OBJECT), ("s3:GetObject", BUCKET), ("s3:ListBucket", OBJECT)])
def test_what_no_operation_asks_for_by_itself_is_no_request(action: str, resource: str) -> None:
    assert request_for(action, resource) is None
