"""S3 calls as authorization requests."""

from collections.abc import Mapping

import pytest

from bucketpass.errors import RequestError
from bucketpass.requests.callers import ContextValue, role_session
from bucketpass.requests.request import AuthorizationRequest, Connection
from bucketpass.requests.s3 import CopySource, ObjectFacts, S3Call, S3Target, authorization_requests, listing_requests

KEY = "arn:aws:kms:eu-west-1:444455556666:key/1"
ACCOUNT = "111122223333"
TRAINER = role_session(f"arn:aws:iam::{ACCOUNT}:role/trainer", "run")
IRELAND = Connection("eu-west-1")
TARGET = S3Target(ACCOUNT)
TAGGED = S3Target(ACCOUNT, ObjectFacts({"team": "a"}), ObjectFacts({"team": "b"}))
SSE = "x-amz-server-side-encryption"


def requests(call: S3Call, target: S3Target = TARGET, connection: Connection = IRELAND) -> tuple[AuthorizationRequest, ...]:
    return authorization_requests(call, target, TRAINER, connection)


def asked(call: S3Call, target: S3Target = TARGET) -> list[tuple[str, str]]:
    return [(request.action, request.resource.removeprefix("arn:aws:s3:::")) for request in requests(call, target)]


def context(call: S3Call, action: str, target: S3Target = TARGET, connection: Connection = IRELAND) -> Mapping[str, ContextValue]:
    return next(request.context for request in requests(call, target, connection) if request.action == action)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (S3Call("ListBuckets"), [("s3:ListAllMyBuckets", "*")]),
        (S3Call("GetObject", "b", "k"), [("s3:GetObject", "b/k")]),
        (S3Call("HeadObject", "b", "k", version_id="v"), [("s3:GetObjectVersion", "b/k")]),
        (S3Call("GetObjectAttributes", "b", "k"), [("s3:GetObject", "b/k"), ("s3:GetObjectAttributes", "b/k")]),
        (S3Call("PutObject", "b", "k"), [("s3:PutObject", "b/k")]),
        (
            S3Call("PutObject", "b", "k", headers={"x-amz-acl": "private", "x-amz-tagging": "a=b", "x-amz-object-lock-legal-hold": "ON"}),
            [("s3:PutObject", "b/k"), ("s3:PutObjectAcl", "b/k"), ("s3:PutObjectTagging", "b/k"), ("s3:PutObjectLegalHold", "b/k")],
        ),
        (
            S3Call("CopyObject", "b", "k", source=CopySource("a", "j", version_id="v")),
            [("s3:GetObjectVersion", "a/j"), ("s3:PutObject", "b/k")],
        ),
        (
            S3Call("DeleteObjects", "b", keys=(("k", None), ("l", "v")), headers={"x-amz-bypass-governance-retention": "true"}),
            [
                ("s3:DeleteObject", "b/k"),
                ("s3:DeleteObjectVersion", "b/l"),
                ("s3:BypassGovernanceRetention", "b/k"),
                ("s3:BypassGovernanceRetention", "b/l"),
            ],
        ),
        (S3Call("UploadPart", "b", "k"), [("s3:PutObject", "b/k")]),
        (S3Call("AbortMultipartUpload", "b", "k"), [("s3:AbortMultipartUpload", "b/k")]),
        (S3Call("UploadPartCopy", "b", "k", source=CopySource("a", "j")), [("s3:GetObject", "a/j"), ("s3:PutObject", "b/k")]),
    ],
)
def test_a_call_needs_these_actions(call: S3Call, expected: list[tuple[str, str]]) -> None:
    assert asked(call) == expected


def test_a_copy_takes_tags_along_unless_it_replaces_them() -> None:
    copy = S3Call("CopyObject", "b", "k", source=CopySource("a", "j"))
    read_and_write = [("s3:GetObject", "a/j"), ("s3:PutObject", "b/k")]
    assert asked(copy, TAGGED) == [*read_and_write, ("s3:GetObjectTagging", "a/j"), ("s3:PutObjectTagging", "b/k")]
    replaced = S3Call("CopyObject", "b", "k", source=CopySource("a", "j"), headers={"x-amz-tagging-directive": "REPLACE"})
    assert asked(replaced, TAGGED) == read_and_write


