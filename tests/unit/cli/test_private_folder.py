"""The folder `.bucketpass`."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from bucketpass.cli.private_folder import NAME, make_private_folder


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "program")
    assert stat.S_IMODE((tmp_path / "program" / NAME).stat().st_mode) == 0o700


def test_what_a_person_says_of_it_to_git_stays(tmp_path: Path) -> None:
    make_private_folder(tmp_path)
    (tmp_path / NAME / ".gitignore").write_text("sandbox.*\n")
    make_private_folder(tmp_path)
    assert (tmp_path / NAME / ".gitignore").read_text() == "sandbox.*\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not at hand")
def test_git_does_not_see_it(tmp_path: Path) -> None:
    make_private_folder(tmp_path)
    (tmp_path / NAME / "sandbox.json").write_text("{}")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    seen = subprocess.run(["git", "status", "--short"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert seen.stdout == ""
