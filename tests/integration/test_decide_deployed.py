"""`bucketpass decide --deployed sandbox` reads what is really there, and answers what the sandbox answers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.sandboxes import ACCESS

from bucketpass.cli.main import main

pytestmark = pytest.mark.slow


@contextmanager
def sandbox(folder: Path) -> Iterator[None]:
    """A running sandbox that has announced itself in `folder`."""
    command = [sys.executable, "-m", "bucketpass", "sandbox", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield
        finally:
            process.terminate()


def test_the_sandboxs_own_policies_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS)
    monkeypatch.chdir(tmp_path)
    claims = json.dumps({"iss": "https://acme.okta.com/oauth2/default", "sub": "0oa1trainer", "aud": "s3-data"})

    def decided(uri: str, who: str = "bucketpass-trainer") -> dict[str, object]:
        main(["decide", who, "get", uri, "--deployed", "sandbox", "--claims", claims, "--json"])
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    with sandbox(tmp_path):
        assert decided("s3://datasets/raw/1")["error"] == "invalid-input"
        assert main(["up", "--access", "access.yaml", "--json"]) == 0
        capsys.readouterr()
        assert decided("s3://datasets/raw/1")["allowed"] is True
        assert decided("s3://datasets/other/1")["allowed"] is False
        assert decided("s3://datasets/raw/1", "trainer") == decided("s3://datasets/raw/1")
        assert decided("s3://datasets/raw/1", "nobody")["error"] == "invalid-input"
