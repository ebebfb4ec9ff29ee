"""Copies of one event count once, however they come."""

from pathlib import Path

from tests.cloudtrail_records import s3_record, write_trail

from bucketpass.usage.engines.duckdb import DuckDbEngine
from bucketpass.usage.sql import Fragment
from bucketpass.usage.store import LogStore, open_store

KEY = {"key": "raw/a"}
LINE = (
    "o datasets [30/Nov/2026:10:00:00 +0000] 198.51.100.7 arn:aws:sts::111122223333:assumed-role/bucketpass-trainer/s {id} {operation}"
    ' {key} "GET / HTTP/1.1" 200 - 1 1 7 - "-" "-" - host= SigV4 - AuthHeader datasets.s3.amazonaws.com TLSv1.2 - -\n'
)


def left(store: LogStore) -> list[str]:
    engine = DuckDbEngine(store)
    found = engine.run(Fragment("SELECT operation FROM rows WHERE row_number NOT IN (SELECT row_number FROM doubled) ORDER BY 1"))
    engine.close()
    return [str(operation) for (operation,) in found]


def opened(tmp_path: Path, records: list[dict[str, object]], lines: str = "") -> LogStore:
    write_trail(tmp_path / "logs", records)
    if lines:
        (tmp_path / "logs" / "access").write_text(lines)
    (tmp_path / "store").mkdir()
    return open_store([str(tmp_path / "logs")], tmp_path / "store")


def test_one_event_in_two_files_and_two_accounts_is_one(tmp_path: Path) -> None:
    shared = {"sharedEventID": "shared"}
    ours, theirs = s3_record("GetObject", parameters=KEY, more=shared), s3_record("GetObject", parameters=KEY, more=shared)
    write_trail(tmp_path / "logs" / "again", [ours])
    store = opened(tmp_path, [ours, {**theirs, "recipientAccountId": "444455556666"}, s3_record("PutObject", parameters=KEY)])
    assert (left(store), store.counts.doubled) == (["GetObject", "PutObject"], 2)


def test_an_addendum_replaces_the_event_that_it_corrects(tmp_path: Path) -> None:
    first = s3_record("GetObject", parameters=KEY, event_id="first")
    correction = s3_record("GetObject", parameters=KEY, more={"addendum": {"reason": "UPDATED_DATA", "originalEventID": "first"}})
    late = s3_record("HeadObject", parameters=KEY, more={"addendum": {"reason": "DELIVERY_DELAY"}})
    assert left(opened(tmp_path, [first, correction, late])) == ["GetObject", "HeadObject"]


def test_a_request_in_both_logs_is_one(tmp_path: Path) -> None:
    trail = s3_record("GetObject", parameters=KEY, more={"requestID": "A1"})
    lines = LINE.format(id="A1", operation="REST.GET.OBJECT", key="raw/a") + LINE.format(id="A2", operation="REST.GET.OBJECT", key="raw/a")
    assert left(opened(tmp_path, [trail], lines)) == ["GetObject", "GetObject"]


def test_the_keys_of_a_batch_come_from_the_access_log(tmp_path: Path) -> None:
    trail = s3_record("DeleteObjects", parameters={"delete": ""}, more={"requestID": "A1"})
    lines = LINE.format(id="A1", operation="REST.POST.MULTI_OBJECT_DELETE", key="-")
    lines += "".join(LINE.format(id="A1", operation="BATCH.DELETE.OBJECT", key=key) for key in ("x", "y"))
    assert left(opened(tmp_path, [trail], lines)) == ["DeleteObject", "DeleteObject"]


def test_a_line_that_is_delivered_twice_is_one(tmp_path: Path) -> None:
    assert left(opened(tmp_path, [], LINE.format(id="A1", operation="REST.GET.OBJECT", key="k") * 2)) == ["GetObject"]
