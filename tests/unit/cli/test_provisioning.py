"""What `up`, `preview` and `down` have in common."""

import argparse
from pathlib import Path
from typing import NoReturn

import pytest

from bucketpass.cli import down, preview, provisioning, up
from bucketpass.cli.act import Act
from bucketpass.cli.main import Command
from bucketpass.errors import DeclarationError, InvalidInput, RequestError

DECLARED = """
issuers: {ci: {preset: github}}
buckets: {data: {}}
services: {eval: {identity: {issuer: ci, repository: acme/eval, branch: main}, grants: {bucket: data, prefix: raw/, access: read}}}
"""


def settled(folder: Path, *words: str, act: Act = Act.UP) -> provisioning.Run:
    parser = argparse.ArgumentParser()
    provisioning.add_arguments(parser)
    return provisioning.settle(parser.parse_args(["--to", "http://127.0.0.1:1", "--program", str(folder), *words]), act)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")


def test_a_folder_with_a_program_runs_it_and_its_declaration_is_the_programs_business(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("")
    (tmp_path / "access.yaml").write_text(DECLARED)
    run = settled(tmp_path, "--stack", "lab")
    assert (run.program.project, run.stack.name.stack) == ("shop", "lab")
    assert run.stack.file == tmp_path / ".bucketpass" / "stacks" / "shop.lab.json"


def test_a_folder_with_a_declaration_alone_needs_no_program(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(DECLARED)
    run = settled(tmp_path)
    assert run.program.config["bucketpass:access"] == str(tmp_path / "access.yaml")


def test_a_named_declaration_goes_before_the_folders_program(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "lab.yaml").write_text(DECLARED)
    assert settled(tmp_path, "--access", str(tmp_path / "lab.yaml")).program.project == "bucketpass-lab"


def test_a_folder_with_neither_is_told_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--program or --access"):
        settled(tmp_path)


@pytest.mark.parametrize("act", [Act.PREVIEW, Act.UP])
def test_all_mistakes_of_a_declaration_are_told_before_anything_is_begun(tmp_path: Path, act: Act) -> None:
    (tmp_path / "access.yaml").write_text(DECLARED.replace("github", "gihtub").replace("bucket: data", "bucket: dta"))
    with pytest.raises(DeclarationError) as told:
        settled(tmp_path, act=act)
    assert [diagnostic.place.path for diagnostic in told.value.diagnostics()] == ["issuers.ci.preset", "services.eval.grants[0].bucket"]


def test_what_was_made_can_be_removed_when_its_declaration_is_broken_by_now(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text("issuers: {}\n")
    assert settled(tmp_path, act=Act.DOWN).program.project == "bucketpass"


@pytest.mark.parametrize(("act", "told"), [(Act.PREVIEW, False), (Act.UP, True), (Act.DOWN, True)])
def test_whoever_interrupts_a_run_hears_that_it_can_go_on(tmp_path: Path, act: Act, told: bool, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "access.yaml").write_text(DECLARED)

    def work(engine: object, listener: object) -> NoReturn:
        raise KeyboardInterrupt

    run = settled(tmp_path, "--json")
    with pytest.raises(KeyboardInterrupt):
        provisioning.perform(run, act, work)
    assert ("run it again" in capsys.readouterr().err) is told


@pytest.mark.parametrize(("to", "option"), [("http://127.0.0.1:1", "--waive"), ("aws", "--waive"), ("aws", "--endpoint")])
def test_what_is_said_of_a_gateway_is_not_ignored_elsewhere(tmp_path: Path, to: str, option: str) -> None:
    (tmp_path / "access.yaml").write_text(DECLARED)
    parser = argparse.ArgumentParser()
    preview.add_arguments(parser)
    with pytest.raises(RequestError, match=f"`{option}` does not go with `--to {to}`"):
        preview.run(parser.parse_args(["--to", to, "--program", str(tmp_path), option, "x"]))


@pytest.mark.parametrize("command", [up, preview, down])
def test_every_command_has_its_line_and_knows_the_shared_arguments(command: Command) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert provisioning.stack_name(parser.parse_args([])) == "dev"


def test_what_is_waived_of_a_gateway_is_told_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(DECLARED)
    parser = argparse.ArgumentParser()
    provisioning.add_arguments(parser)
    words = [
        "--to",
        "rgw",
        "--endpoint",
        "https://s3.example.com",
        "--program",
        str(tmp_path),
        "--waive",
        "ownership",
        "--waive",
        "encryption",
    ]
    run = provisioning.settle(parser.parse_args(words), Act.UP)
    assert run.endpoint.dialect == "rgw"
    assert run.program.config["bucketpass:dialect"] == "rgw"
    assert run.program.config["bucketpass:waivers"] == '["ownership", "encryption"]'
    assert "bucketpass:dialect" not in settled(tmp_path).program.config
