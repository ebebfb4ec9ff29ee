"""Apache Spark: the same queries over the same files, where one machine is too small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from bucketpass.errors import MissingExtra
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.engines.translate import translated
from bucketpass.usage.sql import Fragment
from bucketpass.usage.store import LogStore

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["SparkEngine"]

_TYPES = {"int64": "BIGINT", "string": "STRING"}


class SparkEngine:
    """Queries over the files of a store, by the Spark session that is active, or a local one."""

    def __init__(self, store: LogStore, session: SparkSession | None = None) -> None:
        try:
            from pyspark.sql import SparkSession as Session
        except ImportError:
            raise MissingExtra("usage-spark", "pyspark") from None
        self._own = session is None and Session.getActiveSession() is None
        # Its progress would stand in the middle of what the command says on standard error.
        builder = Session.builder.appName("bucketpass usage").config("spark.ui.showConsoleProgress", "false")
        self._session = session or builder.getOrCreate()
        if self._own:
            self._session.sparkContext.setLogLevel("ERROR")
        for name in store.tables:
            frames = [self._session.read.parquet(pattern) for pattern in store.patterns(name)]
            reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames).createOrReplaceTempView(name)

    def register(self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Make `rows` known as the table `name`."""
        schema = ", ".join(f"`{column}` {_TYPES[kind]}" for column, kind in columns.items())
        self._session.createDataFrame(list(rows), schema).createOrReplaceTempView(name)

    def run(self, query: Fragment) -> list[tuple[Value, ...]]:
        """The rows that the query gives."""
        return [tuple(row) for row in self._session.sql(translated(query.text, "spark"), args=list(query.parameters)).collect()]

    def close(self) -> None:
        """Stop the session, where this engine started it."""
        if self._own:
            self._session.stop()
