"""Files of recorded rows: which kind each is, and its rows' answers beside the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tests.recorded.conditions import Conditions
from tests.recorded.documents import PolicyWrites, TrustWrites
from tests.recorded.tokens import Tokens
from tests.recorded.wire import Wire, recording_sandbox

Row = Mapping[str, Any]


class UnknownRowsError(Exception):
    """A file's rows are of no kind that is known here."""


class Answer(NamedTuple):
    """What one way of asking answered, in the words of the recording."""

    where: str
    got: str


class Replayer(Protocol):
    """How the rows of one kind are asked."""

    @staticmethod
    def takes(row: Row) -> bool:
        """Whether the row is of this kind."""
        ...

    def expected(self, row: Row) -> str:
        """What AWS answered."""
        ...

    def answers(self, row: Row) -> Iterator[tuple[str, str]]:
        """Where the row was asked, and what was answered."""
        ...

    def asked(self, row: Row) -> str:
        """The row in short."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that is not AWS's."""

    row: int
    where: str
    expected: str
    got: str
    asked: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """A replayed file: its rows, those that agreed everywhere, and the answers that did not."""

    name: str
    rows: int
    differences: tuple[Difference, ...]

    @property
    def agreed(self) -> int:
        return self.rows - len({one.row for one in self.differences})

    def as_json(self) -> dict[str, object]:
        differences = [{name: getattr(one, name) for name in Difference.__slots__} for one in self.differences]
        return {"rows": self.rows, "agreed": self.agreed, "differences": differences}


_KINDS: tuple[type, ...] = (Conditions, PolicyWrites, TrustWrites, Tokens)


def replay_folder(folder: Path) -> list[FileReport]:
    """A report of each JSON file in `folder`. Raises OSError, ValueError or UnknownRowsError for one that cannot be replayed."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise UnknownRowsError(f"no JSON file in `{folder}`")
    files = [(path.name, _rows(path)) for path in paths]
    with recording_sandbox() as wire:
        replayers: dict[type, Replayer] = {}
        return [_replay(name, rows, wire, replayers) for name, rows in files]


def _rows(path: Path) -> list[Row]:
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = found.get("rows") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnknownRowsError(f"`{path}` has no list `rows` of objects")
    return rows


def _replay(name: str, rows: list[Row], wire: Wire, replayers: dict[type, Replayer]) -> FileReport:
    differences = []
    for number, row in enumerate(rows):
        kind = next((kind for kind in _KINDS if kind.takes(row)), None)  # type: ignore[attr-defined]
        if kind is None:
            raise UnknownRowsError(f"row {number} of `{name}` is of no known kind: it has {', '.join(row) or 'nothing'}")
        if kind not in replayers:
            replayers[kind] = kind(wire)
        replayer = replayers[kind]
        expected = replayer.expected(row)
        differences += [
            Difference(number, where, expected, got, replayer.asked(row)) for where, got in replayer.answers(row) if got != expected
        ]
    return FileReport(name, len(rows), tuple(differences))
