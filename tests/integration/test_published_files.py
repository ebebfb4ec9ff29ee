"""The files that other systems read: they are in those systems' forms, and what they run runs here as it stands."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "access.yaml"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
# Stands in for GitHub's program: it answers with the comments that are there, and keeps what it was asked to write.
GH = """#!/bin/sh
echo "$*" >> "$GH_CALLS"
case "$*" in *--paginate*) cat "$GH_COMMENTS" ;; esac
"""


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("action.yml", "github-actions"),
        (".github/workflows/test.yml", "github-workflows"),
        (".github/workflows/release.yml", "github-workflows"),
        ("examples/ci/github.yml", "github-workflows"),
        ("examples/ci/gitlab.yml", "gitlab-ci"),
        ("examples/compose/compose.yaml", "compose-spec"),
    ],
)
def test_each_file_is_what_its_platform_takes(file: str, schema: str) -> None:
    rules = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json").read_text())
    jsonschema.validators.validator_for(rules)(rules).validate(yaml.safe_load((ROOT / file).read_text()))


class PullRequest:
    """A repository with a base commit and a change, in which the action's steps run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.tree.mkdir()
        self.runner = folder / "runner"
        self.runner.mkdir()
        self.outputs: dict[str, dict[str, str]] = {}
        (folder / "bin").mkdir()
        (folder / "bin" / "gh").write_text(GH)
        (folder / "bin" / "gh").chmod(0o755)
        self.comments = folder / "comments"
        self.comments.write_text("")
        self.calls = folder / "calls"
        self.path = f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
        return subprocess.run(command, cwd=self.tree, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, text: str) -> str:
        (self.tree / "access.yaml").write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def filled(self, text: str, base: str) -> str:
        """`text` with the expressions of GitHub's in their values."""
        values = {"inputs.access": "access.yaml", "inputs.base": base, "github.token": "t", "github.event.pull_request.number": "7"}
        for step, outputs in self.outputs.items():
            values |= {f"steps.{step}.outputs.{name}": value for name, value in outputs.items()}
        return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: values.get(found[1], ""), text)

    def run(self, base: str) -> tuple[int, str]:
        """Run the steps that are shell; what the verdict ends with, and all that was printed."""
        printed, code = "", 0
        for step in ACTION["runs"]["steps"]:
            if "run" not in step or step["name"] == "install" or (step.get("if") == "inputs.base != ''" and not base):
                continue
            found = self.runner / f"{step['name']}.outputs"
            settings = {name: self.filled(str(value), base) for name, value in step.get("env", {}).items()}
            github = {"GITHUB_OUTPUT": str(found), "GITHUB_STEP_SUMMARY": str(self.runner / "shown.md"), "GITHUB_REPOSITORY": "acme/data"}
            ours = {"RUNNER_TEMP": str(self.runner), "GH_CALLS": str(self.calls), "GH_COMMENTS": str(self.comments), "PATH": self.path}
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                command, cwd=self.tree, env={**os.environ, **settings, **github, **ours}, capture_output=True, text=True, check=False
            )
            printed, code = printed + done.stdout + done.stderr, done.returncode
            if code and step["name"] != "verdict":
                pytest.fail(f"{step['name']} ended with {code}: {done.stdout}{done.stderr}")
            if found.exists():
                self.outputs[step["id"]] = dict(line.split("=", 1) for line in found.read_text().splitlines())
        return code, printed

    @property
    def summary(self) -> str:
        return (self.runner / "summary.md").read_text()


@pytest.fixture
def pull_request(tmp_path: Path) -> PullRequest:
    return PullRequest(tmp_path)


def test_the_action_says_who_gains_access_in_one_comment(pull_request: PullRequest) -> None:
    base = pull_request.commit(EXAMPLE.read_text())
    pull_request.commit(EXAMPLE.read_text().replace("prefix: raw/", "prefix: raw2/"))
    code, printed = pull_request.run(base)
    assert code == 0, printed
    assert pull_request.outputs["diff"] == {"code": "1"}
    assert pull_request.summary.startswith("<!-- bucketpass: access.yaml -->\n### Access declared in `access.yaml`\n")
    assert "trainer" in pull_request.summary and "prove: every guarantee is proved" in pull_request.summary
    assert "<summary>access map</summary>\n\n## Access map" in pull_request.summary
    assert (pull_request.runner / "access-map.html").read_text().startswith("<!")
    assert json.loads((pull_request.runner / "bucketpass.sarif").read_text())["version"] == "2.1.0"
    assert "--method POST repos/acme/data/issues/7/comments" in pull_request.calls.read_text()
    pull_request.comments.write_text("41\n")
    pull_request.run(base)
    assert pull_request.calls.read_text().splitlines()[-1].startswith("api --silent --method PATCH repos/acme/data/issues/comments/41 ")


def test_the_action_fails_where_the_declaration_is_wrong_and_shows_why(pull_request: PullRequest) -> None:
    base = pull_request.commit(EXAMPLE.read_text())
    pull_request.commit(EXAMPLE.read_text().replace("prefix: raw/", "prefx: raw/"))
    code, printed = pull_request.run(base)
    assert code == 1, printed
    assert "check: <b>failed</b>" in pull_request.summary and "prefx" in pull_request.summary


def test_the_action_fails_where_the_base_cannot_be_read(pull_request: PullRequest) -> None:
    pull_request.commit(EXAMPLE.read_text())
    with pytest.raises(pytest.fail.Exception, match="diff ended with"):
        pull_request.run("0" * 40)


def test_a_new_declaration_has_nothing_to_be_compared_with(pull_request: PullRequest) -> None:
    (pull_request.tree / "README.md").write_text("nothing yet\n")
    pull_request.git("add", "--all")
    pull_request.git("commit", "--quiet", "--message", "begin")
    base = pull_request.git("rev-parse", "HEAD")
    pull_request.commit(EXAMPLE.read_text())
    code, printed = pull_request.run(base)
    assert (code, "The declaration is new." in pull_request.summary) == (0, True), printed


def test_the_hook_runs_as_pre_commit_would_run_it(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    shutil.copy(EXAMPLE, tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command: list[str] = hook["entry"].split()
    assert re.search(hook["files"], "infra/access.yaml")
    assert subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode == 0
    (tmp_path / "access.yaml").write_text("servces: {}\n")
    assert subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode == 3


def test_the_services_of_compose_do_what_they_are_for(tmp_path: Path) -> None:
    """Without containers: they share one network and one folder, as processes here do."""
    shutil.copytree(ROOT / "examples", tmp_path / "work", ignore=shutil.ignore_patterns(".bucketpass"))
    services = yaml.safe_load((ROOT / "examples" / "compose" / "compose.yaml").read_text())["services"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BUCKETPASS_", "PULUMI_"))}
    environment = {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def command(name: str) -> list[str]:
        return shlex.split(services[name]["command"].replace("4570", port).replace("/tmp/", f"{tmp_path}/").replace("$$", "$"))

    def done(words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=tmp_path / "work", env=environment, capture_output=True, text=True, timeout=100, check=False)

    check = services["sandbox"]["healthcheck"]["test"]
    sandbox = subprocess.Popen(command("sandbox"), cwd=tmp_path / "work", env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while done([*check[1:-1], check[-1].replace("4570", port)]).returncode and time.monotonic() < deadline:
            time.sleep(0.1)
        up = done(command("up"))
        assert up.returncode == 0, up.stdout + up.stderr
        trainer = done(command("trainer"))
        assert (trainer.returncode, trainer.stdout) == (0, "0\n"), trainer.stderr
    finally:
        sandbox.terminate()
        sandbox.wait(timeout=30)
