"""Files that others write."""

import os
import threading
from pathlib import Path

import pytest

from bucketpass.identity.files import read_bytes
from bucketpass.identity.interface import read_file


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "token")
    return tmp_path / "token"


def test_a_file_is_read_whole_or_as_far_as_was_asked(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"x" * 200_000)
    assert len(read_bytes(str(tmp_path / "token"), 1 << 20)) == 200_000
    assert read_bytes(str(tmp_path / "token"), 3) == b"xxx"


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    assert read_bytes(str(tmp_path / "token"), 10) == b""


def test_a_pipe_that_nobody_writes_to_is_given_up(pipe: Path) -> None:
    with pytest.raises(TimeoutError, match="nobody wrote"):
        read_bytes(str(pipe), 10, patience=0.05)


def test_a_pipe_whose_writer_does_not_end_is_given_up(pipe: Path) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY)
    os.write(writer, b"half")
    with pytest.raises(TimeoutError):
        read_bytes(str(pipe), 10, patience=0.05)
    os.close(writer)
    os.close(reader)


def test_what_is_written_to_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    writer = threading.Thread(target=pipe.write_text, args=("token",))
    writer.start()
    assert read_file(str(pipe)) == "token"
    writer.join()


def test_a_missing_file_and_bytes_that_are_no_text_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(str(tmp_path / "none"), 10)
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(OSError, match="not UTF-8"):
        read_file(str(tmp_path / "token"))
