"""Whether a program was previewed as it is now: an `up` then need not preview it again before it changes anything."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from bucketpass.provision.embedded.program import Program
from bucketpass.version import VERSION

__all__ = ["note_previewed", "was_previewed"]

SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})


def note_previewed(state: Path, program: Program) -> None:
    """Keep beside the state that the program was previewed without a failure."""
    _mark(state).write_text(_digest(program))


def was_previewed(state: Path, program: Program) -> bool:
    """Return whether neither the program, nor its configuration, nor the environment has changed since it was noted."""
    mark = _mark(state)
    return mark.is_file() and mark.read_text() == _digest(program)


def _mark(state: Path) -> Path:
    return state.with_suffix(".previewed")


def _digest(program: Program) -> str:
    """A hash in which no value can be read."""
    facts = [
        [str(program.main), program.project, str(program.python), sorted(program.config.items())],
        *_code(program),
        sorted(os.environ.items()),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _code(program: Program) -> list[object]:
    if program.declaration is not None:
        return [VERSION, hashlib.sha256(program.declaration.read_bytes()).hexdigest()]
    return [sorted(_files(program.root)), sorted(_files(program.main if program.main.is_dir() else program.main.parent))]


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield the path, size and modification time of each file of a program, without hidden files and folders."""
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED]
        for name in files:
            if not name.startswith("."):
                found = (Path(path) / name).lstat()
                yield str(Path(path) / name), found.st_size, found.st_mtime_ns
