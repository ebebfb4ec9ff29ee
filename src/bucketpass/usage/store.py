"""The rows of all logs in one place, with what makes one event of several copies: the tables that every question is put to.

Tables (Parquet below `folder`, the same for every engine): `rows`, `sessions`, `requesters` (the requester fields of access
logs -> principal and session name), `doubled` (numbers of rows that count for nothing).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.usage.ingest import ingest, log_files
from bucketpass.usage.principals import requester_principal
from bucketpass.usage.records import COLUMNS, SESSION_COLUMNS, Counts
from bucketpass.usage.sql import quoted

if TYPE_CHECKING:
    import duckdb

__all__ = ["LogStore", "open_store", "patterns_of", "table_query"]

_ROWS_A_PASS = 5_000_000  # rows whose identities are compared at once: bounds the memory of finding copies
_MEMORY = "700MB"


@dataclass(frozen=True, slots=True)
class LogStore:
    """The tables below `folder`. first, last: seconds since 1970 of the earliest and the latest row, None where there is none."""

    folder: Path
    counts: Counts
    first: int | None
    last: int | None
    has_doubled: bool
    has_requesters: bool
    session_tags: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that there are."""
        return ("rows", "sessions", "doubled", *(["requesters"] if self.has_requesters else []))

    def patterns(self, name: str) -> tuple[str, ...]:
        """The file patterns of a table: one, but for `rows`, whose columns some files do not have."""
        return patterns_of(self.folder, name)


def patterns_of(folder: Path, name: str) -> tuple[str, ...]:
    """The patterns of a table's files below `folder`."""
    if name != "rows":
        return (str(folder / f"{name}.parquet"),)
    return tuple(str(folder / pattern) for pattern in ("rows-*.parquet", "lines-*.parquet") if any(folder.glob(pattern)))


def table_query(patterns: Iterable[str]) -> str:
    """The query, in DuckDB's SQL, for all rows of a table."""
    return " UNION ALL BY NAME ".join(f"SELECT * FROM read_parquet({quoted(pattern)})" for pattern in patterns)


def open_store(logs: Sequence[str], folder: Path, *, processes: int | None = None) -> LogStore:
    """Read all logs into `folder`, which is empty, and find the copies of events among them.

    Raises `InvalidInput` if no log file is found.
    """
    import duckdb

    counts = ingest(log_files(logs, folder), folder, processes=processes)
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {quoted(str(folder / 'spill'))}")
        _fill(connection, folder)
        first, last, access_rows = _one(connection, "SELECT min(time), max(time), count(*) FILTER (WHERE source = 'access-log') FROM rows")
        requesters = _requesters(connection, folder) if access_rows else False
        counts.doubled = _doubled(connection, folder, counts.rows, access_logs=bool(access_rows))
        tags = _sessions(connection, folder)
    return LogStore(folder, counts, first, last, counts.doubled > 0, requesters, tags)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    found = connection.execute(query).fetchone()
    return found if found is not None else ()


def _fill(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The views `rows` and `session_events`, also where no file gave any."""
    types = {"int64": "BIGINT", "string": "VARCHAR"}
    for pattern, columns in (("rows-*.parquet", COLUMNS), ("sessions-*.parquet", SESSION_COLUMNS)):
        if not any(folder.glob(pattern)):
            nothing = ", ".join(f"CAST(NULL AS {types[kind]}) AS {name}" for name, kind in columns.items())
            target = quoted(str(folder / pattern.replace("*", "none")))
            connection.execute(f"COPY (SELECT {nothing} WHERE false) TO {target} (FORMAT parquet)")
    connection.execute(f"CREATE VIEW rows AS {table_query(patterns_of(folder, 'rows'))}")
    connection.execute(f"CREATE VIEW session_events AS {table_query([str(folder / 'sessions-*.parquet')])}")


def _requesters(connection: duckdb.DuckDBPyConnection, folder: Path) -> bool:
    """Write the table `requesters`: one rule in Python for each different text, in place of one in SQL for each row."""
    import pyarrow
    from pyarrow import parquet

    texts = [text for (text,) in connection.execute("SELECT DISTINCT principal FROM rows WHERE source = 'access-log'").fetchall()]
    read = [requester_principal(text) for text in texts]
    table = {"requester": texts, "principal": [one for one, _ in read], "session_name": [one for _, one in read]}
    parquet.write_table(pyarrow.table(table), folder / "requesters.parquet")
    return True


def _doubled(connection: duckdb.DuckDBPyConnection, folder: Path, rows: int, *, access_logs: bool) -> int:
    """Write the table `doubled`; how many rows it has."""
    connection.execute("CREATE TEMP TABLE doubled_rows (row_number BIGINT)")
    passes = max(1, -(-rows // _ROWS_A_PASS))
    for number in range(passes):
        connection.execute(_COPIES, [passes, number])
    connection.execute(_CORRECTED)
    if access_logs:
        connection.execute(_IN_BOTH)
        connection.execute(_BATCHES)
    connection.execute(f"COPY (SELECT DISTINCT row_number FROM doubled_rows) TO {quoted(str(folder / 'doubled.parquet'))} (FORMAT parquet)")
    return _one(connection, "SELECT count(DISTINCT row_number) FROM doubled_rows")[0]


def _sessions(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[str, ...]:
    """Write the table `sessions`, one row for each access key ID; the tag keys that stand in any of them."""
    connection.execute(
        f"COPY (SELECT * FROM session_events QUALIFY row_number() OVER (PARTITION BY access_key_id ORDER BY time DESC) = 1)"
        f" TO {quoted(str(folder / 'sessions.parquet'))} (FORMAT parquet)"
    )
    texts = connection.execute("SELECT DISTINCT tags FROM session_events").fetchall()
    return tuple(sorted({key for (text,) in texts for key in json.loads(text)}))


# What is the same for every copy of one event. In access logs one request has a line for each key of a batch and each side of a copy.
_IDENTITY = "coalesce(event_id, concat_ws(chr(0), request_id, operation, part, object_key, version_id))"
# Copies: same identity. Hashes find the few candidates; the texts themselves decide.
_COPIES = f"""
INSERT INTO doubled_rows SELECT row_number FROM (
  SELECT row_number, row_number() OVER (PARTITION BY {_IDENTITY} ORDER BY row_number) AS copy FROM rows
  WHERE hash({_IDENTITY}) IN (
    SELECT hash({_IDENTITY}) AS identity FROM rows WHERE hash({_IDENTITY}) % ? = ? GROUP BY identity HAVING count(*) > 1)
) WHERE copy > 1"""
# An addendum replaces the event that it corrects.
_CORRECTED = """
INSERT INTO doubled_rows SELECT row_number FROM rows
WHERE event_id IN (SELECT replaces FROM rows WHERE replaces IS NOT NULL)"""
# A request that is in CloudTrail and in an access log: CloudTrail's record says more.
_IN_BOTH = """
INSERT INTO doubled_rows SELECT access.row_number FROM rows AS access JOIN rows AS trail
  ON access.request_id = trail.request_id AND access.operation = trail.operation
WHERE access.source = 'access-log' AND trail.source = 'cloudtrail'"""
# But for DeleteObjects: only the access log knows the keys.
_BATCHES = """
INSERT INTO doubled_rows SELECT row_number FROM rows
WHERE operation = 'DeleteObjects'
  AND request_id IN (SELECT request_id FROM rows WHERE source = 'access-log' AND operation = 'DeleteObject')"""
