"""`bucketpass configure`: from a file and an account, or a stack's outputs, to a text."""

import json
from pathlib import Path

import pytest
from tests.unit.configure.declaration import ROLE, TEXT

from bucketpass.cli.main import main


@pytest.fixture(autouse=True)
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "access.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return tmp_path


@pytest.fixture
def without_region(declared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def test_a_service_gets_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configure", "trainer", "--for", "env", "--account", "111122223333"]) == 0
    assert capsys.readouterr().out.startswith(f"export AWS_ROLE_ARN={ROLE}\n")


@pytest.mark.parametrize("printed", [{"role_arns": {"trainer": ROLE}}, {"ok": True, "outputs": {"role_arns": {"trainer": ROLE}}}])
def test_the_account_can_come_from_the_outputs_of_a_stack(printed: object, declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (declared / "outputs.json").write_text(json.dumps(printed))
    assert main(["configure", "trainer", "--for", "env", "--outputs", "outputs.json", "--region", "us-east-1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["for"] == "env"
    assert f"AWS_ROLE_ARN={ROLE}" in shown["text"]
    assert "AWS_REGION=us-east-1" in shown["text"]


def test_an_issuer_gets_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configure", "ci", "--account", "111122223333"]) == 0
    assert "permissions: {id-token: write" in capsys.readouterr().out


def test_a_service_without_a_form_is_told_the_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configure", "trainer", "--account", "111122223333"]) == 3
    assert "--for kubernetes, kubernetes-oauth, github" in capsys.readouterr().err


def test_without_a_region_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert main(["configure", "trainer", "--for", "env", "--account", "111122223333"]) == 3
    assert "no Region is known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("service", "outputs", "told"),
    [
        ("trainr", None, "`trainr` is not a service"),
        ("trainer", "[", "cannot be read as JSON"),
        ("trainer", json.dumps({"outputs": {"role_arns": {"trainer": ROLE}}}), "no Region is known"),
        ("trainer", json.dumps({"region": "eu-west-1", "outputs": {"role_arns": {"trainer": ROLE}}}), ""),
    ],
)
@pytest.mark.usefixtures("without_region")
def test_a_missing_region_hides_no_other_mistake_and_comes_from_the_run(
    service: str, outputs: str | None, told: str, declared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (declared / "outputs.json").write_text(outputs or "{}")
    assert main(["configure", service, "--for", "env", "--outputs", "outputs.json"]) == (3 if told else 0)
    printed = capsys.readouterr()
    assert told in printed.err
    assert bool(told) or "AWS_REGION=eu-west-1" in printed.out


def test_an_issuers_text_needs_no_region(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert main(["configure", "ci", "--account", "111122223333"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read as JSON"), ("{", "cannot be read as JSON"), ("[]", "not a JSON object")]
)
def test_outputs_that_cannot_be_read_are_refused(
    content: str | None, words: str, declared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (declared / "outputs.json").write_text(content)
    assert main(["configure", "trainer", "--for", "env", "--outputs", "outputs.json"]) == 3
    assert words in capsys.readouterr().err
