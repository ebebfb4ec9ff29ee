from datetime import UTC, datetime, timedelta

import pytest

from bucketpass.compile.check.grants import covers, grant_findings
from bucketpass.errors import Severity
from bucketpass.findings import CODES
from bucketpass.model import Access, AccessLevel, Bucket, Grant, GrantConditions, Listing, ObjectLock, Service

READ, WRITE, BOTH, LIST = (AccessLevel.READ,), (AccessLevel.WRITE,), (AccessLevel.READ, AccessLevel.WRITE), (AccessLevel.LIST,)


def found(**services: tuple[Grant, ...]) -> list[tuple[str, str]]:
    access = Access({}, {}, {name: Service((), grants) for name, grants in services.items()})
    return [(code, path) for code, path, _, _ in grant_findings(access)]


@pytest.mark.parametrize(
    ("grant", "code", "path"),
    [
        (Grant("data"), "whole-bucket", ""),
        (Grant("data", "raw"), "open-prefix", ".prefix"),
        (Grant("data", "/raw/"), "odd-prefix", ".prefix"),
        (Grant("data", "s3://data/raw/"), "odd-prefix", ".prefix"),
        (Grant("data", key="/raw"), "odd-prefix", ".key"),
        (Grant("data", "raw/", keys=("*.csv",)), "pattern-listing", ".keys"),
        (Grant("data", "raw/", exclude=("private/",)), "pattern-listing", ".exclude"),
        (Grant("data", "raw/", head=True), "head-bucket", ".head"),
        (Grant("data", key="raw/1", clients=("kserve",)), "head-bucket", ".clients[0]"),
        (Grant("data", "raw/", listing=Listing.FOLDER), "wide-listing", ".listing"),
        (Grant("data", "a/raw/", listing=Listing.BUCKET_ROOT), "wide-listing", ".listing"),
        (Grant("data", "raw/", BOTH, clients=("spark",)), "missing-delete", ".clients[0]"),
        (Grant("data", "raw/", access=(), actions=("s3:PutObjectAcl",)), "access-control", ".actions[0]"),
    ],
)
def test_what_is_risky_about_a_grant_is_told(grant: Grant, code: str, path: str) -> None:
    assert found(job=(grant,)) == [(code, f"services.job.grants[0]{path}")]


@pytest.mark.parametrize(
    ("networks", "families"),
    [
        (("0.0.0.0/0",), ["IPv4"]),
        (("::/0",), ["IPv6"]),
        (("128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"), ["IPv4"]),
        (("0.0.0.0/0", "203.0.113.0/24", "::/0"), ["IPv4", "IPv6"]),
        (("0.0.0.0/1", "2001:db8::/32"), []),
    ],
)
def test_networks_that_hold_every_address_are_told(networks: tuple[str, ...], families: list[str]) -> None:
    access = Access({}, {}, {"job": Service((), (Grant("data", "raw/", conditions=GrantConditions(networks=networks)),))})
    told = [(code, path, message) for code, path, message, _ in grant_findings(access)]
    path = "services.job.grants[0].conditions.networks"
    assert [(code, path, f"every {family} address" in message) for (code, _, message), family in zip(told, families, strict=True)] == [
        ("open-networks", path, True) for _ in families
    ]


CREATE, DELETE = (AccessLevel.CREATE,), (AccessLevel.DELETE,)


@pytest.mark.parametrize(
    ("other", "undone"),
    [
        (Grant("data", "runs/", DELETE), True),
        (Grant("data", "runs/a/", WRITE), True),
        (Grant("data", key="runs/a", access=(), actions=("s3:PutObject",)), True),
        (Grant("data", "runs/a/", (*CREATE, AccessLevel.READ)), False),
        (Grant("data", "out/", (*WRITE, *DELETE)), False),
        (Grant("other", "runs/", (*WRITE, *DELETE)), False),
    ],
)
def test_a_service_that_may_replace_what_it_creates_is_told(other: Grant, undone: bool) -> None:
    assert (("creation-undone", "services.job.grants[0].access") in found(job=(Grant("data", "runs/", CREATE), other))) is undone


def test_a_retention_needs_an_object_lock() -> None:
    grants = (Grant("data", "runs/", WRITE, actions=("s3:GetObjectTagging", "s3:PutObjectRetention")),)
    for bucket, told in ((Bucket(), True), (Bucket(object_lock=ObjectLock(1)), False), (Bucket(create=False), False)):
        codes = {(code, path) for code, path, _, _ in grant_findings(Access({}, {"data": bucket}, {"job": Service((), grants)}))}
        assert (("no-object-lock", "services.job.grants[0].actions[1]") in codes) is told


def test_a_bucket_that_is_listed_for_head_bucket_alone_is_told_how_to_say_so() -> None:
    access = Access({}, {}, {"job": Service((), (Grant("data", "", LIST),))})
    assert [remedy for code, _, _, remedy in grant_findings(access) if code == "whole-bucket"] == [
        "Where it only calls HeadBucket, write `head: true` in its other grants."
    ]


def test_an_exclusion_that_reaches_into_another_grant_is_told() -> None:
    excluding, other = Grant("data", "raw/", WRITE, exclude=("*.tmp",)), Grant("data", "raw/x/", WRITE)
    assert ("exclusion", "services.job.grants[0].exclude[0]") in found(job=(excluding, other))
    assert found(job=(excluding, Grant("data", "other/", WRITE))) == []


