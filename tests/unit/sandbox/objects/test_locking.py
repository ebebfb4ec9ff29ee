from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import md5
from pathlib import Path

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, request, text_of

from bucketpass.sandbox.objects.locking import check_unlocked
from bucketpass.sandbox.objects.model import ObjectVersion, Retention
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.wire_errors import AwsError

LOCKED = (403, "AccessDenied")
CHECKSUM = {"x-amz-sdk-checksum-algorithm": "SHA256"}
BYPASS = {"x-amz-bypass-governance-retention": "true"}


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket", {"x-amz-bucket-object-lock-enabled": "true"})
        yield world


def retain(world: Inside, mode: str = "GOVERNANCE") -> None:
    rule = f"<Rule><DefaultRetention><Mode>{mode}</Mode><Days>2</Days></DefaultRetention></Rule>"
    body = f"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
    assert outcome(world.s3("PUT", "/bucket?object-lock", {}, body.encode())) == (200, "")


def put(world: Inside, key: str = "k") -> str:
    return dict(world.s3("PUT", f"/bucket/{key}", CHECKSUM, b"body").headers)["x-amz-version-id"]


def test_a_locked_version_stays_until_its_time_is_over(world: Inside) -> None:
    retain(world, "COMPLIANCE")
    version = put(world)
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}")) == LOCKED
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}", BYPASS)) == LOCKED
    assert outcome(world.s3("GET", f"/bucket/k?versionId={version}")) == (200, "")
    found = world.objects.find("bucket", "k", version)
    assert found is not None
    assert found.retention == Retention("COMPLIANCE", world.clock.now() + timedelta(days=2))
    check_unlocked(found, request("DELETE", "/bucket/k"), found.retention.until)
    with pytest.raises(AwsError, match="object lock"):
        check_unlocked(found, request("DELETE", "/bucket/k"), found.retention.until - timedelta(seconds=1))


def test_governance_gives_way_to_whoever_may_bypass_it_and_says_so(world: Inside) -> None:
    retain(world)
    version = put(world)
    anything_else = world.user("cleaner", {"Effect": "Allow", "Action": ["s3:DeleteObject*"], "Resource": "*"})
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}", BYPASS, keys=anything_else)) == LOCKED
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}")) == LOCKED
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}", BYPASS)) == (204, "")


def test_a_lock_does_not_keep_from_hiding_an_object_or_writing_it_anew(world: Inside) -> None:
    retain(world)
    version = put(world)
    put(world)
    assert outcome(world.s3("DELETE", "/bucket/k")) == (204, "")
    assert outcome(world.s3("GET", "/bucket/k")) == (404, "NoSuchKey")
    assert outcome(world.s3("GET", f"/bucket/k?versionId={version}")) == (200, "")


def test_of_several_keys_the_locked_ones_stay_and_are_told(world: Inside) -> None:
    free = put(world, "free")
    retain(world)
    locked = put(world, "locked")
    versions = {"locked": locked, "free": free}
    objects = "".join(f"<Object><Key>{key}</Key><VersionId>{version}</VersionId></Object>" for key, version in versions.items())
    body = f"<Delete>{objects}</Delete>".encode()
    told = text_of(world.s3("POST", "/bucket?delete", {"Content-MD5": b64encode(md5(body).digest()).decode()}, body))
    assert between(between(told, "Error"), "Key") == "locked"
    assert between(between(told, "Deleted"), "Key") == "free"


def test_what_is_locked_is_sent_with_a_checksum(world: Inside) -> None:
    assert outcome(world.s3("PUT", "/bucket/k", {}, b"body")) == (200, "")
    retain(world)
    assert outcome(world.s3("PUT", "/bucket/k", {}, b"body")) == (400, "InvalidRequest")
    assert outcome(world.s3("PUT", "/bucket/k", CHECKSUM, b"body")) == (200, "")