def test_a_listing_without_a_prefix_is_asked_in_both_readings() -> None:
    absent, empty = (request.context for request in requests(S3Call("ListObjectsV2", "b", parameters={"delimiter": "/"})))
    assert ("s3:prefix" in absent, empty["s3:prefix"]) == (False, "")
    assert absent["s3:delimiter"] == empty["s3:delimiter"] == "/"
    (one,) = requests(S3Call("ListObjectsV2", "b", parameters={"prefix": "raw/", "max-keys": "5", "list-type": "2"}))
    assert (one.context["s3:prefix"], one.context["s3:max-keys"]) == ("raw/", "5")


def test_whether_an_object_exists_is_asked_of_a_listing_under_its_key() -> None:
    (request,) = listing_requests("b", "raw/1", TARGET, TRAINER, IRELAND)
    assert (request.action, request.resource, request.context["s3:prefix"]) == ("s3:ListBucket", "arn:aws:s3:::b", "raw/1")


def test_a_call_through_an_access_point_is_asked_of_the_point_and_of_the_bucket_with_its_keys() -> None:
    point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/p"
    through = TARGET._replace(access_point=point, object=ObjectFacts(kms_key="arn:aws:kms:eu-west-1:111122223333:key/1"))
    made = requests(S3Call("CopyObject", "b", "k", source=CopySource("a", "j")), through)
    assert [(one.action, one.resource) for one in made] == [
        ("s3:GetObject", "arn:aws:s3:::a/j"),
        ("s3:PutObject", f"{point}/object/k"),
        ("s3:PutObject", "arn:aws:s3:::b/k"),
        ("kms:GenerateDataKey", "arn:aws:kms:eu-west-1:111122223333:key/1"),
    ]
    keys = {"s3:DataAccessPointArn": point, "s3:DataAccessPointAccount": "111122223333", "s3:AccessPointNetworkOrigin": "Internet"}
    assert [keys.items() <= one.context.items() for one in made] == [False, True, True, False]
    listing = listing_requests("b", "raw/1", through, TRAINER, IRELAND)
    assert [one.resource for one in listing] == [point, "arn:aws:s3:::b"]


def test_tags_of_the_object_that_exists_are_no_keys_of_a_write_or_a_delete() -> None:
    read = context(S3Call("GetObject", "b", "k", version_id="v"), "s3:GetObjectVersion", TAGGED)
    assert (read["s3:ExistingObjectTag/team"], read["s3:VersionId"]) == ("a", "v")
    for operation in ("PutObject", "DeleteObject"):
        assert "s3:ExistingObjectTag/team" not in context(S3Call(operation, "b", "k"), f"s3:{operation}", TAGGED)


def test_the_source_of_a_copy_is_read_without_the_keys_of_the_object_that_is_written() -> None:
    headers = {SSE: "aws:kms", "x-amz-acl": "private", "x-amz-copy-source": "a/j", "x-amz-storage-class": "STANDARD"}
    copy = S3Call("CopyObject", "b", "k", source=CopySource("a", "j"), headers=headers)
    read, write = context(copy, "s3:GetObject", TAGGED), context(copy, "s3:PutObject", TAGGED)
    assert {f"s3:{name}" for name in headers} & read.keys() == set()
    assert {f"s3:{name}" for name in headers} <= write.keys()
    assert read["s3:ExistingObjectTag/team"] == "b"


def test_a_copy_has_its_source_as_a_key_also_where_nobody_wrote_the_header() -> None:
    copy = S3Call("CopyObject", "b", "k", source=CopySource("a", "j"))
    assert context(copy, "s3:PutObject")["s3:x-amz-copy-source"] == "a/j"


