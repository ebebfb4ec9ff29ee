from collections.abc import Callable
from pathlib import Path

import pytest

from bucketpass.cli.watch import program_files, watched
from bucketpass.errors import DeclarationError


class Clock:
    """Waits by making the next change, and is interrupted when there is none."""

    def __init__(self, *changes: Callable[[], object]) -> None:
        self._changes = list(changes)

    def __call__(self, seconds: float) -> None:
        if not self._changes:
            raise KeyboardInterrupt
        self._changes.pop(0)()


def test_it_acts_again_after_each_change_and_ends_at_ctrl_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.yaml"
    done: list[str] = []

    def act() -> int:
        done.append(file.read_text() if file.exists() else "missing")
        return len(done)

    clock = Clock(lambda: file.write_text("one"), lambda: None, lambda: file.write_text("three"), file.unlink)
    assert watched(lambda: [file], act, wait=clock) == 4
    assert done == ["missing", "one", "three", "missing"]
    assert "watching 1 file; Ctrl-C ends it" in capsys.readouterr().out


def test_an_error_is_shown_and_watching_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.yaml"

    def act() -> int:
        if not file.exists():
            raise DeclarationError("it does not exist")
        return 0

    assert watched(lambda: [file], act, wait=Clock(lambda: file.write_text("x"))) == 0
    assert "error declaration\n  it does not exist" in capsys.readouterr().err


def test_the_sources_of_a_program_are_watched_and_no_environment(tmp_path: Path) -> None:
    for name in ("__main__.py", "access.yaml", "lib/roles.py", ".bucketpass/stacks/x.json", "venv/pyvenv.cfg", "venv/a.py", "data.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert {str(file.relative_to(tmp_path)) for file in program_files(tmp_path)} == {"__main__.py", "access.yaml", "lib/roles.py"}
