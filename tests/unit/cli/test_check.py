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
