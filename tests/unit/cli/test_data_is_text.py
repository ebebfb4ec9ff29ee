"""Names, claims and prefixes are printed as they are by every verb; no reader that goes away, and no poor terminal, ends in a traceback."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bucketpass.cli.main import main

ODD = "ari:cloud:bitbucket::[bold]x[/bold]:warning:/{0}"
PREFIX = "[red]:cloud:/"
DECLARATION = f"""
issuers: {{odd: {{preset: generic, url: https://issuer.example, audience: data}}}}
buckets: {{datasets: {{}}}}
services:
  trainer:
    identity: {{issuer: odd, subject: "{ODD}"}}
    grants: {{bucket: datasets, prefix: "{PREFIX}", access: [read, write]}}
"""
OTHER = DECLARATION.replace("access: [read, write]", "access: read").replace("subject: ", "subject: x")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "access.yaml").write_text(DECLARATION)
    (tmp_path / "other.yaml").write_text(OTHER.replace("subject: x", "subject: "))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("plan",), ODD),
        (("plan",), PREFIX),
        (("diff", "other.yaml", "access.yaml"), PREFIX),
        (("decide", "trainer", "get", f"s3://datasets/{PREFIX}1"), ODD),
        (("explain", "trainer", "get", f"s3://datasets/{PREFIX}1"), PREFIX),
        (("explain", "trainer", "get", "s3://datasets/:warning:"), ":warning:"),
        (("prove", "--never", f"GetObject s3://datasets/{PREFIX}*"), PREFIX),
        (("check", "--account", ODD), ODD),
        (("decide", ODD, "get", "s3://datasets/1"), ODD),
        (("init", "--issuer", ODD), ODD),
        (("configure", ODD, "--account", "111122223333", "--region", "us-east-1"), ODD),
        ((ODD,), ODD),
    ],
)
def test_a_name_is_printed_as_it_is(words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(list(words))
    captured = capsys.readouterr()
    assert expected in captured.out + captured.err


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_a_declaration_is_read_from_standard_input(
    verb: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "access.yaml").unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO(DECLARATION))
    assert main([verb, "-"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(DECLARATION.replace("datasets: {}", "data: {}")))
    assert main([verb, "-"]) == 3
    assert "error -:7:" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["--help", "plan", "plan --json", "check", "explain whole-bucket", "completion bash", "plan --help"])
def test_a_reader_who_goes_away_is_no_traceback(words: str, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "bucketpass", *words.split()]
    done = subprocess.run(command, cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.stderr == ""


def test_a_terminal_of_few_characters_shows_the_others_escaped(folder: Path) -> None:
    (folder / "access.yaml").write_text(DECLARATION.replace("subject: ", "subject: é").replace('é"', '"é'))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "bucketpass", "plan"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xe9" in done.stdout
