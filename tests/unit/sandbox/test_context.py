from datetime import UTC, datetime, timedelta

from tests.unit.sandbox.inside import ACCOUNT, REGION

from bucketpass.sandbox.context import Asked, key_context, principal_context, request_context, s3_context
from bucketpass.sandbox.credentials import ANONYMOUS, administrator_of
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.objects.model import ObjectVersion
from bucketpass.sandbox.sigv4 import Scope, Signature
from bucketpass.secret import Secret
from bucketpass.wire.server import Peer, ServerRequest, body_of

NOW = datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)
SIGNATURE = Signature(
    "AKIA", Scope("20260101", REGION, "s3"), ("host",), "0" * 64, "20260101T000000Z", NOW - timedelta(seconds=10), Secret("")
)


def exchange(method: str, target: str, operation: str, peer: Peer = Peer(), **headers: str) -> Exchange:  # noqa: B008 - frozen
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(ServerRequest(method, target, pairs, body_of(b""), peer), operation=operation, signature=SIGNATURE)


def test_the_way_that_a_request_came_is_told() -> None:
    tls, plain = (
        request_context(exchange("GET", "/", "ListBuckets", peer, User_Agent="boto3").request, REGION, NOW)
        for peer in (Peer(tls_version="1.3"), Peer("127.0.0.9"))
    )
    assert (tls["aws:SecureTransport"], plain["aws:SecureTransport"]) == ("true", "false")
    assert (tls["aws:SourceIp"], plain["aws:SourceIp"]) == ("127.0.0.1", "127.0.0.9")
    assert (tls["aws:CurrentTime"], tls["aws:EpochTime"]) == ("2026-01-01T00:00:10Z", str(int(NOW.timestamp())))
    assert (tls["aws:UserAgent"], "aws:Referer" in tls) == ("boto3", False)


def test_a_listing_has_its_own_keys_and_no_other_request_has_them() -> None:
    asked = exchange("GET", "/b?list-type=2&prefix=a%2F&delimiter=%2F&max-keys=3", "ListObjectsV2")
    listing = s3_context(asked, "s3:ListBucket", ACCOUNT, NOW)
    assert (listing["s3:prefix"], listing["s3:delimiter"], listing["s3:max-keys"]) == ("a/", "/", "3")
    uploads = s3_context(exchange("GET", "/b?uploads&prefix=a%2F", "ListMultipartUploads"), "s3:ListBucketMultipartUploads", ACCOUNT, NOW)
    assert "s3:prefix" not in uploads
    assert "s3:prefix" not in s3_context(exchange("GET", "/b", "ListObjects"), "s3:ListBucket", ACCOUNT, NOW)


def test_what_the_headers_ask_for_is_told() -> None:
    asked = exchange("PUT", "/b/k", "PutObject", Peer(tls_version="1.2"), x_amz_acl="private", x_amz_tagging="a=1&b=2", if_none_match="*")
    found = s3_context(asked, "s3:PutObject", ACCOUNT, NOW)
    assert (found["s3:x-amz-acl"], found["s3:if-none-match"], found["s3:ObjectCreationOperation"]) == ("private", "*", "true")
    assert (found["s3:RequestObjectTag/a"], found["s3:RequestObjectTagKeys"]) == ("1", ("a", "b"))
    assert (found["s3:TlsVersion"], found["s3:authType"], found["s3:signatureAge"]) == ("1.2", "REST-HEADER", "10000")
    assert "s3:x-amz-server-side-encryption" not in found
    part = s3_context(exchange("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"), "s3:PutObject", ACCOUNT, NOW)
    assert (part["s3:ObjectCreationOperation"], "s3:TlsVersion" in part) == ("false", False)


def test_the_tags_of_what_is_there_are_told() -> None:
    there = ObjectVersion("b", "k", "null", NOW, tags={"team": "ml"})
    found = s3_context(exchange("GET", "/b/k?versionId=v", "GetObject"), "s3:GetObjectVersion", ACCOUNT, NOW, Asked(there, "v"))
    assert (found["s3:ExistingObjectTag/team"], found["s3:versionid"]) == ("ml", "v")


def test_a_principal_is_told_by_its_kind() -> None:
    root = principal_context(administrator_of(f"arn:aws:iam::{ACCOUNT}:root"))
    assert (root["aws:PrincipalType"], root["aws:PrincipalAccount"]) == ("Account", ACCOUNT)
    user = principal_context(administrator_of(f"arn:aws:iam::{ACCOUNT}:user/ann"))
    assert (user["aws:PrincipalType"], user["aws:username"]) == ("User", "ann")
    assert "aws:PrincipalArn" not in principal_context(ANONYMOUS)


def test_a_key_is_asked_for_in_the_name_of_the_bucket_or_the_object() -> None:
    for bucket_key, arn in ((True, "arn:aws:s3:::b"), (False, "arn:aws:s3:::b/k")):
        found = key_context("aws", REGION, ACCOUNT, "b", "k", bucket_key=bucket_key)
        assert found["kms:EncryptionContext:aws:s3:arn"] == arn
    assert found["kms:ViaService"] == f"s3.{REGION}.amazonaws.com"
    assert key_context("aws", REGION, ACCOUNT, "b", "k", bucket_key=True)["aws:SecureTransport"] == "true"
    assert key_context("aws-cn", "cn-north-1", ACCOUNT, "b", "k", bucket_key=True)["kms:ViaService"] == "s3.cn-north-1.amazonaws.com.cn"
