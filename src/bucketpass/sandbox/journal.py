"""What was changed, written down in order, so that a sandbox that was killed comes back as it was.

One JSON line a change, written before the change is made and taken back where it fails: where the journal cannot be written nothing
is changed. A line that was cut off by a kill was never answered and is dropped. Each change brings the seed of moto's random names
along, so that a replay makes the same IDs and keys.

What is promised: a change that was answered is there after the process was killed, since the system has the line. It is not
promised after the machine lost power: nothing waits for the disk, because what a sandbox holds can be made again. (The embedded
engine's journal, whose resources cost money, does wait: `bucketpass.provision.embedded.journal`.) A line for which there is no
room is taken back whole, and its change is answered with an error.

The file holds what access keys are made of: it is its owner's alone, as the folder is.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bucketpass.errors import SandboxError

__all__ = ["ChangeJournal", "StateChange"]

FORMAT = 2


@dataclass(frozen=True, slots=True)
class StateChange:
    """One change: which of the state's, with what, and the seed of its random names."""

    kind: str
    seed: int
    arguments: Mapping[str, str | int]


class ChangeJournal:
    """The changes of one account and Region, kept in `directory`. One process has it at a time. Raises SandboxError."""

    def __init__(self, directory: Path, account: str, region: str) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / "changes.jsonl"
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise SandboxError(f"another sandbox uses `{directory}`", remedy="stop it, or choose another --persist folder") from None
        self._before_last = self._head_bytes = 0
        self._check_head({"format": FORMAT, "account": account, "region": region})

    def _check_head(self, head: dict[str, str | int]) -> None:
        self._file.seek(0)
        first = self._file.readline()
        if not first.endswith(b"\n"):
            self._file.truncate(0)
            self._write(head)
            self._head_bytes = self._file.seek(0, os.SEEK_END)
            return
        self._head_bytes = len(first)
        try:
            found = json.loads(first)
        except ValueError:
            found = None
        if found != head:
            self.close()
            raise SandboxError(
                f"`{self._path}` is of another account, Region or release: got `{first[:100].decode(errors='replace').strip()}`",
                remedy="start it as it was made, or choose another --persist folder",
            )

    def changes(self) -> Iterator[StateChange]:
        """What was written down, in order. A last line that is not whole is cut off. Raises SandboxError."""
        whole = 0
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                if number == 1:
                    continue
                try:
                    change = StateChange(**json.loads(line))
                except (ValueError, TypeError):
                    message = f"line {number} of `{self._path}` cannot be read"
                    raise SandboxError(message, remedy="choose another --persist folder") from None
                yield change
        self._file.truncate(whole)

    def append(self, change: StateChange) -> None:
        """Append `change`; it survives the end of the process. Raises SandboxError if the disk is full."""
        self._write(asdict(change))

    def withdraw(self) -> None:
        """The change that was appended last was not made: the journal is as before it."""
        self._file.truncate(self._before_last)

    def clear(self) -> None:
        """No change is written down."""
        self._file.truncate(self._head_bytes)

    def _write(self, value: Mapping[str, object]) -> None:
        line = json.dumps(value).encode() + b"\n"
        end = self._before_last = self._file.seek(0, os.SEEK_END)
        try:
            written = self._file.write(line)
        except OSError:
            written = 0
        if written != len(line):
            self._file.truncate(end)  # half a line would hide every line after it
            raise SandboxError(
                f"no room to write down a change in `{self._path}`", remedy="free some disk space and start the sandbox again"
            )

    def close(self) -> None:
        """Another process may have it."""
        self._file.close()
