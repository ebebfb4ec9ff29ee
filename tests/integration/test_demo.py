"""The demo as people run it: a process of its own."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from tests.json_outputs import validated

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see what was left running"),
]
COMMAND = [sys.executable, "-m", "bucketpass", "demo"]


def start(*flags: str) -> tuple[subprocess.Popen[str], str]:
    """The demo, and a mark in the environment that everything which it starts carries."""
    mark = f"BUCKETPASS_TEST_MARK={uuid4()}"
    name, _, value = mark.partition("=")
    environment = {**os.environ, name: value}
    return subprocess.Popen([*COMMAND, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment), mark


def running_with(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_text(errors="replace"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def test_the_demo_agrees_on_every_row_and_leaves_nothing_behind() -> None:
    process, mark = start("--json")
    out, err = process.communicate(timeout=90)
    shown = validated(out)
    assert [row for row in shown["rows"] if not row["agreed"]] == []
    assert {row["answered"] for row in shown["rows"]} == {"allowed", "refused"}
    assert (process.returncode, err) == (0, "")
    assert [grant["status"] for grant in shown["grants"]] == ["used"] * 3
    assert running_with(mark) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_ends_at_once_and_leaves_nothing_behind(number: signal.Signals) -> None:
    process, mark = start()
    assert process.stdout is not None
    assert "embedded AWS" in process.stdout.readline()
    assert len(running_with(mark)) > 0
    began = time.monotonic()
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert (process.returncode, err) == (130, "interrupted\n")
    assert running_with(mark) == []
