"""`bucketpass down`, before it deletes anything."""

import argparse
from io import StringIO
from pathlib import Path

import pytest

from bucketpass.cli import down, provisioning
from bucketpass.cli.statements import project
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


def test_any_answer_but_the_stacks_name_stops_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("yes\ndev\n"))
    assert [provisioning.agreed("Its name: ", "dev") for _ in range(2)] == [False, True]
    assert "nothing was changed" in capsys.readouterr().err


def test_the_stack_of_the_statements_is_that_of_the_folder(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    down.add_arguments(parser)
    arguments = parser.parse_args(["--program", str(tmp_path), "--statements", "data"])
    (tmp_path / "access.yaml").write_text("issuers: {}\n")
    assert project(arguments) == "bucketpass"
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: nodejs\n")
    assert project(arguments) == "shop"


@pytest.mark.parametrize("option", [["--force", "data"], ["--detach-foreign"]])
def test_what_only_the_embedded_engine_does_is_not_ignored_at_aws(option: list[str]) -> None:
    parser = argparse.ArgumentParser()
    down.add_arguments(parser)
    with pytest.raises(RequestError, match=f"`{option[0]}` does not go with `--to aws`"):
        down.run(parser.parse_args(["--to", "aws", "--yes", *option]))
