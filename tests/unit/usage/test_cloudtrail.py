"""CloudTrail's files: every record is a row, a session, or counted with a reason."""

import gzip
import json
from pathlib import Path

import pytest
from tests.cloudtrail_records import s3_record, web_identity_record, write_trail

from bucketpass.usage.cloudtrail import cloudtrail_rows
from bucketpass.usage.records import COLUMNS, SESSION_COLUMNS, Counts

NAMES = [name for name in COLUMNS if name != "row_number"]


def read(tmp_path: Path, *records: dict[str, object]) -> tuple[list[dict[str, object]], list[dict[str, object]], Counts]:
    counts = Counts()
    rows, sessions = cloudtrail_rows(write_trail(tmp_path, records), counts)
    return (
        [dict(zip(NAMES, row, strict=True)) for row in rows],
        [dict(zip(SESSION_COLUMNS, row, strict=True)) for row in sessions],
        counts,
    )


def test_a_role_stands_by_its_account_and_name_without_path(tmp_path: Path) -> None:
    ((row,), _, _) = read(tmp_path, s3_record("GetObject", parameters={"key": "raw/a"}))
    assert (row["principal"], row["session_name"]) == ("role:111122223333/bucketpass-trainer", "session")


def test_an_issuer_that_is_no_arn_is_a_principal_of_its_own(tmp_path: Path) -> None:
    identity = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": "odd", "userName": "trainer"}}}
    ((row,), _, _) = read(tmp_path, s3_record("GetObject", more={"userIdentity": identity}))
    assert row["principal"] == "other:odd"


def test_a_time_has_one_form(tmp_path: Path) -> None:
    times = ("2026-11-30T10:00:00Z", "2026-11-30T10:00:00", "2026-11-30T10:00:00.5Z", "2026-11-31T10:00:00Z", "Nov 30, 2026", "")
    rows, _, counts = read(tmp_path, *(s3_record("GetObject", time=time) for time in times))
    assert ([row["time"] for row in rows], counts.skipped["no time"]) == ([1796032800], 5)


def test_parameters_of_other_services_have_types_of_their_own(tmp_path: Path) -> None:
    parameters = {"tableName": "t", "key": {"id": "1"}}
    more = {"eventSource": "dynamodb.amazonaws.com", "requestParameters": parameters}
    rows, _, counts = read(tmp_path, s3_record("GetItem", more=more), s3_record("GetObject"))
    assert (len(rows), dict(counts.skipped), counts.unread) == (1, {"other service": 1}, False)


def test_a_listing_of_version_two_is_told_by_its_parameter(tmp_path: Path) -> None:
    rows, _, _ = read(tmp_path, s3_record("ListObjects"), s3_record("ListObjects", parameters={"list-type": "2", "prefix": ""}))
    assert [(row["operation"], row["prefix"]) for row in rows] == [("ListObjects", None), ("ListObjectsV2", "")]


def test_audience_and_subject_may_hold_colons(tmp_path: Path) -> None:
    record = web_identity_record("r", "ASIA1", subject="repo:acme/eval:ref", audience="urn:x:y")
    assert isinstance(record["responseElements"], dict)
    del record["responseElements"]["audience"]
    _, (session,), _ = read(tmp_path, record)
    assert (session["subject"], session["audience"]) == ("repo:acme/eval:ref", "urn:x:y")


def test_every_record_is_counted(tmp_path: Path) -> None:
    _, _, counts = read(
        tmp_path,
        s3_record("GetObject", parameters={"key": "k"}),
        s3_record("GetObject", parameters={"key": "half \ud800"}),
        s3_record("GetObject", parameters={"key": ["not", "a", "text"]}),
        s3_record("MakeCoffee"),
        s3_record("GetObject", more={"eventCategory": "Aggregated"}),
        s3_record("GetObject", more={"eventTime": "yesterday"}),
        s3_record("GetObject", more={"eventSource": "ec2.amazonaws.com"}),
        web_identity_record("r", "ASIA1"),
        {**web_identity_record("r", "ASIA2"), "errorCode": "AccessDenied"},
    )
    assert dict(counts.skipped) == {
        "unreadable record": 2,
        "unknown operation": 1,
        "no single request": 1,
        "no time": 1,
        "other service": 1,
        "other STS event": 1,
    }
    assert counts.records == counts.rows + counts.sessions + counts.skipped.total() == 9
    assert dict(counts.unknown) == {"MakeCoffee": 1}


def test_headers_that_are_condition_keys_are_kept_in_one_order(tmp_path: Path) -> None:
    sent = {"key": "k", "x-amz-storage-class": "GLACIER", "x-amz-acl": "private", "x-amz-meta-name": "somebody"}
    ((row,), _, _) = read(tmp_path, s3_record("PutObject", parameters=sent))
    assert row["headers"] == '{"x-amz-acl": "private", "x-amz-storage-class": "GLACIER"}'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1f\x8bnonsense", "broken gzip"),
        (gzip.compress(b'{"Records": [{}]}')[:-9], "broken gzip"),
        (b'{"Records": [', "not a CloudTrail file"),
        (b'{"Records": 3}', "not a CloudTrail file"),
        (b"[]", "not a CloudTrail file"),
        (b'{"Records":' + b"[" * 100_000, "not a CloudTrail file"),
    ],
    ids=["not gzip", "cut gzip", "cut JSON", "no list", "no object", "deep"],
)
def test_a_file_that_cannot_be_read_is_one_line_with_its_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path, counts = tmp_path / "trail.json.gz", Counts()
    path.write_bytes(content)
    assert cloudtrail_rows(path, counts) == ([], [])
    ((fault),) = counts.faults
    assert fault.startswith(f"{path}: {reason}")


def test_a_digest_holds_no_requests(tmp_path: Path) -> None:
    path, counts = tmp_path / "digest.json", Counts()
    path.write_text(json.dumps({"awsAccountId": "111122223333", "digestS3Object": "x", "logFiles": []}))
    assert (cloudtrail_rows(path, counts), counts.skipped["digest or insight file"]) == (([], []), 1)
