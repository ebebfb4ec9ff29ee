"""Which operations a statement can matter for: requests of the others need not be distinguished by it.

A table that is joined has a row for each operation, and a column for each different set of operations: a thousand statements of
the same actions have one column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bucketpass.aws.operations import COPIED_TAGS, OPERATIONS, Need, On
from bucketpass.decide.statement import action_test
from bucketpass.policy.document import Statement
from bucketpass.usage.engines.interface import QueryEngine, Value
from bucketpass.usage.headers import NO_HEADERS
from bucketpass.usage.names import CopyPart
from bucketpass.usage.records import NOT_FOUND

__all__ = ["ALIKE", "ASKED", "KIND", "OF_ANYTHING", "OF_OBJECT", "OF_SOURCE", "SIDES", "OperationGuards"]

OF_ANYTHING = frozenset(On)
OF_SOURCE = frozenset({On.SOURCE, On.SOURCE_KEY})
OF_OBJECT = OF_ANYTHING - OF_SOURCE
# Operations that make the same authorization requests as another one.
ALIKE = {"HeadObject": "GetObject", "ListObjectsV2": "ListObjects"}
# Access logs have a record for each side of a copy: the one reads, the other writes.
SIDES = {
    ("CopyObject", CopyPart.SOURCE.value): "GetObject",
    ("CopyObject", CopyPart.DESTINATION.value): "PutObject",
    ("UploadPartCopy", CopyPart.SOURCE.value): "GetObject",
    ("UploadPartCopy", CopyPart.DESTINATION.value): "UploadPart",
}
# The key of the table: the operation and the side of a copy, whether headers were sent, and whether the key did not exist.
_HEADERS, _MISSING = "+", "!"
_SENT = f"coalesce(headers, '{NO_HEADERS}') <> '{NO_HEADERS}'"
ASKED = (
    f"CASE WHEN part = '' AND NOT {_SENT} AND error <> '{NOT_FOUND}' THEN operation"
    f" ELSE operation || part || CASE WHEN {_SENT} THEN '{_HEADERS}' ELSE '' END"
    f" || CASE WHEN error = '{NOT_FOUND}' THEN '{_MISSING}' ELSE '' END END"
)
KIND = "operations.kind"


@dataclass(slots=True)
class OperationGuards:
    """The sets of operations that statements can matter for, each with its column of the table."""

    columns: dict[frozenset[str], str] = field(default_factory=dict)

    def guard(self, statement: Statement, on: frozenset[On]) -> str | None:
        """Return the test whether a row's operation asks for an action of the statement on one of these resources.

        Empty where every operation of S3 does, None where none does.
        """
        matches = action_test(statement)
        if all(map(matches, _ACTIONS)):
            return ""
        met = frozenset(name for name, asked in _ASKED.items() if any(place in on and matches(action) for place, action in asked))
        return f"operations.{self.columns.setdefault(met, f'meets_{len(self.columns)}')} = 1" if met else None

    def register(self, engine: QueryEngine) -> str:
        """Make the table known, and return its join with events whose column `asked` is `ASKED`: nothing of what has no row is met."""
        met_by = {name: tuple(int(name in met) for met in self.columns) for name in _KINDS}
        rows: list[tuple[Value, ...]] = [
            (name, kind, *met_by[name]) for name, kind in _KINDS.items() if any(met_by[name]) or kind in ALIKE.values()
        ]
        engine.register("operations", {"name": "string", "kind": "string", **dict.fromkeys(self.columns.values(), "int64")}, rows)
        return " LEFT JOIN operations ON operations.name = events.asked"


_Asked = frozenset[tuple[On, str]]
# What S3 asks about a key that does not exist is whether the caller may list the bucket, too.
_LISTING = frozenset({(On.BUCKET, "s3:ListBucket")})


def _asked(needs: Iterable[Need], *, headers: bool) -> _Asked:
    return frozenset(
        (need.on, action) for need in needs if headers or not need.headers for action in (need.action, need.versioned) if action is not None
    )


def _by_name() -> Iterable[tuple[str, str, _Asked]]:
    """Each key of the table, the operation that is decided like it, and what it asks for."""
    copied = {"CopyObject": COPIED_TAGS}
    rows = [(name, ALIKE.get(name, name), (*operation.needs, *copied.get(name, ()))) for name, operation in OPERATIONS.items()]
    rows += [(name + side, name, OPERATIONS[alone].needs) for (name, side), alone in SIDES.items()]
    for name, kind, needs in rows:
        for sent in ("", _HEADERS):
            asked = _asked(needs, headers=bool(sent))
            yield name + sent, kind, asked
            yield name + sent + _MISSING, kind, asked | _LISTING


_KINDS = {name: kind for name, kind, _ in _by_name()}
_ASKED = {name: asked for name, _, asked in _by_name()}
_ACTIONS = frozenset(action for asked in _ASKED.values() for _, action in asked if action.startswith("s3:"))
