"""Records in a JSON file that loses nothing in a crash.

Two files: `<name>.json` holds all records as of the last `close`, `<name>.journal` the changes since, one JSON line each,
on the disk before `put` returns. Opening reads both; a last line that a crash cut short never happened. Writing a line is as
cheap for a thousand records as for one, which rewriting the file for each would not be.

What is promised: what `put` took is there after a crash of the process and of the machine (`fdatasync`), since a resource that the
state does not have costs money and is not deleted. A line for which there is no room is taken back whole, and `put` raises.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from bucketpass.errors import ProvisionError

__all__ = ["Journal", "JsonObject", "Scratch", "read_records", "write_atomically"]

JsonObject = Mapping[str, object]
FORMAT = 1


class Scratch:
    """A copy of records, whose changes are forgotten with it: a preview's."""

    def __init__(self, records: Mapping[str, JsonObject]) -> None:
        self.records = dict(records)

    def put(self, changes: Mapping[str, JsonObject | None]) -> None:
        """All of `changes` are in the copy."""
        _apply(self.records, changes)


class Journal:
    """Records by key, written by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._guard = _exclusive(path.with_suffix(".lock"))
        self._records, self._changes = _read(path)
        self._file = os.open(path.with_suffix(".journal"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._compact()

    @property
    def records(self) -> Mapping[str, JsonObject]:
        """All records, in the order in which their keys first came."""
        return self._records

    def put(self, changes: Mapping[str, JsonObject | None]) -> None:
        """All of `changes` are on the disk, or (in a crash) none of them. None removes a record."""
        line = json.dumps(changes, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            end = os.lseek(self._file, 0, os.SEEK_END)
            try:
                written = os.write(self._file, line)
            except OSError:
                written = 0
            if written != len(line):
                os.ftruncate(self._file, end)  # half a line would hide every line after it
                raise ProvisionError(f"no room to write the state `{self._path}`", remedy="free some disk space and run again")
            os.fdatasync(self._file)
            _apply(self._records, changes)
            self._changes += 1

    def close(self) -> None:
        """The file holds all records, and another process may open it."""
        with self._lock:
            self._compact()
            os.close(self._file)
            os.close(self._guard)

    def _compact(self) -> None:
        if self._changes:
            # One record a line: `indent` would bring a person no more, and takes ten times as long.
            lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(record)}" for key, record in self._records.items())
            self._keep_the_last()
            write_atomically(self._path, f'{{"records, format {FORMAT}": {{\n{lines}\n}}}}\n'.encode())
            self._changes = 0
        os.ftruncate(self._file, 0)

    def _keep_the_last(self) -> None:
        """The file as it is stays as `.bak`, as Pulumi keeps it. A crash in between leaves both names or the old ones."""
        if self._path.exists():
            draft = self._path.with_suffix(".bak.tmp")
            draft.unlink(missing_ok=True)
            os.link(self._path, draft)
            draft.replace(self._path.with_suffix(".bak"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def write_atomically(path: Path, content: bytes) -> None:
    """`path` has `content`, whole, readable by its owner only; a crash leaves the old content or the new."""
    draft = path.with_suffix(path.suffix + ".tmp")
    # SECURITY: created 0600 from the first byte, so that no other user reads keys or outputs in between.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _exclusive(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ProvisionError(
            f"the stack's state `{path.with_suffix('.json')}` is in use by another run", remedy="wait for it to end, or stop it"
        ) from None
    return descriptor


def read_records(path: Path) -> Mapping[str, JsonObject]:
    """The records of a journal that another process may be writing."""
    return _read(path)[0]


def _read(path: Path) -> tuple[dict[str, JsonObject], int]:
    """The records, and how many changes the journal had to them."""
    journal = path.with_suffix(".journal")
    # The journal first: what a writer moves from it to the file meanwhile is then read twice, and not lost.
    lines = journal.read_bytes().split(b"\n") if journal.exists() else []
    records: dict[str, JsonObject] = {}
    if path.exists():
        try:
            records.update(json.loads(path.read_bytes())[f"records, format {FORMAT}"])
        except (ValueError, KeyError, TypeError):
            raise ProvisionError(
                f"the state `{path}` cannot be read, expected JSON of format {FORMAT}",
                remedy=f"Restore it from `{path.with_suffix('.bak').name}` beside it, which is the state before the last run.",
            ) from None
    changes = 0
    for line in lines:
        try:
            _apply(records, json.loads(line))
        except ValueError:
            break
        changes += 1
    return records, changes


def _apply(records: dict[str, JsonObject], changes: Mapping[str, JsonObject | None]) -> None:
    for key, record in changes.items():
        if record is None:
            records.pop(key, None)
        else:
            records[key] = record
