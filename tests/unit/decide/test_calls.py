"""S3 calls as questions."""

import pytest

from bucketpass.aws.operations import On
from bucketpass.decide.calls import S3Call, Source, questions
from bucketpass.errors import RequestError

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"


def asked(call: S3Call) -> list[tuple[str, str]]:
    return [(question.action, question.resource.removeprefix("arn:aws:s3:::")) for question in questions(call)]


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
            S3Call("CopyObject", "b", "k", source=Source("a", "j", version_id="v")),
            [("s3:GetObjectVersion", "a/j"), ("s3:PutObject", "b/k")],
        ),
        (
            S3Call("CopyObject", "b", "k", source=Source("a", "j", tags={"team": "ml"})),
            [("s3:GetObject", "a/j"), ("s3:PutObject", "b/k"), ("s3:GetObjectTagging", "a/j"), ("s3:PutObjectTagging", "b/k")],
        ),
        (
            S3Call("CopyObject", "b", "k", source=Source("a", "j", tags={"t": "m"}), headers={"x-amz-tagging-directive": "REPLACE"}),
            [("s3:GetObject", "a/j"), ("s3:PutObject", "b/k")],
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
        (S3Call("UploadPartCopy", "b", "k", source=Source("a", "j")), [("s3:GetObject", "a/j"), ("s3:PutObject", "b/k")]),
    ],
)
def test_a_call_asks_for_these_actions(call: S3Call, expected: list[tuple[str, str]]) -> None:
    assert asked(call) == expected


def test_a_listing_without_a_prefix_is_asked_in_both_readings() -> None:
    contexts = [question.context for question in questions(S3Call("ListObjectsV2", "b", parameters={"delimiter": "/"}))]
    assert contexts == [{"s3:delimiter": "/"}, {"s3:delimiter": "/", "s3:prefix": ""}]
    (one,) = questions(S3Call("ListObjectsV2", "b", parameters={"prefix": "raw/", "max-keys": "5", "list-type": "2"}))
    assert one.context == {"s3:prefix": "raw/", "s3:max-keys": "5"}


def test_keys_of_the_call_are_set() -> None:
    call = S3Call("GetObject", "b", "k", version_id="v", tags={"team": "a"}, headers={"if-match": "e", "range": "bytes=0-1"})
    (question,) = questions(call)
    assert question.context == {"s3:ExistingObjectTag/team": "a", "s3:if-match": "e", "s3:VersionId": "v"}


@pytest.mark.parametrize(("bucket_key", "encrypted"), [(True, "arn:aws:s3:::b"), (False, "arn:aws:s3:::b/k")])
def test_an_encrypted_object_asks_for_its_key_by_way_of_s3(bucket_key: bool, encrypted: str) -> None:
    *_, question = questions(S3Call("GetObject", "b", "k", kms_key=KEY, bucket_key=bucket_key, region="eu-west-1"))
    assert (question.action, question.resource, question.on) == ("kms:Decrypt", KEY, On.KEY)
    assert question.context["kms:ViaService"] == "s3.eu-west-1.amazonaws.com"
    assert question.context["kms:EncryptionContext:aws:s3:arn"] == encrypted


def test_a_copy_between_keys_asks_for_both() -> None:
    call = S3Call("CopyObject", "b", "k", source=Source("a", "j", kms_key=KEY + "2"), kms_key=KEY)
    assert [(q.action, q.resource) for q in questions(call) if q.on in (On.KEY, On.SOURCE_KEY)] == [
        ("kms:Decrypt", KEY + "2"),
        ("kms:GenerateDataKey", KEY),
    ]


def test_an_operation_that_s3_has_not_is_an_error() -> None:
    with pytest.raises(RequestError, match="`GetObjekt` is no operation of S3"):
        questions(S3Call("GetObjekt", "b", "k"))


def test_the_tags_that_an_upload_sets_are_keys() -> None:
    call = S3Call("PutObject", "datasets", "a", headers={"x-amz-tagging": "class=public&empty=&odd%20name=a%26b"})
    write, tagging = questions(call)
    assert tagging.action == "s3:PutObjectTagging"
    for question in (write, tagging):
        assert question.context["s3:RequestObjectTag/class"] == "public"
        assert question.context["s3:RequestObjectTag/empty"] == ""
        assert question.context["s3:RequestObjectTag/odd name"] == "a&b"
        assert question.context["s3:RequestObjectTagKeys"] == ("class", "empty", "odd name")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [("PutObject", "true"), ("CompleteMultipartUpload", "true"), ("CreateMultipartUpload", "false"), ("UploadPart", "false")],
)
def test_a_part_of_an_upload_creates_no_object_yet(operation: str, expected: str) -> None:
    write = next(question for question in questions(S3Call(operation, "datasets", "a")) if question.action == "s3:PutObject")
    assert write.context["s3:ObjectCreationOperation"] == expected
