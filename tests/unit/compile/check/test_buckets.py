from dataclasses import replace

import pytest
from tests.declarations import ISSUERS, World

from bucketpass.compile import Target, compile_access
from bucketpass.compile.check.buckets import bucket_findings, key_findings
from bucketpass.compile.check.found import Found
from bucketpass.model import (
    Access,
    AccessLevel,
    Bucket,
    Cors,
    Grant,
    Lifecycle,
    LifecycleRule,
    Relaxation,
    Service,
    StorageClass,
    parse_access,
)

ADMIN = "arn:aws:iam::111122223333:role/admin"
KEY_OF_WEST = "arn:aws:kms:us-west-2:111122223333:key/1"
EXCLUSIVE = Bucket(exclusive=True, administrators=(ADMIN,))


def found(bucket: Bucket, level: AccessLevel = AccessLevel.READ) -> list[tuple[str, str]]:
    access = Access({}, {"data": bucket}, {"job": Service((), (Grant("data", "raw/", (level,)),))})
    return [(code, path) for code, path, _, _ in bucket_findings(access)]


@pytest.mark.parametrize(
    ("bucket", "code", "path"),
    [
        (Bucket(), "not-exclusive", ""),
        (Bucket(create=False), "unknown-policy", ""),
        (Bucket(account="other"), "bucket-of-others", ".account"),
        (Bucket(exclusive=True, administrators=(ADMIN, ADMIN + "-*")), "wildcard-administrator", ".administrators[1]"),
        (Bucket(exclusive=True, administrators=(ADMIN,), relax={Relaxation.TLS: "old"}), "relaxed", ".relax.tls"),
    ],
)
def test_what_is_risky_about_a_bucket_is_told(bucket: Bucket, code: str, path: str) -> None:
    assert found(bucket) == [(code, f"buckets.data{path}")]


def test_what_is_archived_under_a_reader_is_told() -> None:
    def with_rule(prefix: str, storage: StorageClass) -> Bucket:
        return replace(EXCLUSIVE, lifecycle=Lifecycle(rules=(LifecycleRule(prefix, transitions={storage: 90}),)))

    told = [("archived-objects", "buckets.data.lifecycle.rules[0].transitions")]
    assert found(with_rule("raw/old/", StorageClass.GLACIER)) == told
    assert found(with_rule("", StorageClass.DEEP_ARCHIVE)) == told
    assert found(with_rule("raw/", StorageClass.GLACIER_IR)) == []
    assert found(with_rule("other/", StorageClass.GLACIER)) == []
    assert found(with_rule("raw/", StorageClass.GLACIER), AccessLevel.WRITE) == []


def test_pages_of_every_origin_are_told() -> None:
    assert found(replace(EXCLUSIVE, cors=(Cors(("*",)),))) == [("any-origin", "buckets.data.cors[0].origins")]
    assert found(replace(EXCLUSIVE, cors=(Cors(("https://studio.example.com",)),))) == []


def test_an_exclusive_bucket_has_no_finding() -> None:
    assert found(EXCLUSIVE) == []


def test_missing_versions_matter_where_a_service_may_overwrite() -> None:
    bucket = Bucket(exclusive=True, administrators=(ADMIN,), versioning=False)
    assert found(bucket) == []
    assert found(bucket, AccessLevel.WRITE) == [("no-versioning", "buckets.data.versioning")]


def test_a_bucket_that_nobody_uses_is_told() -> None:
    access = Access({}, {"data": EXCLUSIVE}, {})
    assert [(code, path) for code, path, _, _ in bucket_findings(access)] == [("unused", "buckets.data")]


def test_a_key_of_another_region_is_found() -> None:
    text = HEAD_OF_KEYS.format(encryption="{key: 'arn:aws:kms:us-west-2:111122223333:key/1'}")
    assert [(code, path) for code, path, _, _ in of_keys(text)] == [("key-region", "buckets.data.encryption")]
    assert of_keys(HEAD_OF_KEYS.format(encryption="kms")) == []


@pytest.mark.parametrize(("assumed", "wrong"), [(True, []), (False, ["services.job.keys[0]", "buckets.data.encryption"])])
def test_a_key_is_not_judged_by_a_region_that_nobody_named(assumed: bool, wrong: list[str]) -> None:
    key = f"{{key: '{KEY_OF_WEST}'}}"
    job = f"{{identity: {{issuer: okta, subject: j}}, keys: ['{KEY_OF_WEST}'], grants: [{{bucket: data, prefix: raw/, access: read}}]}}"
    access = parse_access(f"{ISSUERS}buckets: {{data: {{encryption: {key}}}}}\nservices: {{job: {job}}}\n")
    plan = compile_access(access, Target("111122223333", "us-east-1", region_assumed=assumed))
    assert [path for _, path, _, _ in key_findings(access, plan)] == wrong


def of_keys(text: str) -> list[Found]:
    access = parse_access(text)
    return list(key_findings(access, World.of(access).plan))


@pytest.mark.parametrize(("region", "wrong"), [("", [1]), ("region: us-west-2", [0]), ("region: eu-west-1", [0, 1])])
def test_a_further_key_of_a_region_without_a_bucket_is_told(region: str, wrong: list[int]) -> None:
    keys = [f"arn:aws:kms:{name}:111122223333:key/1" for name in ("eu-central-1", "us-west-2")]
    grants = f"    keys: {keys}\n    grants: [{{bucket: data, prefix: raw/, access: read}}]\n"
    job = "services:\n  job:\n    identity: {issuer: okta, subject: j}\n"
    found = of_keys(f"{ISSUERS}buckets: {{data: {{{region}}}}}\n{job}{grants}")
    assert [(code, path) for code, path, _, _ in found] == [("key-region", f"services.job.keys[{index}]") for index in wrong]


HEAD_OF_KEYS = "issuers: {{}}\nbuckets: {{data: {{encryption: {encryption}}}}}\nservices: {{}}\n"
