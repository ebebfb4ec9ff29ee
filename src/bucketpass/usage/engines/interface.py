"""What a query engine does for usage. Texts are written for DuckDB; another engine's module translates them by sqlglot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bucketpass.usage.sql import Fragment

__all__ = ["QueryEngine", "Value"]

Value = str | int | None


class QueryEngine(Protocol):
    """Runs queries over the tables of a store and over small tables of this program's own."""

    def register(self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Make `rows` known as the table `name`. Columns have Arrow's types, `int64` and `string`."""
        ...

    def run(self, query: Fragment) -> list[tuple[Value, ...]]:
        """The rows that the query gives."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
