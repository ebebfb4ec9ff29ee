"""S3's access logs: every line is a row, or counted with a reason."""

import json
from pathlib import Path

import duckdb
import pytest

from bucketpass.usage.access_log import access_log_rows, looks_like_access_log
from bucketpass.usage.records import COLUMNS, Counts

START = "79a59df9 datasets [06/Feb/2019:00:00:38 +0000] 192.0.2.3"
ROLE = "arn:aws:sts::111122223333:assumed-role/bucketpass-trainer/s1"
REST = '200 - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrF= SigV4 ECDHE AuthHeader datasets.s3.us-west-1.amazonaws.com TLSv1.2 - -'
GET = f'{START} {ROLE} A1 REST.GET.OBJECT a%252520b "GET /datasets/a%2520b HTTP/1.1" {REST} us-east-1'
BATCH = f"{START} {ROLE} B1 BATCH.DELETE.OBJECT Screen+Shot%2525 - 204 - - 113 - - - - - - - - - - - - -"
EXPIRY = f'{START} AmazonS3 C1 S3.EXPIRE.OBJECT a%25 "-" - - - 113 - - "-" "-" - host= - - - - - - -'


def read(tmp_path: Path, *lines: str) -> tuple[list[dict[str, object]], Counts]:
    path, counts = tmp_path / "log", Counts()
    path.write_text("".join(f"{line}\n" for line in lines))
    with duckdb.connect() as connection:
        access_log_rows(connection, path, tmp_path / "rows.parquet", counts, first_number=100)
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "rows.parquet")])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()], counts


def test_keys_are_decoded_as_often_as_their_operation_encodes_them(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, GET, BATCH)
    assert [(row["operation"], row["object_key"]) for row in rows] == [("GetObject", "a%20b"), ("DeleteObject", "Screen Shot%25")]


def test_rows_are_numbered_on(tmp_path: Path) -> None:
    assert [row["row_number"] for row in read(tmp_path, GET, GET)[0]] == [100, 101]


def test_what_s3_does_by_itself_is_nobodys_request(tmp_path: Path) -> None:
    rows, counts = read(tmp_path, EXPIRY)
    assert (rows, dict(counts.skipped)) == ([], {"S3 itself": 1})


@pytest.mark.parametrize(
    "uri",
    [
        'GET /datasets?list-type=2&prefix=raw%2Fx"y&delimiter=%2F HTTP/1.1',
        'GET /datasets?prefix=raw%2Fx"y&delimiter=%2F&list-type=2 HTTP/1.1',
    ],
)
def test_a_quote_in_the_uri_loses_nothing(tmp_path: Path, uri: str) -> None:
    ((row,), counts) = read(tmp_path, f'{START} - D1 REST.GET.BUCKET - "{uri}" {REST}')
    assert (row["operation"], row["prefix"], row["delimiter"], row["tls"]) == ("ListObjectsV2", 'raw/x"y', "/", "TLSv1.2")
    assert counts.records == counts.rows == 1


def test_a_quoted_word_in_the_agent_loses_nothing(tmp_path: Path) -> None:
    ((row,), _) = read(tmp_path, GET.replace("S3Console/0.4", 'agent "quoted" x'))
    assert (row["object_key"], row["tls"]) == ("a%20b", "TLSv1.2")


def test_lines_of_fewer_and_of_more_fields_are_read_from_the_left(tmp_path: Path) -> None:
    short = f'{START} {ROLE} A1 REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 113 - 7 - "-" "agent" -'
    assert [row["object_key"] for row in read(tmp_path, short, f"{GET} new fields of tomorrow")[0]] == ["k", "a%20b"]


def test_every_line_is_counted(tmp_path: Path) -> None:
    _, counts = read(tmp_path, GET, BATCH, EXPIRY, "no such line", "", GET.replace("REST.GET.OBJECT", "REST.MAKE.COFFEE"))
    assert dict(counts.skipped) == {"S3 itself": 1, "unreadable line": 2, "unknown operation": 1}
    assert (counts.records, counts.rows, dict(counts.unknown)) == (6, 2, {"REST.MAKE.COFFEE": 1})


def test_a_line_that_no_reader_takes_costs_no_other(tmp_path: Path) -> None:
    rows, counts = read(tmp_path, GET, GET.replace("a%252520b", "x" * 3_000_000), GET)
    assert (len(rows), counts.records, dict(counts.skipped), counts.faults) == (2, 3, {"unreadable line": 1}, [])


def test_a_private_address_came_through_an_endpoint_that_the_log_does_not_name(tmp_path: Path) -> None:
    ((row,), _) = read(tmp_path, GET)
    # Columns that the file has not are null in the table of all rows.
    assert row.keys() < COLUMNS.keys() and row.keys().isdisjoint({"vpc_endpoint", "headers", "session_name"})
    assert row["principal"] == ROLE


def test_a_file_is_told_by_how_it_begins() -> None:
    assert looks_like_access_log(GET.encode())
    assert not looks_like_access_log(b"{}")
    assert not looks_like_access_log(b"time,level,message")


def test_the_json_form_is_read_like_the_lines(tmp_path: Path) -> None:
    record = {
        "schema_version_id": "V_1_0",
        "bucket_arn": "arn:aws:s3:::datasets",
        "bucket_name": "datasets",
        "request_time": "2026-11-30T10:00:00.123Z",
        "remote_ip": "198.51.100.7",
        "requester": ROLE,
        "request_id": "A1",
        "operation": "REST.GET.OBJECT",
        "key_name": "raw/a",
        "request_uri": "GET /raw/a HTTP/1.1",
        "http_status": 200,
        "error_code": None,
        "a_field_of_tomorrow": {"x": 1},
    }
    listing = {
        "operation": "REST.GET.BUCKET",
        "key_name": None,
        "request_uri": "GET /?list-type=2&prefix=raw%2F HTTP/1.1",
        "requester": None,
    }
    odd = {"key_name": "a%20b", "error_code": "AccessDenied", "http_status": 403}
    lines = [json.dumps({**record, **more}) for more in ({}, listing, odd)]
    assert looks_like_access_log(lines[0].encode())
    rows, counts = read(tmp_path, *lines, "{broken", "")
    assert sorted((row["operation"], row["object_key"] or "", row["prefix"], row["outcome"]) for row in rows) == [
        ("GetObject", "", None, "refused"),
        ("GetObject", "raw/a", None, "allowed"),
        ("ListObjectsV2", "", "raw/", "allowed"),
    ]
    assert {(row["time"], row["principal"]) for row in rows} == {(1796032800, ROLE), (1796032800, "-")}
    assert (counts.records, counts.rows, counts.skipped["unreadable line"]) == (5, 3, 2)
