"""`--watch`: the same again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bucketpass.cli.show_error import show_error
from bucketpass.cli.terminal import dim, line
from bucketpass.errors import BucketpassError
from bucketpass.findings.text import counted

__all__ = ["add_watch", "program_files", "watched"]

POLL_SECONDS = 0.5
SOURCES = frozenset({".py", ".yaml", ".yml", ".json", ".toml", ".txt"})
MOST_FILES = 5000

State = dict[Path, tuple[int, int]]


def add_watch(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the option."""
    parser.add_argument("--watch", action="store_true", help="do it again whenever a file changes, until Ctrl-C")


def watched(files: Callable[[], Iterable[Path]], act: Callable[[], int], *, wait: Callable[[float], None] = time.sleep) -> int:
    """Act now, and after each change of one of the files. Errors are shown, and watching goes on. Return the last exit code at Ctrl-C."""
    code = 0
    try:
        while True:
            seen = _state(files())
            code = _once(act)
            line(dim(f"{time.strftime('%H:%M:%S')} watching {counted(len(seen), 'file')}; Ctrl-C ends it"), flush=True)
            while _state(files()) == seen:
                wait(POLL_SECONDS)
            line()
    except KeyboardInterrupt:
        return code


def _once(act: Callable[[], int]) -> int:
    try:
        return act()
    except BucketpassError as error:
        show_error(error, as_json=False)
        return error.exit_code


def _state(files: Iterable[Path]) -> State:
    """Size and time of each file; one that is missing has none, which is a state too."""
    found: State = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:
            found[file] = (-1, -1)
        else:
            found[file] = (status.st_mtime_ns, status.st_size)
    return found


def program_files(folder: Path) -> Iterator[Path]:
    """The sources of a program: not what is hidden, and no environments of packages."""
    waiting, count = [folder], 0
    while waiting and count < MOST_FILES:
        for entry in sorted(waiting.pop().iterdir()):
            if entry.name.startswith(".") or entry.name in {"__pycache__", "node_modules"}:
                continue
            if entry.is_dir() and not (entry / "pyvenv.cfg").exists():
                waiting.append(entry)
            elif entry.suffix in SOURCES:
                count += 1
                yield entry
