"""Each operation needs exactly the actions that AWS asks for: a user without one of them is refused it."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5

import pytest
from botocore.credentials import Credentials
from tests.unit.sandbox.inside import HOST, Inside, between, inside, outcome, request, text_of

from bucketpass.wire.server import ServerResponse

BATCH = b"<Delete><Object><Key>k</Key></Object><Object><Key>kept</Key></Object></Delete>"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/other-bucket")
        world.s3("PUT", "/bucket?versioning", {}, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        world.s3("PUT", "/bucket/k", {"x-amz-tagging": "a=1"}, b"x")
        yield world


def allowing(world: Inside, *actions: str, resource: str = "*") -> Credentials:
    name = f"user-{len(world.state._iam.users)}"
    return world.user(name, {"Effect": "Allow", "Action": list(actions), "Resource": resource})


OPERATIONS: dict[str, tuple[str, str, dict[str, str], bytes, tuple[str, ...]]] = {
    "list buckets": ("GET", "/", {}, b"", ("s3:ListAllMyBuckets",)),
    "get": ("GET", "/bucket/k", {}, b"", ("s3:GetObject",)),
    "head": ("HEAD", "/bucket/k", {}, b"", ("s3:GetObject",)),
    "attributes": ("GET", "/bucket/k?attributes", {"x-amz-object-attributes": "ETag"}, b"", ("s3:GetObject", "s3:GetObjectAttributes")),
    "put": ("PUT", "/bucket/n", {}, b"", ("s3:PutObject",)),
    "put tags": ("PUT", "/bucket/n", {"x-amz-tagging": "a=1"}, b"", ("s3:PutObject", "s3:PutObjectTagging")),
    "put acl": ("PUT", "/bucket/n", {"x-amz-acl": "bucket-owner-full-control"}, b"", ("s3:PutObject", "s3:PutObjectAcl")),
    "copy": (
        "PUT",
        "/other-bucket/n",
        {"x-amz-copy-source": "bucket/k"},
        b"",
        ("s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:PutObjectTagging"),
    ),
    "copy without tags": (
        "PUT",
        "/other-bucket/n",
        {"x-amz-copy-source": "bucket/k", "x-amz-tagging-directive": "REPLACE"},
        b"",
        ("s3:GetObject", "s3:PutObject"),
    ),
    "delete": ("DELETE", "/bucket/k", {}, b"", ("s3:DeleteObject",)),
    "list": ("GET", "/bucket?list-type=2", {}, b"", ("s3:ListBucket",)),
    "list versions": ("GET", "/bucket?versions", {}, b"", ("s3:ListBucketVersions",)),
    "head bucket": ("HEAD", "/bucket", {}, b"", ("s3:ListBucket",)),
    "begin upload": ("POST", "/bucket/k?uploads", {}, b"", ("s3:PutObject",)),
    "list uploads": ("GET", "/bucket?uploads", {}, b"", ("s3:ListBucketMultipartUploads",)),
    "read tags": ("GET", "/bucket/k?tagging", {}, b"", ("s3:GetObjectTagging",)),
    "remove tags": ("DELETE", "/bucket/k?tagging", {}, b"", ("s3:DeleteObjectTagging",)),
    "read policy": ("GET", "/bucket?policyStatus", {}, b"", ("s3:GetBucketPolicyStatus",)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_needs_each_of_its_actions(world: Inside, name: str) -> None:
    method, target, headers, body, actions = OPERATIONS[name]
    for missing in actions:
        keys = allowing(world, *(action for action in (*actions, "s3:Nothing") if action != missing))
        answer = world.s3(method, target, headers, body, keys)
        assert answer.status == 403
        if method != "HEAD":
            assert f"perform: {missing} on" in text_of(answer)
    assert world.s3(method, target, headers, body, allowing(world, *actions)).status in (200, 204, 404)


def test_a_version_that_is_named_needs_the_versions_action(world: Inside) -> None:
    found = world.objects.find("bucket", "k")
    assert found is not None
    for method, plain, versioned in (
        ("GET", "s3:GetObject", "s3:GetObjectVersion"),
        ("DELETE", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    ):
        target = f"/bucket/k?versionId={found.version_id}"
        assert world.s3(method, target, {}, b"", allowing(world, plain)).status == 403
        assert world.s3(method, target, {}, b"", allowing(world, versioned)).status in (200, 204)


def test_a_missing_key_is_told_to_those_alone_who_may_list(world: Inside) -> None:
    for method in ("GET", "HEAD"):
        assert world.s3(method, "/bucket/none", {}, b"", allowing(world, "s3:GetObject")).status == 403
        assert world.s3(method, "/bucket/none", {}, b"", allowing(world, "s3:GetObject", "s3:ListBucket")).status == 404
    copy = {"x-amz-copy-source": "bucket/none"}
    assert outcome(world.s3("PUT", "/bucket/n", copy, b"", allowing(world, "s3:GetObject", "s3:PutObject"))) == (403, "AccessDenied")
    assert outcome(world.s3("PUT", "/bucket/n", copy, b"", allowing(world, "s3:*"))) == (404, "NoSuchKey")


def batch(world: Inside, keys: Credentials) -> ServerResponse:
    return world.s3("POST", "/bucket?delete", {"Content-MD5": b64encode(md5(BATCH).digest()).decode()}, BATCH, keys)


def test_a_batch_is_judged_key_by_key(world: Inside) -> None:
    world.s3("PUT", "/bucket/kept", {}, b"")
    answer = text_of(batch(world, allowing(world, "s3:DeleteObject", resource="arn:aws:s3:::bucket/k")))
    assert between(between(answer, "Deleted"), "Key") == "k"
    assert (between(between(answer, "Error"), "Key"), between(answer, "Code")) == ("kept", "AccessDenied")
    kept = world.objects.find("bucket", "kept")
    assert kept is not None
    assert not kept.is_delete_marker
    assert "<Error>" in text_of(batch(world, allowing(world, "s3:GetObject")))


def test_a_version_can_be_denied_by_its_name_in_a_batch_too(world: Inside) -> None:
    found = world.objects.find("bucket", "k")
    assert found is not None
    named = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObjectVersion", "Resource": "arn:aws:s3:::bucket/*"}
    statement = {**named, "Condition": {"StringEquals": {"s3:versionid": found.version_id}}}
    world.s3("PUT", "/bucket?policy", {}, json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode())
    body = f"<Delete><Object><Key>k</Key><VersionId>{found.version_id}</VersionId></Object></Delete>".encode()
    answer = world.s3("POST", "/bucket?delete", {"Content-MD5": b64encode(md5(body).digest()).decode()}, body)
    assert between(text_of(answer), "Code") == "AccessDenied"
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={found.version_id}")) == (403, "AccessDenied")
    assert outcome(world.s3("DELETE", "/bucket/k?versionId=" + "0" * 32)) == (204, "")


def test_a_copy_is_judged_by_the_sources_own_bucket(world: Inside) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}],
    }
    world.s3("PUT", "/bucket?policy", {}, json.dumps(document).encode())
    answer = world.s3("PUT", "/other-bucket/n", {"x-amz-copy-source": "bucket/k"}, b"", allowing(world, "s3:*"))
    assert outcome(answer) == (403, "AccessDenied")
    assert "explicit deny" in text_of(answer)


def test_conditions_see_the_request(world: Inside) -> None:
    condition = {"StringEquals": {"s3:prefix": "a/"}, "NumericLessThan": {"s3:max-keys": "10"}}
    keys = world.user("lister", {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket", "Condition": condition})
    for query, status in (("prefix=a%2F&max-keys=5", 200), ("prefix=a%2F", 403), ("prefix=b%2F&max-keys=5", 403), ("max-keys=5", 403)):
        assert world.s3("GET", f"/bucket?list-type=2&{query}", {}, b"", keys).status == status


def test_anonymous_requests_are_judged_by_the_bucket_alone(world: Inside) -> None:
    assert outcome(world.front(request("GET", "/bucket/k", {"Host": HOST}))) == (403, "AccessDenied")
    assert outcome(world.front(request("GET", "/", {"Host": HOST}))) == (403, "AccessDenied")


def put_policy(world: Inside, *statements: dict[str, object]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Principal": "*", **statement} for statement in statements]}
    world.s3("DELETE", "/bucket?publicAccessBlock")
    assert world.s3("PUT", "/bucket?policy", {}, json.dumps(document).encode()).status in (200, 204)


OBJECTS = "arn:aws:s3:::bucket/*"


def test_an_anonymous_request_does_not_say_that_it_comes_from_no_service(world: Inside) -> None:
    condition = {"Bool": {"aws:PrincipalIsAWSService": "false"}}
    put_policy(world, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS, "Condition": condition})
    assert outcome(world.front(request("GET", "/bucket/k", {"Host": HOST}))) == (403, "AccessDenied")
    put_policy(world, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS})
    assert outcome(world.front(request("GET", "/bucket/k", {"Host": HOST}))) == (200, "")


def test_a_listing_without_a_prefix_must_be_allowed_in_both_readings(world: Inside) -> None:
    condition = {"StringLikeIfExists": {"s3:prefix": "raw/*"}}
    keys = world.user("lister", {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition})
    assert outcome(world.s3("GET", "/bucket?list-type=2", {}, b"", keys)) == (403, "AccessDenied")
    assert outcome(world.s3("GET", "/bucket?list-type=2&prefix=raw%2F", {}, b"", keys)) == (200, "")


def test_a_part_is_decided_by_the_encryption_that_its_upload_names(world: Inside) -> None:
    named = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    put_policy(world, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": OBJECTS, "Condition": named})
    assert outcome(world.s3("POST", "/bucket/big?uploads")) == (403, "AccessDenied")
    upload = between(text_of(world.s3("POST", "/bucket/big?uploads", {"x-amz-server-side-encryption": "AES256"})), "UploadId")
    part = world.s3("PUT", f"/bucket/big?partNumber=1&uploadId={upload}", {}, b"x")
    assert outcome(part) == (200, "")
    etag = dict(part.headers)["ETag"]
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    assert outcome(world.s3("POST", f"/bucket/big?uploadId={upload}", {}, body.encode())) == (200, "")


def test_the_source_of_a_copy_is_read_without_the_destinations_headers(world: Inside) -> None:
    condition = {"Null": {"s3:x-amz-server-side-encryption": "false"}}
    put_policy(world, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": OBJECTS, "Condition": condition})
    copy = {"x-amz-copy-source": "bucket/k", "x-amz-server-side-encryption": "AES256"}
    assert outcome(world.s3("PUT", "/other-bucket/n", copy)) == (200, "")


def test_tagging_an_object_creates_none(world: Inside) -> None:
    condition = {"Null": {"s3:ObjectCreationOperation": "false"}}
    put_policy(world, {"Effect": "Deny", "Action": "s3:PutObjectTagging", "Resource": OBJECTS, "Condition": condition})
    tags = b"<Tagging><TagSet><Tag><Key>a</Key><Value>2</Value></Tag></TagSet></Tagging>"
    assert outcome(world.s3("PUT", "/bucket/k?tagging", {}, tags)) == (200, "")


def test_an_object_is_not_protected_from_writes_and_deletes_by_its_tags(world: Inside) -> None:
    condition = {"StringEquals": {"s3:ExistingObjectTag/a": "1"}}
    put_policy(world, {"Effect": "Deny", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": OBJECTS, "Condition": condition})
    assert outcome(world.s3("PUT", "/bucket/k", {}, b"y")) == (200, "")
    world.s3("PUT", "/bucket/k", {"x-amz-tagging": "a=1"}, b"x")
    assert outcome(world.s3("DELETE", "/bucket/k")) == (204, "")


def test_a_caller_that_may_list_under_the_key_alone_learns_that_it_does_not_exist(world: Inside) -> None:
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    for prefix, expected in (("none", (404, "NoSuchKey")), ("other", (403, "AccessDenied"))):
        lists = {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::bucket",
            "Condition": {"StringEquals": {"s3:prefix": prefix}},
        }
        answer = world.s3("GET", "/bucket/none", {}, b"", world.user(f"reads-{prefix}", read, lists))
        assert outcome(answer) == expected
    assert 's3:ListBucket on resource: "arn:aws:s3:::bucket"' in text_of(answer)
