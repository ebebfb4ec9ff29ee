import json
from pathlib import Path

import pytest

from bucketpass.cli.main import main

GOOD = """\
issuers: {ci: {preset: github}}
buckets: {data: {}}
services:
  job:
    identity: {issuer: ci, repository: a/b, owner_id: 1, repository_id: 2, branch: main}
    grants: {bucket: data, prefix: raw/, access: read}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "access.yaml"
    path.write_text(GOOD)
    return path


def test_notes_do_not_fail_and_warnings_fail_where_it_is_strict(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--access", str(file), "--strict"]) == 0
    assert "0 errors, 0 warnings, 1 note\n" in capsys.readouterr().out
    file.write_text(GOOD.replace("raw/", "raw"))
    assert main(["check", "--access", str(file)]) == 0
    assert main(["check", "--access", str(file), "--strict"]) == 1


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_mistakes_come_in_the_form_that_was_asked_for(file: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD.replace("bucket: data", "bucket: dta"))
    assert main(["check", "--access", str(file), "--format", form]) == 3
    written = capsys.readouterr().out
    assert "got the unknown bucket `dta`" in written
    json.loads(written)


def test_github_sees_the_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--access", str(file), "--format", "github"])
    assert capsys.readouterr().out.startswith(f"::notice file={file},line=2,")


@pytest.mark.parametrize("mistake", [False, True])
def test_one_run_writes_every_form(file: Path, tmp_path: Path, mistake: bool, capsys: pytest.CaptureFixture[str]) -> None:
    if mistake:
        file.write_text(GOOD.replace("bucket: data", "bucket: dta"))
    sarif, table = tmp_path / "found.sarif", tmp_path / "found.txt"
    words = ["check", str(file), "--format", "github", "--write", f"sarif={sarif}", "--write", f"table={table}"]
    assert main(words) == (3 if mistake else 0)
    assert capsys.readouterr().out.startswith("::error" if mistake else "::notice")
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    assert ("got the unknown bucket `dta`" in table.read_text()) is mistake
    assert main(["check", str(file), "--write", "pdf=x"]) == 3
