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
from bucketpass.usage.engines.interface import QueryEngine
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
# The key of the table: the operation and the side of a copy, and whether the key did not exist.
_MISSING = "!"
ASKED = f"CASE WHEN error = '{NOT_FOUND}' THEN operation || part || '{_MISSING}' WHEN part <> '' THEN operation || part ELSE operation END"
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
        rows = [(name, kind, *met_by[name]) for name, kind in _KINDS.items() if any(met_by[name]) or kind in ALIKE.values()]
        engine.register("operations", {"name": "string", "kind": "string", **dict.fromkeys(self.columns.values(), "int64")}, rows)
        return " LEFT JOIN operations ON operations.name = events.asked"


def _asked(needs: Iterable[Need]) -> frozenset[tuple[On, str]]:
    return frozenset((need.on, action) for need in needs for action in (need.action, need.versioned) if action is not None)


def _by_name() -> Iterable[tuple[str, str, frozenset[tuple[On, str]]]]:
    for name, operation in OPERATIONS.items():
        yield name, ALIKE.get(name, name), _asked((*operation.needs, *(COPIED_TAGS if name == "CopyObject" else ())))
    for (name, side), alone in SIDES.items():
        yield name + side, name, _asked(OPERATIONS[alone].needs)


# What S3 asks about a key that does not exist is whether the caller may list the bucket, too.
_LISTING = frozenset({(On.BUCKET, "s3:ListBucket")})
_ASKED = {name + end: asked | more for name, _, asked in _by_name() for end, more in (("", frozenset()), (_MISSING, _LISTING))}
_KINDS = {name + end: kind for name, kind, _ in _by_name() for end in ("", _MISSING)}
_ACTIONS = frozenset(action for asked in _ASKED.values() for _, action in asked if action.startswith("s3:"))
