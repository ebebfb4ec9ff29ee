import json
from pathlib import Path

import pytest
from tests.declarations import EVERYTHING_DECLARED

from bucketpass.cli.main import main

HERE = ("--account", "111122223333", "--region", "eu-central-1")


@pytest.fixture
def access(tmp_path: Path) -> str:
    file = tmp_path / "access.yaml"
    file.write_text(EVERYTHING_DECLARED)
    return str(file)


@pytest.mark.parametrize(("form", "key"), [("json", "roles"), ("cloudformation", "Resources"), ("terraform", "resource")])
def test_each_form_is_json(access: str, form: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, "--format", form, *HERE]) == 0
    assert key in json.loads(capsys.readouterr().out)


def test_the_table_names_every_role(access: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, *HERE]) == 0
    written = capsys.readouterr().out
    assert "bucketpass-trainer" in written
    assert "bucketpass-eval.one" in written


def test_a_narrow_screen_breaks_long_names_and_drops_none_of_them(
    access: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["plan", "--access", access, *HERE]) == 0
    assert "…" not in capsys.readouterr().out


def test_a_wrong_account_is_one_clear_error(access: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, "--account", "12"]) == 3
    assert "got the account `12`, expected 12 digits" in capsys.readouterr().err


def test_mistakes_are_told_and_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.yaml"
    file.write_text("issuers: {}\nbuckets: {}\n")
    assert main(["plan", "--access", str(file)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{file}:1:1" in captured.err
