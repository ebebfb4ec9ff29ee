"""`bucketpass down`, before it deletes anything."""

import argparse
from io import StringIO
from pathlib import Path

import pytest

from bucketpass.cli import down
from bucketpass.errors import RequestError


class Terminal(StringIO):
    """Standard input with a person behind it."""

    def isatty(self) -> bool:
        return True


def run(folder: Path) -> int:
    (folder / "access.yaml").write_text("issuers: {}\n")
    parser = argparse.ArgumentParser()
    down.add_arguments(parser)
    return down.run(parser.parse_args(["--to", "http://127.0.0.1:1", "--program", str(folder)]))


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")


def test_where_nobody_can_answer_it_wants_to_hear_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(RequestError, match="nobody to ask"):
        run(tmp_path)


def test_any_answer_but_the_stacks_name_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    assert run(tmp_path) == 1
    assert not (tmp_path / ".bucketpass").exists()
