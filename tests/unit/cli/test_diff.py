import json
from pathlib import Path

import pytest

from bucketpass.cli.main import main

TEXT = """\
issuers: {ci: {preset: github}}
buckets: {data_set: {name: data-set}}
services:
  job:
    identity: {issuer: ci, repository: a/b, branch: main}
    grants: {bucket: data_set, prefix: raw_1/, access: read}
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(TEXT)
    new.write_text(TEXT.replace("access: read", "access: [read, delete]"))
    return [str(old), str(new)]


def test_the_table_says_who_gains_what(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *files]) == 0
    assert capsys.readouterr().out == "+ job may now delete data-set/raw_1/*\n"
    main(["diff", files[0], files[0]])
    assert capsys.readouterr().out == "both mean the same\n"


def test_markdown_shows_names_as_they_are(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", *files, "--format", "markdown"])
    assert capsys.readouterr().out == "### More access\n\n- **job** may now delete data-set/raw\\_1/\\*\n\n"


def test_json_is_one_object(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", *files, "--json"])
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert change == {"kind": "more", "subject": "job", "description": "may now delete data-set/raw_1/*", "path": "services.job.grants[0]"}
