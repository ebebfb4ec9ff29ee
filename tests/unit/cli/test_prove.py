import json
from pathlib import Path

import pytest
from tests.unit.prove import foreign
from tests.unit.prove.worlds import SIMPLE

from bucketpass.cli.main import main


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "access.yaml"
    path.write_text(SIMPLE)
    return str(path)


def test_a_declaration_that_is_carried_out_is_proved(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file]) == 0
    assert "12 proved" in capsys.readouterr().out


def test_a_counterexample_is_shown_and_is_exit_code_1(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--never", "GetObject s3://datasets/raw/*", "--by", "trainer"]) == 1
    out = capsys.readouterr().out
    assert "s3:GetObject arn:aws:s3:::datasets/raw/" in out
    assert "1 counterexample" in out


def test_no_time_is_unknown_and_exit_code_4(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--seconds", "0", "--only", "requests", "--json"]) == 4
    written = json.loads(capsys.readouterr().out)
    assert written["verdict"] == "unknown"
    assert written["guarantees"][0]["reasons"] == ["the time that was given ran out"]


def test_json_is_one_object(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--only", "tokens", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in written["guarantees"]] == ["tokens of trainer", "tokens of evaluator"]


def test_markdown_is_for_a_pull_request(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--only", "public", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("### bucketpass prove: proved\n")


def test_the_declarations_own_guarantees_are_asked_too(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(file).write_text(SIMPLE + "guarantees:\n  no-raw: {never: 'GetObject s3://datasets/raw/*'}\n")
    assert main(["prove", "--access", file, "--only", "no-raw", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["guarantees"][0]["name"] == "no-raw"


def test_what_changed_since_another_version(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(SIMPLE.replace("prefix: raw/, access: read", "prefix: raw/, access: [read, delete]"))
    assert main(["prove", "--access", file, "--against", str(old), "--json"]) == 1
    written = json.loads(capsys.readouterr().out)
    assert [one["relation"] for one in written["differences"]] == ["equal", "less", "equal", "equal"]
    assert main(["prove", "--access", file, "--against", file]) == 0
    assert "trainer: requests equal" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--only", "nothing"],
        ["--by", "trainer"],
        ["--never", "GetObjct s3://datasets/x"],
        ["--never", "GetObject s3://datasets/x", "--by", "x"],
    ],
)
def test_what_cannot_be_asked_is_exit_code_3_with_the_remedy(file: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, *arguments]) == 3
    assert "remedy:" in capsys.readouterr().err


def test_a_second_opinion_is_counted(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cvc5")
    assert main(["prove", "--access", file, "--only", "public", "--second-opinion"]) == 0
    assert "cvc5 agreed on 1 of 1 questions" in capsys.readouterr().err


def test_the_faults_of_policy_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, document in (("trust", foreign.CLASSIC_TRUST), ("policy", foreign.CLASSIC_POLICY), ("bucket", foreign.DOCUMENTED_BUCKET)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    files = ["--trust", str(tmp_path / "trust.json"), "--role-policy", str(tmp_path / "policy.json")]
    files += [
        "--bucket-policy",
        str(tmp_path / "bucket.json"),
        "--provider",
        foreign.OKTA.url,
        "--client-id",
        "s3-data",
        "--bucket",
        "data",
    ]
    assert main(["prove", *files, "--json"]) == 1
    written = json.loads(capsys.readouterr().out)
    assert [fault["name"] for fault in written["faults"]] == ["no-such-key", "no-such-key", "nobody", "changes-permissions"]
    assert main(["prove", *files]) == 1
    out = capsys.readouterr().out
    assert "mend: take `https://` out of it" in out
    assert "4 faults" in out


def test_policy_files_without_faults_are_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trust.json").write_text(json.dumps(foreign.DOCUMENTED_TRUST))
    (tmp_path / "bucket.json").write_text(json.dumps(foreign.DOCUMENTED_BUCKET))
    files = ["--trust", str(tmp_path / "trust.json"), "--bucket-policy", str(tmp_path / "bucket.json"), "--provider", foreign.GITHUB.url]
    assert main(["prove", *files, "--client-id", "sts.amazonaws.com", "--bucket", "data", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("### bucketpass prove: faults\n")
