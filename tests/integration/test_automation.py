"""`--to aws`: Pulumi's Automation API, with a stand-in for the `pulumi` program, which is on no package registry."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import endpoint_of
from tests.served_engine import engine_at
from tests.unit.provision.automation.test_events import metadata

from bucketpass.cli.main import main
from bucketpass.errors import MissingProgram, ProvisionError
from bucketpass.provision.automation import PulumiEngine, Source, find_command
from bucketpass.provision.embedded import StepOperation, shown
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
FAKE = Path(__file__).parents[1] / "fake_pulumi.py"
DECLARATION = """
issuers: {ci: {preset: github}}
buckets: {datasets: {}}
services:
  evaluator:
    identity: {issuer: ci, repository: acme/eval, environment: production}
    grants: [{bucket: datasets, access: read}]
"""


class Fake:
    """The stand-in's own folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def play(self, name: str, text: str) -> None:
        (self.home / name).write_text(text)

    def calls(self) -> list[Any]:
        return [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]

    def words(self) -> list[str]:
        return [" ".join(words[:2]) for words, _, _ in self.calls()]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    home = tmp_path / "fake"
    home.mkdir()
    program = home / "pulumi"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(home), prepend=":")
    monkeypatch.setenv("FAKE_PULUMI", str(home))
    return Fake(home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: ai\nruntime: python\n")
    (folder / "access.yaml").write_text(DECLARATION)
    return folder


def test_without_the_program_the_install_page_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match=r"`pulumi` is not installed.*pulumi\.com/docs/install"):
        find_command()


@pytest.mark.parametrize(("version", "words"), [("v3.1.0", "minimum version requirement"), ("v4.0.0", "major version mismatch")])
def test_a_program_of_another_version_is_refused(version: str, words: str, fake: Fake) -> None:
    fake.play("version", version)
    with pytest.raises(MissingProgram, match=r"is not supported, expected 3\.200\.0 or a later one of version 3") as refused:
        find_command()
    assert "pulumi.com/docs/install" in str(refused.value)


def test_a_program_that_cannot_run_is_told(fake: Fake) -> None:
    (fake.home / "pulumi").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(MissingProgram, match="cannot be run"):
        find_command()


def test_a_new_stack_is_made_in_the_backend_that_is_named(fake: Fake, folder: Path) -> None:
    result = PulumiEngine(find_command(), "file:///states").up(Source(folder), "dev")
    assert result.ok
    assert [words for words in fake.words() if words != "version"] == [
        "stack select",
        "stack init",
        "up --yes",
        "stack output",
        "stack output",
        "stack history",
    ]
    assert {backend for words, backend, _ in fake.calls() if words != ["version"]} == {"file:///states"}
    assert {cwd for words, _, cwd in fake.calls() if words[0] == "up"} == {str(folder)}


def test_steps_are_told_while_they_happen_and_secrets_are_hidden(fake: Fake, folder: Path) -> None:
    fake.play("events.json", json.dumps([{"resOutputsEvent": metadata("create")}]))
    told: list[Any] = []
    result = PulumiEngine(find_command()).up(Source(folder), "dev", told.append)
    assert [step.operation for step in told] == [StepOperation.CREATE]
    assert {name: shown(value) for name, value in result.outputs.items()} == {
        "role_arns": {"trainer": "arn:aws:iam::1:role/t"},
        "token": "[secret]",
    }


