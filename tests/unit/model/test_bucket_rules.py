import pytest

from bucketpass.model import Access, Bucket, Lifecycle, Logging, ObjectLock, Perimeter, Relaxation
from bucketpass.model.bucket_rules import bucket_mistakes, name_clashes

ADMIN = ("arn:aws:iam::111122223333:role/admin",)
SESSION = "arn:aws:sts::111122223333:assumed-role/admin/me"
ROOT = "arn:aws:iam::111122223333:root"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"


def mistakes(bucket: Bucket, name: str = "data", **others: Bucket) -> list[tuple[str, str]]:
    access = Access({}, {**others, name: bucket}, {})
    return [(mistake.place.path, mistake.message) for mistake in bucket_mistakes(name, access)]


@pytest.mark.parametrize(
    ("bucket", "path", "words"),
    [
        (Bucket(exclusive=True), "exclusive", "locks out whoever deploys"),
        (Bucket(perimeter=Perimeter(vpc_endpoints=("vpce-1",))), "perimeter", "locks out whoever deploys"),
        (Bucket(administrators=ADMIN), "administrators", "changes nothing"),
        (Bucket(relax={Relaxation.TLS: " "}), "relax.tls", "no reason"),
        (Bucket(policy="none"), "policy", "not there yet"),
        (Bucket(create=False, policy="{"), "policy", "not a policy"),
        (Bucket(create=False, policy='{"Version": "2012-10-17", "Statement": [{}]}'), "policy", "not a policy at `/Statement/0`"),
        (Bucket(account="444455556666", lifecycle=Lifecycle(expire_days=9)), "lifecycle", "for a bucket of another account"),
        (Bucket(account="444455556666", logging=Logging("elsewhere")), "logging", "for a bucket of another account"),
        (Bucket(account="other", access_points=("lab",)), "access_points", "for a bucket of another account"),
        (Bucket(account="444455556666", tags={"a": "b"}), "tags", "for a bucket of another account"),
        (Bucket(create=False, object_lock=ObjectLock(9)), "object_lock", "for an adopted bucket"),
        (Bucket(create=False, transfer_acceleration=True), "transfer_acceleration", "for an adopted bucket"),
        (Bucket(name="data.sets", transfer_acceleration=True), "transfer_acceleration", "a dot in its name"),
        (Bucket(dsse=True), "dsse", "without a KMS key"),
        (Bucket(dsse=True, encryption="kms", encryption_context="bucket"), "encryption_context", "no bucket key"),
        (Bucket(dsse=True, encryption=KEY, create=False), "dsse", "for an adopted bucket"),
        (Bucket(key_policy="merge"), "key_policy", "without a key of this account that exists"),
        (Bucket(encryption=KEY, account="444455556666", key_policy="merge"), "key_policy", "without a key of this account"),
        (Bucket(create=False, encryption="kms"), "encryption", "for an existing bucket"),
        (Bucket(account="444455556666", encryption="kms"), "encryption", "for an existing bucket"),
        (Bucket(exclusive=True, administrators=(*ADMIN, SESSION)), "administrators", "a session: a request of it has the ARN of its role"),
        (Bucket(exclusive=True, administrators=(ROOT,)), "administrators", "only the root of an account"),
        (Bucket(object_lock=ObjectLock(9), versioning=False), "object_lock", "without versioning"),
        (Bucket(object_lock=ObjectLock(9), lifecycle=Lifecycle(expire_old_versions_days=8)), "lifecycle", "locked for 9"),
        (Bucket(logging=Logging("data")), "logging.bucket", "log its own logs"),
        (Bucket(logging=Logging("secret")), "logging.bucket", "does not deliver logs"),
        (Bucket(logging=Logging("locked")), "logging.bucket", "does not deliver logs"),
        (Bucket(access_points=("a", "a")), "access_points", "`a` twice"),
        (Bucket(name="Data"), "name", "3 to 63"),
        (Bucket(name="a..b"), "name", "3 to 63"),
        (Bucket(name="-ab"), "name", "3 to 63"),
    ],
)
def test_a_wrong_bucket_is_told(bucket: Bucket, path: str, words: str) -> None:
    found = mistakes(bucket, secret=Bucket(encryption=KEY), locked=Bucket(object_lock=ObjectLock(1)))
    assert [(place, words in message) for place, message in found if words in message] == [(f"buckets.data.{path}".rstrip("."), True)]
    assert len({place for place, _ in found}) == 1, found


def test_a_bucket_is_declared_once() -> None:
    access = Access({}, {"data": Bucket(), "raw": Bucket(name="data")}, {})
    assert [(clash.place.path, "which `data` has too" in clash.message) for clash in name_clashes(access)] == [("buckets.raw", True)]


@pytest.mark.parametrize("name", ["My_Data", "ab", "a" * 64])
def test_a_name_that_s3_does_not_take_needs_another(name: str) -> None:
    assert [path for path, _ in mistakes(Bucket(), name)] == [f"buckets.{name}"]
    assert mistakes(Bucket(name="my-data"), name) == []


@pytest.mark.parametrize(
    "bucket",
    [
        Bucket(),
        Bucket(name="acme.data-1"),
        Bucket(exclusive=True, administrators=ADMIN),
        Bucket(create=False),
        Bucket(create=False, exclusive=True, administrators=ADMIN, perimeter=Perimeter("o-abcdefghij")),
        Bucket(create=False, policy="none", exclusive=True, administrators=ADMIN),
        Bucket(exclusive=True, administrators=(*ADMIN, ROOT)),
        Bucket(account="444455556666", encryption=KEY),
        Bucket(logging=Logging("elsewhere")),
        Bucket(object_lock=ObjectLock(9), lifecycle=Lifecycle(expire_old_versions_days=9)),
    ],
)
def test_a_good_bucket_has_no_mistake(bucket: Bucket) -> None:
    assert mistakes(bucket) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("data--use1-az4--x-s3", "a directory bucket"),
        ("data--table-s3", "an S3 table bucket"),
        ("data-s3alias", "an access point's alias"),
        ("data--ol-s3", "an Object Lambda"),
        ("data.mrap", "a Multi-Region Access Point"),
        ("xn--data", "which S3 does not take"),
        ("sthree-data", "which S3 does not take"),
        ("amzn-s3-demo-bucket", "which S3 does not take"),
        ("192.168.1.1", "which S3 does not take"),
    ],
)
def test_a_name_that_s3_keeps_for_something_else_is_refused(name: str, words: str) -> None:
    access = Access({}, {"data": Bucket(name=name)}, {})
    assert [words in found.message for found in bucket_mistakes("data", access)] == [True]


def test_an_existing_demo_bucket_may_be_declared() -> None:
    assert list(bucket_mistakes("data", Access({}, {"data": Bucket(name="amzn-s3-demo-bucket", create=False)}, {}))) == []


def test_services_of_aws_do_not_write_to_a_bucket_with_a_key_that_does_not_let_them() -> None:
    (found,) = bucket_mistakes("data", Access({}, {"data": Bucket(services=("cloudtrail",), encryption="kms")}, {}))
    assert (found.place.path, found.remedy) == ("buckets.data.services", "give them a bucket of their own with `encryption: s3`")


def test_what_can_be_merged_with_what_others_have_is_taken_for_an_adopted_bucket() -> None:
    given = {"lifecycle": Lifecycle(expire_days=9), "logging": Logging("elsewhere"), "tags": {"a": "b"}}
    assert mistakes(Bucket(create=False, encryption=KEY, key_policy="merge", **given)) == []  # type: ignore[arg-type]