@pytest.mark.parametrize(("bucket_key", "encrypted"), [(True, "arn:aws:s3:::b"), (False, "arn:aws:s3:::b/k")])
def test_s3_asks_for_the_key_of_an_encrypted_object_over_tls(bucket_key: bool, encrypted: str) -> None:
    target = S3Target(ACCOUNT, ObjectFacts(kms_key=KEY, bucket_key=bucket_key))
    *_, request = requests(S3Call("GetObject", "b", "k"), target, Connection("eu-west-1", secure=False))
    assert (request.action, request.resource, request.resource_account) == ("kms:Decrypt", KEY, "444455556666")
    expected = {
        "kms:ViaService": "s3.eu-west-1.amazonaws.com",
        "kms:CallerAccount": ACCOUNT,
        "kms:EncryptionContext:aws:s3:arn": encrypted,
        "kms:EncryptionContextKeys": ("aws:s3:arn",),
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "true",
        "aws:ResourceAccount": "444455556666",
    }
    assert request.context.items() >= expected.items()
    assert not any(name.startswith("s3:") for name in request.context)


def test_china_has_a_partition_and_a_suffix_of_its_own() -> None:
    target = S3Target(ACCOUNT, ObjectFacts(kms_key=KEY.replace("aws:kms", "aws-cn:kms")))
    read, decrypt = requests(S3Call("GetObject", "b", "k"), target, Connection("cn-north-1"))
    assert read.resource == "arn:aws-cn:s3:::b/k"
    assert decrypt.context["kms:ViaService"] == "s3.cn-north-1.amazonaws.com.cn"


def test_a_copy_between_keys_asks_for_both() -> None:
    target = S3Target(ACCOUNT, ObjectFacts(kms_key=KEY), ObjectFacts(kms_key=KEY + "2"))
    copy = S3Call("CopyObject", "b", "k", source=CopySource("a", "j"))
    assert asked(copy, target)[-2:] == [("kms:Decrypt", KEY + "2"), ("kms:GenerateDataKey", KEY)]


def test_an_operation_that_s3_does_not_have_and_a_copy_of_nothing_are_errors() -> None:
    with pytest.raises(RequestError, match="`GetObjekt` is not an S3 operation"):
        requests(S3Call("GetObjekt", "b", "k"))
    with pytest.raises(RequestError, match="CopyObject copies an object, and no source is named"):
        requests(S3Call("CopyObject", "b", "k"))


def test_the_tags_that_an_upload_sets_are_keys() -> None:
    call = S3Call("PutObject", "b", "a", headers={"x-amz-tagging": "class=public&empty=&odd%20name=a%26b"})
    write, tagging = requests(call)
    assert tagging.action == "s3:PutObjectTagging"
    for request in (write, tagging):
        assert request.context["s3:RequestObjectTag/class"] == "public"
        assert request.context["s3:RequestObjectTag/empty"] == ""
        assert request.context["s3:RequestObjectTag/odd name"] == "a&b"
        assert request.context["s3:RequestObjectTagKeys"] == ("class", "empty", "odd name")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [("PutObject", "true"), ("CompleteMultipartUpload", "true"), ("CreateMultipartUpload", "false"), ("UploadPart", "false")],
)
def test_a_part_of_an_upload_creates_no_object_yet(operation: str, expected: str) -> None:
    assert context(S3Call(operation, "b", "a"), "s3:PutObject")["s3:ObjectCreationOperation"] == expected


def test_only_writes_of_objects_say_whether_they_create_one() -> None:
    assert "s3:ObjectCreationOperation" not in context(S3Call("PutObjectTagging", "b", "a"), "s3:PutObjectTagging")
    tagged = S3Call("PutObject", "b", "a", headers={"x-amz-tagging": "a=b"})
    assert "s3:ObjectCreationOperation" not in context(tagged, "s3:PutObjectTagging")


def test_the_account_of_a_bucket_is_the_callers_where_nothing_else_is_known() -> None:
    (request,) = requests(S3Call("GetObject", "b", "k"), S3Target())
    assert (request.resource_account, request.context["s3:ResourceAccount"]) == (ACCOUNT, ACCOUNT)
    *_, read, _ = requests(S3Call("CopyObject", "b", "k", source=CopySource("a", "j")), S3Target(ACCOUNT, source_account="444455556666"))
    assert read.resource_account == "444455556666"
