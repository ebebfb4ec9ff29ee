"""The project's own copy of the recorded rows: every answer is the one that live AWS gave."""

import json
from pathlib import Path

import pytest
from tests.recorded.__main__ import main
from tests.recorded.replay import FileReport, UnknownRowsError, replay_folder

FOLDER = Path(__file__).parents[1] / "corpus" / "recorded"


@pytest.fixture(scope="module")
def reports() -> dict[str, FileReport]:
    return {report.name: report for report in replay_folder(FOLDER)}


@pytest.mark.parametrize("name", ["conditions.json", "policy-writes.json", "trust-writes.json", "web-identity-tokens.json"])
def test_every_recorded_row_is_answered_as_aws_did(reports: dict[str, FileReport], name: str) -> None:
    report = reports[name]
    assert report.rows == len(json.loads((FOLDER / name).read_text())["rows"]) > 0
    assert list(report.differences) == []
    assert report.agreed == report.rows


def test_a_row_that_differs_is_told_with_what_was_expected_and_got(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"condition": {"Bool": {"aws:RequestTag/value": "yes"}}, "accepted": False}
    (tmp_path / "writes.json").write_text(json.dumps({"about": "not recorded", "rows": [row]}))
    assert main([str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["files"]["writes.json"]
    assert (found["rows"], found["agreed"]) == (1, 0)
    assert {(one["where"], one["expected"]) for one in found["differences"]} >= {("PutUserPolicy", "MalformedPolicyDocument")}
    assert main([str(tmp_path)]) == 1
    assert "writes.json: 1 rows, 0 agreed" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{}", '{"rows": [{"unknown": 1}]}', "[]", "{"])
def test_rows_of_no_known_kind_are_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises((UnknownRowsError, ValueError)):
        replay_folder(tmp_path)
    assert main([str(tmp_path)]) == 2
