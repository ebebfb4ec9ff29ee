"""Which files there are, and that each is read, or named with its reason."""

import gzip
import os
from pathlib import Path

import pytest
from tests.cloudtrail_records import s3_record, write_trail

from bucketpass.errors import InvalidInput
from bucketpass.usage.ingest import ingest, log_files


def test_folders_are_searched_and_digests_left_alone(tmp_path: Path) -> None:
    write_trail(tmp_path / "CloudTrail" / "us-east-1", [s3_record("GetObject")])
    write_trail(tmp_path / "CloudTrail-Digest" / "us-east-1", [])
    assert [file.path.parent.parent.name for file in log_files([str(tmp_path)], tmp_path)] == ["CloudTrail"]


def test_an_empty_folder_and_a_missing_file_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no log file"):
        log_files([str(tmp_path)], tmp_path)
    with pytest.raises(InvalidInput, match="does not exist"):
        log_files([str(tmp_path / "nothing")], tmp_path)


def test_mixed_and_broken_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    logs, folder = tmp_path / "logs", tmp_path / "store"
    folder.mkdir()
    good = write_trail(logs, [s3_record("GetObject", parameters={"key": "k"})])
    (logs / "cut.json.gz").write_bytes(good.read_bytes()[:60])
    (logs / "notes.txt").write_text("buy milk\n")
    (logs / "empty").touch()
    line = (
        'o datasets [30/Nov/2026:10:00:00 +0000] 198.51.100.7 - A1 REST.GET.OBJECT k "GET /k HTTP/1.1" 403 AccessDenied - - 7 - "-" "-" -\n'
    )
    (logs / "access.gz").write_bytes(gzip.compress(line.encode()))
    counts = ingest(log_files([str(logs)], folder), folder, processes=1)
    assert (counts.rows, counts.files) == (2, 5)
    assert [fault.rpartition("/")[2].partition(":")[0] for fault in sorted(counts.faults)] == ["cut.json.gz", "notes.txt"]
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["lines", "rows"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "logs" / "closed"
    closed.mkdir(parents=True, mode=0o000)
    with pytest.raises(InvalidInput, match="closed` cannot be read: permission denied"):
        log_files([str(tmp_path / "logs")], tmp_path)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="is not a file that can be read twice"):
        log_files([str(tmp_path / "pipe")], tmp_path)
