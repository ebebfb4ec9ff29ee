"""The guides do what they say: their commands are run as they stand, their pipelines read by the platforms' own schemas."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from docs.check import pages
from tests.sandboxes import sandbox_world

from bucketpass.configure import FORMS
from bucketpass.issuers import PRESETS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorials" / "zero-to-aws.md"
BLOCK = re.compile(r"<!-- tested(?:: (?P<with>[\w ]+))? -->\n```sh\n(?P<text>.*?)```", re.DOTALL)
FILE = re.compile(r"<!-- file: (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)
AS_THE_TRAINER = [
    pytest.param(block["text"], id=f"{page.stem}: {block['text'].splitlines()[0]}")
    for page in pages()
    for block in BLOCK.finditer(page.read_text())
    if block["with"] == "as the trainer"
]
# What the examples' commands start: each lists the folder that its command may list.
READS = "import boto3; print(boto3.client('s3').list_objects_v2(Bucket='datasets', Prefix='raw/2026/')['KeyCount'])\n"
SANDBOX_SECONDS = 20


def environment() -> dict[str, str]:
    """Ours, with the commands of this installation, and no AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BUCKETPASS_"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def shell(text: str, folder: Path, **more: str) -> str:
    done = subprocess.run(
        ["sh", "-euc", text], cwd=folder, env={**environment(), **more}, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_installing(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("pip install"))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Path]:
    """A folder with a first declaration, and the sandbox running in it as a second terminal would have it."""
    first, *_ = BLOCK.finditer(TUTORIAL.read_text())
    shell(without_installing(first["text"]), tmp_path)
    with (tmp_path / "exports.sh").open("w") as exports:
        process = subprocess.Popen(["bucketpass", "sandbox"], cwd=tmp_path, env=environment(), stdout=exports, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SANDBOX_SECONDS
        while "AWS_CA_BUNDLE" not in (tmp_path / "exports.sh").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield tmp_path
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_the_first_half_of_the_tutorial_runs_as_it_stands(sandbox: Path) -> None:
    _, made, tried, gone = BLOCK.finditer(TUTORIAL.read_text())
    assert {block["with"] for block in (made, tried, gone)} == {"with the sandbox"}
    cache = {"XDG_CACHE_HOME": str(sandbox / "cache"), "BUCKETPASS_CACHE": str(sandbox / "cache")}
    assert "role-to-assume: arn:aws:iam::" in shell(made["text"], sandbox)
    assert json.loads((sandbox / "outputs.json").read_text())["ok"] is True
    printed = shell(tried["text"], sandbox, **cache)
    assert printed.startswith("raw/ 1 object\nlabels/ AccessDenied\n")
    assert "nothing is wrong in what was looked at" in printed
    assert "labels/" in printed.partition("nothing is wrong")[2]
    assert "acme-datasets" in shell(gone["text"], sandbox)


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the programs that the pages start, and the environment of a service whose role and data are there."""
    folder = tmp_path_factory.mktemp("trainer")
    for name in ("train.py", "agent.py"):
        (folder / name).write_text(READS)
    with sandbox_world() as deployed:
        (folder / "token").write_text(deployed.sandbox.mint("trainer").reveal())
        settings = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"), "AWS_ROLE_ARN": deployed.role_arn("trainer")}
        yield folder, {**deployed.sandbox.environment(), **settings, "XDG_CACHE_HOME": str(folder / "cache")}


@pytest.mark.parametrize("text", AS_THE_TRAINER)
def test_what_a_service_is_told_to_run_runs(text: str, trainer: tuple[Path, dict[str, str]]) -> None:
    folder, settings = trainer
    shell(text, folder, **settings)


def test_the_tests_that_the_guide_shows_pass(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "test-your-program.md").read_text()
    for block in FILE.finditer(text):
        (tmp_path / block["name"]).write_text(block["text"])
    assert "4 passed" in shell("pytest -q -p no:cacheprovider -W ignore", tmp_path)


def steps(file: str) -> list[str]:
    document = yaml.safe_load((ROOT / "examples" / "ci" / file).read_text())
    if "jobs" in document:
        return [step["run"] for step in document["jobs"]["prove"]["steps"] if "run" in step]
    script: list[str] = document["prove"]["script"]
    return script


@pytest.mark.parametrize("file", ["github.yml", "gitlab.yml"])
def test_the_steps_that_need_no_account_run_as_they_stand(file: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "access.yaml", tmp_path / "access.yaml")
    (tmp_path / "before.yaml").write_text((tmp_path / "access.yaml").read_text().replace("prefix: raw/", "prefix: rawer/"))
    commands = [step for step in steps(file) if step.startswith("bucketpass ")]
    assert [shlex.split(command)[1] for command in commands] == ["check", "prove", "diff"]
    shell("\n".join(commands), tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))


def test_the_guide_to_services_names_every_form() -> None:
    text = (ROOT / "docs" / "how-to" / "configure-a-service.md").read_text()
    assert [form for form in FORMS if f"`{form}`" not in text] == []


def test_the_declaration_of_every_provider_with_a_component_is_one_that_is_known() -> None:
    from bucketpass.provision import identity_providers

    presets = {getattr(identity_providers, name).preset for name in identity_providers.__all__ if name.endswith("ServiceIdentity")}
    assert presets <= set(PRESETS)
