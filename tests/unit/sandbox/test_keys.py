import json
from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, REGION, Inside, inside, outcome, text_of

KMS = {"x-amz-server-side-encryption": "aws:kms"}
KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        yield world


@pytest.fixture
def key(world: Inside) -> str:
    return str(json.loads(text_of(world.kms("CreateKey")))["KeyMetadata"]["Arn"])


def sealed(world: Inside) -> dict[str, str]:
    headers = dict(world.s3("HEAD", "/bucket/k").headers)
    return {name.removeprefix("x-amz-server-side-"): value for name, value in headers.items() if "server-side" in name}


def default(world: Inside, key: str, bucket_key: str = "false", algorithm: str = "aws:kms") -> None:
    by = f"<SSEAlgorithm>{algorithm}</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>"
    by = f"<ApplyServerSideEncryptionByDefault>{by}</ApplyServerSideEncryptionByDefault>"
    rule = f"<Rule>{by}<BucketKeyEnabled>{bucket_key}</BucketKeyEnabled></Rule>"
    world.s3("PUT", "/bucket?encryption", {}, f"<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>".encode())


def test_an_object_is_sealed_as_the_request_says_else_as_the_bucket_says(world: Inside, key: str) -> None:
    world.s3("PUT", "/bucket/k", {}, b"x")
    assert sealed(world) == {"encryption": "AES256"}
    default(world, key, "true")
    world.s3("PUT", "/bucket/k", {}, b"x")
    assert sealed(world) == {"encryption": "aws:kms", "encryption-aws-kms-key-id": key, "encryption-bucket-key-enabled": "true"}
    world.s3("PUT", "/bucket/k", {**KMS, KEY_ID: key, "x-amz-server-side-encryption-bucket-key-enabled": "false"}, b"x")
    assert sealed(world) == {"encryption": "aws:kms", "encryption-aws-kms-key-id": key}
    world.s3("PUT", "/bucket/k", {"x-amz-server-side-encryption": "AES256"}, b"x")
    assert sealed(world) == {"encryption": "AES256"}
    world.s3("PUT", "/bucket/k", KMS, b"x")
    assert sealed(world)["encryption-aws-kms-key-id"] == f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"


def test_an_object_of_two_layers_has_no_bucket_key_and_is_its_own_context(world: Inside, key: str) -> None:
    default(world, key, "true")
    dsse = {"x-amz-server-side-encryption": "aws:kms:dsse", KEY_ID: key, "x-amz-server-side-encryption-bucket-key-enabled": "true"}
    world.s3("PUT", "/bucket/k", dsse, b"x")
    assert sealed(world) == {"encryption": "aws:kms:dsse", "encryption-aws-kms-key-id": key}
    s3 = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    for about, status in (("arn:aws:s3:::bucket", 403), ("arn:aws:s3:::bucket/k", 200)):
        condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": about}}
        decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": condition}
        assert world.s3("GET", "/bucket/k", {}, b"", world.user(f"u{status}", s3, decrypt)).status == status


def test_a_bucket_may_encrypt_in_two_layers(world: Inside, key: str) -> None:
    default(world, key, "true", "aws:kms:dsse")
    world.s3("PUT", "/bucket/k", {}, b"x")
    assert sealed(world) == {"encryption": "aws:kms:dsse", "encryption-aws-kms-key-id": key}


def test_without_a_key_of_its_own_it_is_the_one_that_aws_manages(world: Inside) -> None:
    world.s3("PUT", "/bucket/k", KMS, b"x")
    assert sealed(world)["encryption-aws-kms-key-id"] == f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"
    reader = world.user("reader", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    assert world.s3("GET", "/bucket/k", {}, b"", reader).status == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-amz-server-side-encryption": "rot13"}, (400, "InvalidEncryptionAlgorithmError")),
        ({KEY_ID: "k"}, (400, "InvalidArgument")),
        ({**KMS, KEY_ID: "no-such-key"}, (400, "KMS.NotFoundException")),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, (403, "AccessDenied")),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(world: Inside, headers: dict[str, str], expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket/k", headers, b"x")) == expected
    assert world.objects.find("bucket", "k") is None


def test_a_key_that_is_disabled_or_gone_opens_nothing(world: Inside, key: str) -> None:
    world.s3("PUT", "/bucket/k", {**KMS, KEY_ID: key}, b"x")
    world.kms("DisableKey", KeyId=key)
    assert outcome(world.s3("GET", "/bucket/k")) == (400, "KMS.DisabledException")
    world.kms("EnableKey", KeyId=key)
    assert outcome(world.s3("GET", "/bucket/k")) == (200, "")
    world.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    assert outcome(world.s3("GET", "/bucket/k")) == (400, "KMS.KMSInvalidStateException")
    assert outcome(world.s3("PUT", "/bucket/n", {**KMS, KEY_ID: key}, b"x")) == (400, "KMS.KMSInvalidStateException")


def test_each_step_of_an_upload_in_parts_needs_its_own_permission(world: Inside, key: str) -> None:
    default(world, key)
    s3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    encrypts = world.user("encrypts", s3, {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key})
    answer = text_of(world.s3("POST", "/bucket/k?uploads", {}, b"", encrypts))
    upload = answer.partition("<UploadId>")[2].partition("<")[0]
    assert upload
    part = f"/bucket/k?partNumber=1&uploadId={upload}"
    assert outcome(world.s3("PUT", part, {}, b"x", encrypts)) == (403, "AccessDenied")
    both = world.user("both", s3, {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key})
    assert outcome(world.s3("PUT", part, {}, b"x", both)) == (200, "")