def test_clients_that_only_read_need_no_delete() -> None:
    assert found(job=(Grant("data", "raw/", READ, clients=("mlflow",)),)) == []


@pytest.mark.parametrize(
    ("outer", "inner", "is_nested"),
    [
        (Grant("data", per="tenant"), Grant("data", "t/", per="tenant"), True),
        (Grant("data", "t/", per="tenant"), Grant("data", "t/", per="team"), True),
        (Grant("data", "t/", per="tenant"), Grant("data", "t/", WRITE, per="tenant"), False),
        (Grant("data", "a/", per="tenant"), Grant("data", "b/", per="tenant"), False),
        (Grant("data", per="tenant"), Grant("other", "t/", per="tenant"), False),
        (Grant("data", per="tenant"), Grant("data", "t/"), False),
    ],
)
def test_tenants_within_tenants_are_told(outer: Grant, inner: Grant, is_nested: bool) -> None:
    codes = [code for code, _ in found(job=(outer,), other=(inner,))]
    assert ("nested-tenants" in codes) is is_nested


@pytest.mark.parametrize(
    "grant",
    [
        Grant("data", "raw/"),
        Grant("data", "raw/", keys=("2026/",)),
        Grant("data", "raw/", WRITE, keys=("*",)),
        Grant("data", key="raw/1"),
        Grant("data", per="tenant"),
    ],
)
def test_a_narrow_grant_has_no_finding(grant: Grant) -> None:
    assert found(job=(grant,)) == []


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (Grant("a", "raw/"), Grant("a", "raw/x/"), True),
        (Grant("a", "raw/"), Grant("a", "raw/"), True),
        (Grant("a", "raw/"), Grant("a", key="raw/x"), True),
        (Grant("a", "raw/"), Grant("a", "raw/", keys=("*.csv",)), True),
        (Grant("a", "raw/", keys=("*.csv",)), Grant("a", "raw/"), False),
        (Grant("a", "raw/"), Grant("a", "raw/", exclude=("x/",)), False),
        (Grant("a", "raw/", exclude=("x/",)), Grant("a", "raw/y/"), False),
        (Grant("a", "raw/", listing=Listing.FOLDER), Grant("a", "raw/"), True),
        (Grant("a", "raw/"), Grant("a", "raw/", listing=Listing.FOLDER), False),
        (Grant("a", "raw/"), Grant("a", "raw/x/", head=True), False),
        (Grant("a", "raw/", head=True), Grant("a", "raw/", head=True), True),
        (Grant("a", "raw/", BOTH), Grant("a", "raw/", READ), True),
        (Grant("a", "raw/", READ), Grant("a", "raw/", LIST), True),
        (Grant("a", "raw/", READ), Grant("a", "raw/", READ, object_tags={"x": "y"}), True),
        (Grant("a", "raw/x/"), Grant("a", "raw/"), False),
        (Grant("a", "raw/"), Grant("b", "raw/"), False),
        (Grant("a", key="raw/x"), Grant("a", "raw/x"), False),
        (Grant("a", "raw/", READ), Grant("a", "raw/", READ, versions=True), False),
        (Grant("a", "raw/", READ), Grant("a", "raw/", WRITE), False),
        (Grant("a", per="t"), Grant("a"), False),
        (Grant("a", conditions=GrantConditions(networks=("10.0.0.0/8",))), Grant("a"), False),
    ],
)
def test_a_grant_covers_another_that_allows_nothing_more(wide: Grant, narrow: Grant, covered: bool) -> None:
    assert covers(wide, narrow) is covered


def test_a_needless_grant_is_told_once_even_where_it_is_doubled() -> None:
    grant = Grant("data", "raw/")
    assert found(job=(grant, grant)) == [("needless-grant", "services.job.grants[1]")]
    assert found(job=(Grant("data", "raw/x/"), grant)) == [("needless-grant", "services.job.grants[0]")]


def test_services_that_write_the_same_place_are_told() -> None:
    inner, outer = Grant("data", "out/x/", WRITE), Grant("data", "out/", WRITE)
    assert found(a=(outer,), b=(inner,)) == [("shared-writing", "services.b.grants[0]")]
    assert found(a=(Grant("data", "out/y/", WRITE),), b=(inner,)) == []
    assert found(a=(Grant("other", "out/", WRITE),), b=(inner,)) == []
    assert found(a=(outer, inner)) == [("needless-grant", "services.a.grants[1]")]


def test_a_grant_that_has_expired_is_an_error_from_that_moment_on() -> None:
    until = datetime(2026, 1, 1, tzinfo=UTC)
    grant = Grant("data", "raw/", conditions=GrantConditions(not_after=until))
    access = Access({}, {"data": Bucket()}, {"job": Service((), (grant,))})
    assert [code for code, _, _, _ in grant_findings(access, until - timedelta(seconds=1))] == []
    assert [code for code, _, _, _ in grant_findings(access, until)] == ["expired-grant"]
    assert CODES["expired-grant"].severity is Severity.ERROR


def test_creating_does_not_cover_writing_and_writing_covers_creating() -> None:
    creating, writing = Grant("a", access=(AccessLevel.CREATE,)), Grant("a", access=WRITE)
    assert covers(writing, creating)
    assert not covers(creating, writing)