@pytest.mark.parametrize(("selected", "stack"), [("production", "production"), ("", "dev")])
def test_the_stack_is_the_one_that_pulumi_would_take_in_that_folder(
    selected: str, stack: str, fake: Fake, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.play("selected", selected)
    assert main(["preview", "--to", "aws", "--program", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(f"Previewing {stack} at AWS")
    (chosen,) = [call for call, _, cwd in fake.calls() if call[:2] == ["stack", "select"]]
    assert stack in chosen


def test_a_run_that_fails_says_pulumis_last_error(fake: Fake, folder: Path) -> None:
    for printed, words in (
        ("warning: x\nerror: preview failed\nerror: no credentials", "no credentials"),
        # The only line, which stands behind the Automation API's own label.
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "passphrase must be set with PULUMI_CONFIG_PASSPHRASE"),
        ("the login page is not reachable", "the login page is not reachable"),
    ):
        fake.play("failure", printed)
        result = PulumiEngine(find_command()).preview(Source(folder), "dev")
        assert (result.ok, result.error, result.exit_code) == (False, words, 1)


def test_a_stack_that_is_being_changed_is_refused_with_the_remedy(fake: Fake, folder: Path) -> None:
    fake.play("failure", "error: the stack is currently locked by 1 lock(s)")
    with pytest.raises(ProvisionError, match=r"being changed by another run.*pulumi cancel"):
        PulumiEngine(find_command()).up(Source(folder), "dev")


def test_a_declaration_alone_is_a_program_of_its_own_whose_settings_are_kept(fake: Fake, folder: Path) -> None:
    result = PulumiEngine(find_command()).preview(Source(access=folder / "access.yaml"), "dev")
    assert result.ok
    ((words, _, cwd),) = (call for call in fake.calls() if call[0][0] == "preview")
    assert "auto.inline" in words
    assert Path(cwd) == folder / ".bucketpass" / "pulumi" / "bucketpass"
    assert (Path(cwd) / "Pulumi.yaml").is_file()
    configured = next(words for words, _, _ in fake.calls() if words[:2] == ["config", "set-all"])
    assert f"bucketpass:access={folder / 'access.yaml'}" in configured


@pytest.mark.filterwarnings("ignore:.*has been deprecated in favor of:DeprecationWarning")  # as pulumi-aws loads
def test_a_declaration_alone_is_run_by_the_engine_that_asks_for_it(
    fake: Fake, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The engine that asks is the embedded one, with the sandbox in the place of AWS."""
    with Sandbox(SandboxOptions()) as sandbox:
        endpoint = endpoint_of(sandbox)
        with engine_at(endpoint, tmp_path / "states", "bucketpass") as engine:
            monkeypatch.setenv("FAKE_MONITOR", engine.address)
            result = PulumiEngine(find_command()).up(Source(access=folder / "access.yaml"), "dev")
            assert (result.error, result.ok) == ("", True)
            assert "bucketpass-evaluator" in str(engine.deployment.outputs["role_arns"])


def test_the_command_line_previews_and_makes_without_asking_where_it_is_told_to(
    fake: Fake, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--to", "aws", "--program", str(folder), "--yes", "--json", "--backend", "file:///states"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["engine"], printed["target"], printed["ok"]) == ("pulumi", "aws", True)
    assert "up --yes" in fake.words()


def test_the_command_line_changes_nothing_where_nobody_says_yes(fake: Fake, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--to", "aws", "--program", str(folder)]) == 3
    assert "--yes" in capsys.readouterr().err
    assert not (fake.home / "calls").exists() or "up --yes" not in fake.words()


def test_a_stack_that_pulumi_does_not_have_is_not_created_to_be_destroyed(
    fake: Fake, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["down", "--to", "aws", "--program", str(folder), "--stack", "dve", "--yes"]) == 1
    assert "Pulumi has no stack `dve` of this project" in capsys.readouterr().err
    assert "stack init" not in fake.words()


def test_the_command_line_destroys_only_with_yes(fake: Fake, folder: Path) -> None:
    fake.play("stack", "")
    assert main(["down", "--to", "aws", "--program", str(folder)]) == 3
    assert main(["down", "--to", "aws", "--program", str(folder), "--yes"]) == 0
    assert "destroy --skip-preview" in fake.words()


def test_the_command_line_previews_at_aws(fake: Fake, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake.play("events.json", json.dumps([{"resourcePreEvent": metadata("create")}]))
    assert main(["preview", "--to", "aws", "--program", str(folder)]) == 0
    shown_to_people = capsys.readouterr().out
    assert "ai-trainer create" in shown_to_people
    assert "embedded engine" not in shown_to_people
