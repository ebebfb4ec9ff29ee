"""What commands over logs have in common: the logs, the engine, where rows are kept meanwhile, and what is said of the reading."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.errors import InvalidInput, MissingExtra
from bucketpass.findings.text import counted

if TYPE_CHECKING:
    from bucketpass.usage.engines.interface import QueryEngine
    from bucketpass.usage.records import Counts
    from bucketpass.usage.store import LogStore

__all__ = ["EXIT_UNREAD", "add_logs", "opened", "report_counts"]

EXIT_UNREAD = 1


def add_logs(parser: argparse.ArgumentParser, *, redact: bool = True) -> None:
    """Teach `parser` the logs and how they are read; and, but for a declaration, which names subjects, that persons are not shown."""
    parser.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help="CloudTrail or S3 access logs: files, folders, or s3://BUCKET/PREFIX; or one table of CloudTrail,"
        " athena://DATABASE/TABLE?results=s3://BUCKET/PREFIX or trino://HOST/CATALOG/SCHEMA/TABLE",
    )
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb", help="what runs the queries (default: duckdb)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where any file, or any record of one, cannot be read")
    if redact:
        parser.add_argument("--redact", action="store_true", help="hash session names, subjects and addresses in the output")


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[tuple[QueryEngine, LogStore]]:
    """The logs as tables, for the time of the block. Raises `MissingExtra`, and `InvalidInput` where no file can be read."""
    for module in ("duckdb", "msgspec", "pyarrow"):
        if find_spec(module) is None:
            raise MissingExtra("usage", module)
    from bucketpass.usage.lake_location import is_lake, lake_engine
    from bucketpass.usage.store import open_store

    if any(map(is_lake, arguments.logs)):
        from bucketpass.usage.lake import lake_store

        if len(arguments.logs) > 1:
            raise InvalidInput("a table behind an engine is read alone", remedy="Name the table, or files.")
        lake = lake_engine(arguments.logs[0], os.environ)
        yield lake, lake_store(lake)
        return
    with tempfile.TemporaryDirectory(prefix="bucketpass-usage-") as folder:
        store = open_store(arguments.logs, Path(folder))
        if store.counts.faults and not store.counts.records:
            report_counts(store.counts)
            raise InvalidInput("none of the files can be read", remedy="Name CloudTrail files or S3 server access logs.")
        engine = _engine(arguments.engine, store)
        try:
            yield engine, store
        finally:
            engine.close()


def _engine(name: str, store: LogStore) -> QueryEngine:
    if name == "spark":
        from bucketpass.usage.engines.spark import SparkEngine

        return SparkEngine(store)
    from bucketpass.usage.engines.duckdb import DuckDbEngine

    return DuckDbEngine(store)


def report_counts(counts: Counts) -> None:
    """Say on standard error what could not be read, a line for each file, and where the records went."""
    for fault in counts.faults:
        print(f"warning: {fault}", file=sys.stderr)
    skipped = ", ".join(f"{number} {reason}" for reason, number in sorted(counts.skipped.items()) if number)
    parts = [
        f"{counted(counts.records, 'record')} in {counted(counts.files, 'file')}:"
        f" {counted(counts.rows, 'S3 request')}, {counted(counts.sessions, 'session')}"
    ]
    parts += [f"{counts.doubled:,} of them copies"] if counts.doubled else []
    parts += [f"skipped: {skipped}"] if skipped else []
    parts += [f"unknown operations: {', '.join(sorted(counts.unknown))}"] if counts.unknown else []
    print("; ".join(parts), file=sys.stderr)
