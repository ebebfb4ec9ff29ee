"""An endpoint that does not answer ends every verb in the same way."""

import socket
from pathlib import Path

import pytest

from bucketpass.cli.main import main

pytestmark = pytest.mark.slow

REQUEST = ("trainer", "get", "s3://datasets/raw/1")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a port at which nobody listens; the working folder has a declaration, the environment a key."""
    (tmp_path / "access.yaml").write_text((Path(__file__).parents[2] / "examples" / "access.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("up", "--yes"), "--to"),
        (("preview",), "--to"),
        (("down", "--yes"), "--to"),
        (("import", "--directory", "new"), "--from"),
        (("decide", *REQUEST), "--deployed"),
        (("prove",), "--deployed"),
        (("review",), "--deployed"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_it_is_exit_code_1_with_the_remedy(words: tuple[str, ...], option: str, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, option, url]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error provision\n")
    assert url in captured.err
    assert "\n  remedy: " in captured.err
