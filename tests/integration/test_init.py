"""What `bucketpass init` writes runs at once: the embedded engine makes it at the sandbox, and the service reads its data."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engine_project import endpoint_of
from tests.sandboxes import SandboxWorld

from bucketpass import load
from bucketpass.cli.main import main
from bucketpass.provision.embedded import Program, Stack, up
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow

FLAGS = ("--issuer", "github", "--repository", "acme/eval", "--environment", "production", "--bucket", "datasets", "--prefix", "raw/")


def test_what_init_writes_runs_at_once(tmp_path: Path) -> None:
    assert main(["init", "--directory", str(tmp_path), "--access", "read", "--access", "write", *FLAGS]) == 0
    with Sandbox(SandboxOptions(access=load(tmp_path / "access.yaml"))) as sandbox:
        endpoint = endpoint_of(sandbox)
        program = Program.load(tmp_path, "dev")
        result = up(program, Stack.of(program, "dev"), endpoint)
        assert result.exit_code == 0, result
        world = SandboxWorld(sandbox)
        with world.stack:
            s3 = world.service("service")
            s3.put_object(Bucket="datasets", Key="raw/1", Body=b"one")
            assert s3.get_object(Bucket="datasets", Key="raw/1")["Body"].read() == b"one"


def test_a_person_is_asked_what_the_flags_left_open(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bucketpass", "init", "--directory", str(tmp_path), "--branch", "main", "--repository", "acme/eval"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True) as process:
        os.write(ours, b"\ndatasets\nraw/\n\n")
        said, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    questions = (
        "kind of identity provider [github]",
        "name of the bucket",
        "keys start with [everything]",
        "name of the AI service [service]",
    )
    assert [question for question in questions if f"{question}: " not in said] == []
    access = load(tmp_path / "access.yaml")
    assert access.buckets.keys() == {"datasets"}
    assert access.services["service"].grants[0].prefix == "raw/"