def test_the_retention_is_told(world: Inside) -> None:
    put(world)
    assert outcome(world.s3("GET", "/bucket/k?retention")) == (404, "NoSuchObjectLockConfiguration")
    retain(world)
    put(world)
    told = text_of(world.s3("GET", "/bucket/k?retention"))
    assert between(told, "Mode") == "GOVERNANCE"
    assert between(told, "RetainUntilDate").startswith((world.clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S"))
    world.s3("PUT", "/plain-bucket")
    world.s3("PUT", "/plain-bucket/k", {}, b"body")
    assert outcome(world.s3("GET", "/plain-bucket/k?retention")) == (400, "InvalidRequest")


def test_a_lock_that_comes_with_an_upload_is_refused_rather_than_forgotten(world: Inside) -> None:
    assert outcome(world.s3("PUT", "/bucket/k", {**CHECKSUM, "x-amz-object-lock-legal-hold": "ON"}, b"body")) == (501, "NotImplemented")


def test_a_lock_outlives_the_process(tmp_path: Path, world: Inside) -> None:
    until = world.clock.now()
    store = ObjectStore(tmp_path)
    store.put(ObjectVersion("bucket", "k", "v", until, retention=Retention("COMPLIANCE", until)))
    store.close()
    again = ObjectStore(tmp_path)
    found = again.find("bucket", "k", "v")
    again.close()
    assert found is not None
    assert found.retention == Retention("COMPLIANCE", until)


def retention(world: Inside, mode: str, days: int, **headers: str) -> tuple[int, str]:
    until = (world.clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>" if mode else "<Retention/>"
    return outcome(world.s3("PUT", "/bucket/k?retention", headers, body.encode()))


def test_a_version_keeps_the_retention_that_it_was_given(world: Inside) -> None:
    version = put(world)
    assert retention(world, "GOVERNANCE", 5) == (200, "")
    assert "GOVERNANCE" in text_of(world.s3("GET", "/bucket/k?retention"))
    assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}")) == LOCKED
    assert retention(world, "GOVERNANCE", 9) == (200, "")
    for mode, days in (("GOVERNANCE", 1), ("COMPLIANCE", 9), ("", 0)):
        assert retention(world, mode, days) == LOCKED
    assert retention(world, "COMPLIANCE", 3, **BYPASS) == (200, "")
    for mode, days in (("COMPLIANCE", 1), ("GOVERNANCE", 9), ("", 0)):
        assert retention(world, mode, days, **BYPASS) == LOCKED
    assert retention(world, "COMPLIANCE", 4) == (200, "")


@pytest.mark.parametrize(("mode", "days", "code"), [("GOVERNANCE", -1, "InvalidArgument"), ("ALWAYS", 1, "MalformedXML")])
def test_a_retention_that_s3_does_not_take_is_refused(world: Inside, mode: str, days: int, code: str) -> None:
    put(world)
    assert retention(world, mode, days) == (400, code)


def test_a_legal_hold_keeps_a_version_from_everybody_until_it_ends(world: Inside) -> None:
    version = put(world)
    assert outcome(world.s3("GET", "/bucket/k?legal-hold")) == (404, "NoSuchObjectLockConfiguration")
    for status, deleted in (("ON", LOCKED), ("OFF", (204, ""))):
        assert outcome(world.s3("PUT", "/bucket/k?legal-hold", {}, f"<LegalHold><Status>{status}</Status></LegalHold>".encode())) == (
            200,
            "",
        )
        assert f"<Status>{status}</Status>" in text_of(world.s3("GET", "/bucket/k?legal-hold"))
        assert outcome(world.s3("DELETE", f"/bucket/k?versionId={version}", BYPASS)) == deleted
    assert outcome(world.s3("GET", "/bucket/k?legal-hold")) == (404, "NoSuchKey")


def test_a_bucket_without_locks_takes_neither(world: Inside) -> None:
    world.s3("PUT", "/plain")
    world.s3("PUT", "/plain/k", {}, b"x")
    for query, body in (("retention", b"<Retention/>"), ("legal-hold", b"<LegalHold><Status>ON</Status></LegalHold>")):
        assert outcome(world.s3("PUT", f"/plain/k?{query}", {}, body)) == (400, "InvalidRequest")
