"""Programs on disk."""

import sys
from pathlib import Path

import pytest

from bucketpass.errors import InvalidInput, ProvisionError
from bucketpass.provision.embedded.program import Program
from bucketpass.provision.embedded.sealing import sealer_of_passphrase
from bucketpass.secret import Secret


def project(folder: Path, text: str = "name: shop\nruntime: python\n", stack: str = "") -> Path:
    (folder / "Pulumi.yaml").write_text(text)
    (folder / "Pulumi.dev.yaml").write_text(stack)
    (folder / "__main__.py").write_text("")
    return folder


def test_a_program_is_what_pulumi_yaml_says(tmp_path: Path) -> None:
    program = Program.load(project(tmp_path), "dev")
    assert (program.project, program.root, program.main, program.python) == ("shop", tmp_path, tmp_path, Path(sys.executable))


def test_configuration_comes_from_the_project_and_the_stack_with_full_keys(tmp_path: Path) -> None:
    text = "name: shop\nruntime: {name: python}\nconfig: {size: {default: 3}, aws:region: eu-west-1, list: {value: [1]}}\n"
    program = Program.load(project(tmp_path, text, "config: {shop:colour: red, aws:region: eu-central-1, live: true}"), "dev")
    assert program.config == {
        "shop:size": "3",
        "aws:region": "eu-central-1",
        "shop:list": "[1]",
        "shop:colour": "red",
        "shop:live": "true",
    }


def test_the_main_file_and_the_virtual_environment_are_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").write_text("")
    (tmp_path / "app.py").write_text("")
    text = "name: shop\nmain: app.py\nruntime: {name: python, options: {virtualenv: venv}}\n"
    program = Program.load(project(tmp_path, text), "dev")
    assert (program.main, program.python) == (tmp_path / "app.py", tmp_path / "venv" / "bin" / "python")


@pytest.mark.parametrize(
    ("text", "stack", "words"),
    [
        ("runtime: python\n", "", "no project name"),
        ("name: shop\nruntime: nodejs\n", "", "runtime `nodejs`"),
        ("name: [\n", "", "cannot be read as YAML"),
        ("- a\n", "", "is not a YAML object"),
        ("name: shop\nruntime: python\nmain: src\n", "", "no program at"),
        ("name: shop\nruntime: python\n", "config: {shop:key: {secure: v1:abc}}", "is encrypted by Pulumi"),
    ],
)
def test_what_cannot_be_run_is_told(tmp_path: Path, text: str, stack: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Program.load(project(tmp_path, text, stack), "dev")


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no"):
        Program.load(tmp_path, "dev")


def test_a_declaration_is_a_program_too(tmp_path: Path) -> None:
    program = Program.of_access(tmp_path / "access.yaml")
    assert (program.project, program.root) == ("bucketpass", tmp_path)
    assert program.config == {"bucketpass:access": str(tmp_path / "access.yaml")}
    assert program.main.is_file()
    assert Program.of_access(tmp_path / "lab.yaml").project == "bucketpass-lab"


def test_configuration_that_pulumi_encrypted_opens_with_its_passphrase_and_stays_secret(tmp_path: Path) -> None:
    kept = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="
    sealed = sealer_of_passphrase(Secret("password"), kept).seal("swordfish")
    stack = f"encryptionsalt: {kept}\nconfig: {{shop:key: {{secure: '{sealed}'}}, shop:list: [{{secure: '{sealed}'}}], shop:open: x}}\n"
    program = Program.load(project(tmp_path, stack=stack), "dev", Secret("password"))
    assert program.config == {"shop:key": "swordfish", "shop:list": '["swordfish"]', "shop:open": "x"}
    assert program.secret_keys == {"shop:key", "shop:list"}
    with pytest.raises(ProvisionError, match="incorrect passphrase"):
        Program.load(tmp_path, "dev", Secret("wrong"))
