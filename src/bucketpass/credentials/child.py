"""A command run on somebody's behalf: it gets their signals, and they get its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from bucketpass.errors import InvalidInput

__all__ = ["run_command"]

EXIT_SIGNAL = 128  # as shells have it, and the two below
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
# A terminal sends these to every process in its foreground: passed on, the child would get them twice.
FROM_TERMINAL = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGHUP})


class NotExecutable(InvalidInput):
    """The command exists and cannot be executed."""

    exit_code = 126


class NotFound(InvalidInput):
    """The command does not exist."""

    exit_code = 127


def run_command(
    words: Sequence[str], environment: Mapping[str, str], started: Callable[[subprocess.Popen[bytes]], None] | None = None
) -> int:
    """The command's exit code; 128 and the signal's number where one ended it. `started` is given its process. Raises InvalidInput."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        if number in FROM_TERMINAL and is_foreground():
            return
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    previous = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        child = subprocess.Popen(words, env=environment)  # noqa: S603 - running what the user wrote is what this is for
        for number in early:
            child.send_signal(number)
        if started is not None:
            started(child)
        code = child.wait()
    except FileNotFoundError:
        raise NotFound(f"the program `{words[0]}` does not exist", remedy="see the command after `--`, and PATH") from None
    except OSError as error:
        raise NotExecutable(f"`{words[0]}` cannot be run: {error.strerror}", remedy="see the file's mode and kind") from None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return code if code >= 0 else EXIT_SIGNAL - code


def is_foreground() -> bool:
    """Whether this process is in the foreground of a terminal, which then sends its signals to the child as well."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
