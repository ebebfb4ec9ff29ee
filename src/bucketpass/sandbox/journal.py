"""What was changed, written down in order, so that a sandbox that was killed comes back as it was.

One JSON line a change, written before its answer is sent; a line that was cut off by a kill was never answered and is
dropped. Each change brings the seed of moto's random names along, so that a replay makes the same IDs and keys.

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

__all__ = ["Change", "Journal"]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Change:
    """One change: which of the state's, with what, and the seed of its random names."""

    kind: str
    seed: int
    arguments: Mapping[str, str | int]


class Journal:
    """The changes of one account and Region, kept in `directory`. One process has it at a time. Raises SandboxError."""

    def __init__(self, directory: Path, account: str, region: str) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / "changes.jsonl"
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise SandboxError(f"another sandbox uses `{directory}`", remedy="stop it, or choose another --persist folder") from None
        self._check_head({"format": FORMAT, "account": account, "region": region})

    def _check_head(self, head: dict[str, str | int]) -> None:
        self._file.seek(0)
        first = self._file.readline()
        if not first.endswith(b"\n"):
            self._file.truncate(0)
            self._write(head)
            return
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

    def changes(self) -> Iterator[Change]:
        """What was written down, in order. A last line that is not whole is cut off. Raises SandboxError."""
        self._file.seek(0)
        whole = len(self._file.readline())
        for number, line in enumerate(self._file, 2):
            if not line.endswith(b"\n"):
                break
            try:
                change = Change(**json.loads(line))
            except (ValueError, TypeError):
                raise SandboxError(f"line {number} of `{self._path}` cannot be read", remedy="choose another --persist folder") from None
            whole += len(line)
            yield change
        self._file.truncate(whole)

    def append(self, change: Change) -> None:
        """`change` is written down, and still is if the process is killed now."""
        self._write(asdict(change))

    def _write(self, value: Mapping[str, object]) -> None:
        self._file.write(json.dumps(value).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Another process may have it."""
        self._file.close()
