"""Trino and Amazon Athena, by the DB-API of their Python clients: rows come from a table of CloudTrail, not from files.

Untried: the texts are parsed by the engines' dialects in the tests, and no such engine was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bucketpass.usage.engines.interface import Value
from bucketpass.usage.engines.translate import translated
from bucketpass.usage.sql import Fragment, joined

__all__ = ["Cursor", "TrinoEngine"]

_TYPES = {"int64": "BIGINT", "string": "VARCHAR"}


class Cursor(Protocol):
    """What is used of PEP 249."""

    def execute(self, operation: str, parameters: Sequence[Value]) -> object:
        """Run one statement."""
        ...

    def fetchall(self) -> list[tuple[Value, ...]]:
        """The rows of the statement's result."""
        ...


def _row(values: Sequence[Value], types: Sequence[str]) -> Fragment:
    """The row of VALUES. Numbers are written out: the parameters of a statement are limited in number."""
    texts = [
        f"CAST({value} AS BIGINT)" if isinstance(value, int) else f"CAST(? AS {_TYPES[kind]})"
        for value, kind in zip(values, types, strict=True)
    ]
    return Fragment(f"({', '.join(texts)})", tuple(value for value in values if not isinstance(value, int)))


class TrinoEngine:
    """Queries by a cursor. Small tables of this program travel with each query, as VALUES with parameters.

    tables: what the store's tables are there, as queries of the engine's own SQL (see `lake`). dialect: `trino` or `athena`.
    """

    def __init__(self, cursor: Cursor, tables: Mapping[str, str], dialect: str = "trino") -> None:
        self._cursor = cursor
        self._tables = {name: Fragment(f"{name} AS ({text})") for name, text in tables.items()}
        self._dialect = dialect

    def register(self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Make `rows` known as the table `name`."""
        types = list(columns.values())
        values = joined(", ", [_row(one, types) for one in rows])
        if not rows:
            values = Fragment("(" + ", ".join(f"CAST(NULL AS {_TYPES[kind]})" for kind in types) + ")")
        named = f"{name} AS (SELECT * FROM (VALUES "
        self._tables[name] = Fragment(named) + values + f") AS given({', '.join(columns)}){'' if rows else ' WHERE false'})"

    def run(self, query: Fragment) -> list[tuple[Value, ...]]:
        """The rows that the query gives."""
        used = [table for name, table in self._tables.items() if name in query.text]
        body = Fragment(translated(query.text, self._dialect), query.parameters)
        whole = Fragment("WITH ") + joined(", ", used) + " " + body if used else body
        self._cursor.execute(whole.text, whole.parameters)
        return self._cursor.fetchall()

    def close(self) -> None:
        """The cursor belongs to its owner."""
