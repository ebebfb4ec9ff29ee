from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, text_of


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/logs-bucket")
        yield world


def logging(content: str) -> bytes:
    return f"<BucketLoggingStatus>{content}</BucketLoggingStatus>".encode()


def lock(content: str, enabled: str = "Enabled") -> bytes:
    return f"<ObjectLockConfiguration><ObjectLockEnabled>{enabled}</ObjectLockEnabled>{content}</ObjectLockConfiguration>".encode()


def retention(content: str) -> bytes:
    return lock(f"<Rule><DefaultRetention>{content}</DefaultRetention></Rule>")


def versioned(world: Inside, status: str) -> tuple[int, str]:
    body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
    return outcome(world.s3("PUT", "/bucket?versioning", {}, body.encode()))


TARGET = "<TargetBucket>logs-bucket</TargetBucket>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (logging(f"<LoggingEnabled>{TARGET}<TargetPrefix>of/</TargetPrefix></LoggingEnabled>"), (200, "")),
        (logging(f"<LoggingEnabled>{TARGET}</LoggingEnabled>"), (200, "")),
        (logging("<LoggingEnabled><TargetBucket>none</TargetBucket></LoggingEnabled>"), (400, "InvalidTargetBucketForLogging")),
        (logging("<LoggingEnabled/>"), (400, "MalformedXML")),
        (logging(f"<LoggingEnabled>{TARGET}<TargetGrants/></LoggingEnabled>"), (501, "NotImplemented")),
        (b"", (400, "MalformedXML")),
    ],
)
def test_the_logs_target_is_kept_where_s3_would_keep_it(world: Inside, body: bytes, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket?logging", {}, body)) == expected


def test_the_logs_target_is_told_until_it_is_taken_back(world: Inside) -> None:
    world.s3("PUT", "/bucket?logging", {}, logging(f"<LoggingEnabled>{TARGET}<TargetPrefix>of/</TargetPrefix></LoggingEnabled>"))
    told = text_of(world.s3("GET", "/bucket?logging"))
    assert (between(told, "TargetBucket"), between(told, "TargetPrefix")) == ("logs-bucket", "of/")
    assert outcome(world.s3("PUT", "/bucket?logging", {}, logging(""))) == (200, "")
    assert "LoggingEnabled" not in text_of(world.s3("GET", "/bucket?logging"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (retention("<Mode>GOVERNANCE</Mode><Days>1</Days>"), (200, "")),
        (retention("<Mode>COMPLIANCE</Mode><Years>100</Years>"), (200, "")),
        (lock(""), (200, "")),
        (lock("", "Disabled"), (400, "MalformedXML")),
        (retention("<Mode>SOFT</Mode><Days>1</Days>"), (400, "MalformedXML")),
        (retention("<Mode>GOVERNANCE</Mode>"), (400, "MalformedXML")),
        (retention("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"), (400, "MalformedXML")),
        (retention("<Mode>GOVERNANCE</Mode><Days>-1</Days>"), (400, "MalformedXML")),
        (retention("<Mode>GOVERNANCE</Mode><Days>0</Days>"), (400, "InvalidArgument")),
        (retention("<Mode>GOVERNANCE</Mode><Years>101</Years>"), (400, "InvalidArgument")),
        (b"no xml", (400, "MalformedXML")),
    ],
)
def test_a_lock_is_taken_where_s3_would_take_it(world: Inside, body: bytes, expected: tuple[int, str]) -> None:
    versioned(world, "Enabled")
    assert outcome(world.s3("PUT", "/bucket?object-lock", {}, body)) == expected


def test_a_lock_needs_versions_and_keeps_them(world: Inside) -> None:
    assert outcome(world.s3("GET", "/bucket?object-lock")) == (404, "ObjectLockConfigurationNotFoundError")
    assert outcome(world.s3("PUT", "/bucket?object-lock", {}, lock(""))) == (409, "InvalidBucketState")
    versioned(world, "Enabled")
    world.s3("PUT", "/bucket?object-lock", {}, lock(""))
    assert versioned(world, "Suspended") == (409, "InvalidBucketState")
    assert versioned(world, "Enabled") == (200, "")


def test_a_bucket_that_was_made_with_a_lock_has_versions_and_no_retention_yet(world: Inside) -> None:
    world.s3("PUT", "/locked-bucket", {"x-amz-bucket-object-lock-enabled": "true"})
    told = text_of(world.s3("GET", "/locked-bucket?object-lock"))
    assert (between(told, "ObjectLockEnabled"), "<Rule>" in told) == ("Enabled", False)
    assert between(text_of(world.s3("GET", "/locked-bucket?versioning")), "Status") == "Enabled"
    world.s3("PUT", "/locked-bucket?object-lock", {}, retention("<Mode>GOVERNANCE</Mode><Days>3</Days>"))
    told = text_of(world.s3("GET", "/locked-bucket?object-lock"))
    assert (between(told, "Mode"), between(told, "Days"), "<Years>" in told) == ("GOVERNANCE", "3", False)
