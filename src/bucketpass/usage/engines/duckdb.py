"""DuckDB, in this process: the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bucketpass.usage.engines.interface import Value
from bucketpass.usage.sql import Fragment, quoted
from bucketpass.usage.store import LogStore, table_query

__all__ = ["DuckDbEngine"]

_MEMORY = "700MB"


class DuckDbEngine:
    """Queries over the files of a store. Larger intermediate results go to a folder beside them."""

    def __init__(self, store: LogStore) -> None:
        import duckdb

        self._connection = duckdb.connect()
        self._connection.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {quoted(str(store.folder / 'spill'))}")
        for name in store.tables:
            self._connection.execute(f"CREATE VIEW {name} AS {table_query(store.patterns(name))}")

    def register(self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Make `rows` known as the table `name`."""
        import pyarrow

        values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        arrays = [pyarrow.array(column, type=kind) for column, kind in zip(values, columns.values(), strict=True)]
        self._connection.register(name, pyarrow.Table.from_arrays(arrays, names=list(columns)))

    def run(self, query: Fragment) -> list[tuple[Value, ...]]:
        """The rows that the query gives."""
        return self._connection.execute(query.text, list(query.parameters)).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
