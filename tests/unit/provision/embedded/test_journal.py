"""Records on the disk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.journal import Journal, Scratch, read_records, write_atomically


def test_what_was_put_is_there_when_the_journal_is_opened_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.json") as journal:
        journal.put({"x": {"n": 1}, "y": {"n": 2}})
        journal.put({"x": None})
    with Journal(tmp_path / "a.json") as journal:
        assert dict(journal.records) == {"y": {"n": 2}}


def test_what_was_put_is_there_even_if_nobody_closed_the_journal(tmp_path: Path) -> None:
    crashed = Journal(tmp_path / "a.json")
    crashed.put({"x": {"n": 1}})
    lines = (tmp_path / "a.journal").read_bytes()
    crashed.close()
    (tmp_path / "a.json").unlink()
    (tmp_path / "a.journal").write_bytes(lines)
    with Journal(tmp_path / "a.json") as journal:
        assert dict(journal.records) == {"x": {"n": 1}}


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_last_line_that_a_crash_cut_short_never_happened(tmp_path: Path, cut: int) -> None:
    with Journal(tmp_path / "a.json") as journal:
        journal.put({"x": {"n": 1}})
    whole = b'{"x":{"n":2}}\n{"y":{"n":3}}'
    (tmp_path / "a.journal").write_bytes(whole[:-cut] if cut < 14 else whole[: len(whole) - cut])
    with Journal(tmp_path / "a.json") as journal:
        assert "y" not in journal.records
        assert journal.records["x"] in ({"n": 1}, {"n": 2})


def test_the_file_holds_everything_after_a_close_and_the_journal_is_empty(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.json") as journal:
        journal.put({"x": {"n": 1}})
    assert json.loads((tmp_path / "a.json").read_text()) == {"records, format 1": {"x": {"n": 1}}}
    assert (tmp_path / "a.journal").read_bytes() == b""


def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    with Journal(tmp_path / "folder" / "a.json") as journal:
        journal.put({"x": {"n": 1}})
    assert (tmp_path / "folder").stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "folder").iterdir() if file.stat().st_mode & 0o077] == []


def test_two_runs_at_a_time_are_one_too_many(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.json"), pytest.raises(ProvisionError, match="in use by another run"):
        Journal(tmp_path / "a.json")
    Journal(tmp_path / "a.json").close()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"records, format 99": {}}'])
def test_a_file_that_is_no_state_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ProvisionError, match="cannot be read"):
        Journal(tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == content


def test_an_atomic_write_leaves_no_draft_behind(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"1")
    write_atomically(tmp_path / "a", b"2")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a": b"2"}


def test_a_journal_that_another_process_writes_can_be_read(tmp_path: Path) -> None:
    assert read_records(tmp_path / "a.json") == {}
    with Journal(tmp_path / "a.json") as journal:
        journal.put({"x": {"n": 1}})
        assert read_records(tmp_path / "a.json") == {"x": {"n": 1}}
    assert read_records(tmp_path / "a.json") == {"x": {"n": 1}}


def test_changes_of_a_copy_stay_in_the_copy() -> None:
    records = {"x": {"n": 1}}
    copy = Scratch(records)
    copy.put({"x": None, "y": {"n": 2}})
    assert (records, copy.records) == ({"x": {"n": 1}}, {"y": {"n": 2}})


def test_half_a_line_is_never_left(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    with Journal(path) as journal:
        journal.put({"a": {"kept": True}})
    code = f"""
import resource, signal
from pathlib import Path
from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path({str(path)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
for _ in range(2):
    try:
        journal.put({{"b": {{"text": "x" * 100}}}})
    except ProvisionError as error:
        print("no room" in str(error))
print(dict(journal.records))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\nTrue\n{'a': {'kept': True}}\n", "")
    assert path.with_suffix(".journal").read_bytes() == b""
