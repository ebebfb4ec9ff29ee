"""The queries of this room in other engines' SQL, by sqlglot. Texts are written for DuckDB, in what all of them have."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["translated"]


@lru_cache(maxsize=256)
def translated(text: str, dialect: str) -> str:
    """The query in `dialect` (`spark`, `trino`, `athena`). Parameters stay `?`, in their order."""
    import sqlglot

    (query,) = sqlglot.transpile(text, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
    return query
