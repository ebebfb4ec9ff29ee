"""Processes that a test starts."""

import subprocess
from contextlib import suppress
from typing import Any

__all__ = ["end"]

SECONDS = 10


def end(process: subprocess.Popen[Any]) -> None:
    """End the process as a person would, so that it removes its temporary files; kill it where it does not end."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS)
    process.kill()
