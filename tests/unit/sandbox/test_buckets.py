import json
from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials
from tests.unit.sandbox.inside import ACCOUNT, Inside, between, inside, outcome, text_of

from bucketpass.aws.operations import OPERATIONS
from bucketpass.sandbox.buckets import READ_BY_MOTO, WRITTEN_BY_MOTO, Buckets


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        yield world


def policy(**changes: object) -> bytes:
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changes}]}).encode()


@pytest.mark.parametrize("name", ["ab", "UPPER", "a..b", "-start", "end-", "192.168.1.1", "xn--x", "x" * 64, "under_score", "x-s3alias"])
def test_a_bucket_has_a_name_that_s3_takes(world: Inside, name: str) -> None:
    assert outcome(world.s3("PUT", f"/{name}")) == (400, "InvalidBucketName")


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"x-amz-acl": "public-read"}, b"", (400, "InvalidBucketAclWithObjectOwnership")),
        ({"x-amz-acl": "public-read", "x-amz-object-ownership": "ObjectWriter"}, b"", (501, "NotImplemented")),
        ({"x-amz-grant-read": "id=x"}, b"", (501, "NotImplemented")),
        ({"x-amz-bucket-object-lock-enabled": "true"}, b"", (200, "")),
        ({"x-amz-acl": "private"}, b"", (200, "")),
        (
            {},
            b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>",
            (400, "InvalidLocationConstraint"),
        ),
        ({}, b"<CreateBucketConfiguration/>", (200, "")),
        ({}, b"no xml", (400, "MalformedXML")),
    ],
)
def test_a_bucket_is_made_as_s3_lets_it(world: Inside, headers: dict[str, str], body: bytes, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/new-bucket", headers, body)) == expected


def test_another_ownership_is_kept_where_it_was_asked_for(world: Inside) -> None:
    world.s3("PUT", "/new-bucket", {"x-amz-object-ownership": "BucketOwnerPreferred"})
    assert "BucketOwnerPreferred" in text_of(world.s3("GET", "/new-bucket?ownershipControls"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (policy(), (204, "")),
        (policy(Resource="arn:aws:s3:::buck*"), (204, "")),
        (policy(Resource="*"), (204, "")),
        (policy(Resource="arn:aws:s3:::other/*"), (400, "MalformedPolicy")),
        (policy(Resource="arn:aws:s3:::bucket2/*"), (400, "MalformedPolicy")),
        (policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}), (400, "MalformedPolicy")),
        (policy(Principal={"AWS": "arn:aws:iam::999999999999:role/somebody"}), (204, "")),
        (policy(Principal="*"), (403, "AccessDenied")),
        (policy(Principal={"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}), (204, "")),
        (policy(Action="ec2:*"), (400, "MalformedPolicy")),
        (policy(Sid="x" * 21_000), (400, "PolicyTooLarge")),
        (b"not json", (400, "MalformedPolicy")),
    ],
)
def test_a_bucket_policy_is_stored_where_s3_would_store_it(world: Inside, body: bytes, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket?policy", {}, body)) == expected


@pytest.mark.parametrize("setting", ["publicAccessBlock", "versioning", "encryption", "ownershipControls", "lifecycle", "tagging", "cors"])
@pytest.mark.parametrize("body", [b"", b"no xml", b"<Other/>", b"<a><b/></a>", b"\xff"])
def test_a_setting_that_sets_nothing_is_refused(world: Inside, setting: str, body: bytes) -> None:
    assert outcome(world.s3("PUT", f"/bucket?{setting}", {}, body))[0] in (200, 400)


def test_whether_a_policy_is_public_is_told(world: Inside) -> None:
    assert outcome(world.s3("GET", "/bucket?policyStatus")) == (404, "NoSuchBucketPolicy")
    world.s3("PUT", "/bucket?policy", {}, policy())
    assert "<IsPublic>false</IsPublic>" in text_of(world.s3("GET", "/bucket?policyStatus"))


def test_a_bucket_policy_is_bound_to_the_role_that_it_named(world: Inside) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    arn = f"arn:aws:iam::{ACCOUNT}:role/reader"

    def make_role() -> Credentials:
        text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        world.form("iam", "CreateRole", RoleName="reader", AssumeRolePolicyDocument=text)
        answer = text_of(world.form("sts", "AssumeRole", RoleArn=arn, RoleSessionName="s1"))
        return Credentials(*(between(answer, name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")))

    def shown() -> str:
        return text_of(world.s3("GET", "/bucket?policy"))

    first = make_role()
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket"}
    stored = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    assert world.s3("PUT", "/bucket?policy", {}, stored).status == 204
    assert world.s3("GET", "/bucket", {}, b"", first).status == 200
    assert arn in shown()
    world.form("iam", "DeleteRole", RoleName="reader")
    assert (arn in shown(), "AROA" in shown()) == (False, True)
    second = make_role()
    # Neither the namesake nor a session of the role that is gone gets in.
    assert [world.s3("GET", "/bucket", {}, b"", keys).status for keys in (first, second)] == [403, 403]
    assert (arn in shown(), "AROA" in shown()) == (False, True)
    assert world.s3("PUT", "/bucket?policy", {}, stored).status == 204
    assert [world.s3("GET", "/bucket", {}, b"", keys).status for keys in (first, second)] == [403, 200]


def test_a_bucket_with_an_upload_is_deleted_and_the_upload_with_it(world: Inside) -> None:
    world.s3("POST", "/bucket/k?uploads")
    assert outcome(world.s3("DELETE", "/bucket")) == (204, "")
    assert world.objects.uploads("bucket") == []


def test_older_names_of_the_api_are_the_same_operations(world: Inside) -> None:
    rule = "<Rule><ID>x</ID><Status>Enabled</Status><Filter><Prefix>a/</Prefix></Filter><Expiration><Days>1</Days></Expiration></Rule>"
    body = f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>".encode()
    assert outcome(world.s3("PUT", "/bucket?lifecycle", {}, body)) == (200, "")
    assert "<ID>x</ID>" in text_of(world.s3("GET", "/bucket?lifecycle"))


def test_everything_that_is_handed_on_is_an_operation_of_s3() -> None:
    assert set(OPERATIONS) >= (READ_BY_MOTO | WRITTEN_BY_MOTO)
    assert not READ_BY_MOTO & WRITTEN_BY_MOTO
    assert Buckets.knows("GetBucketPolicy")
    assert not Buckets.knows("PutBucketInventoryConfiguration")
