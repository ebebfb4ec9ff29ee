"""DuckDB: a secret that is replaced whenever the keys are."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider
from bucketpass.credentials.values import Credentials

if TYPE_CHECKING:
    import duckdb

__all__ = ["duckdb_secret"]


def duckdb_secret(
    connection: duckdb.DuckDBPyConnection, provider: Provider | None = None, *, name: str = "bucketpass", **settings: str
) -> None:
    """`connection` has a secret of type S3 with the service's keys, now and after each renewal.

    `settings` are DuckDB's own: `region`, `endpoint`, `url_style`, `use_ssl`, `scope` …
    """
    own = provider or service_provider()
    # A cursor of its own: renewals come from the keeper's thread.
    cursor, turn, issued = connection.cursor(), Lock(), 0.0

    def replace(held: Credentials) -> None:
        nonlocal issued
        with turn:
            if held.issued > issued:  # not those that a renewal has overtaken meanwhile
                create(held)
                issued = held.issued

    def create(held: Credentials) -> None:
        values = {
            "key_id": held.access_key_id,
            "secret": held.secret_access_key.reveal(),
            "session_token": held.session_token.reveal(),
            **settings,
        }
        fields = ", ".join(f"{field} {literal(value)}" for field, value in values.items())
        cursor.execute(f"CREATE OR REPLACE SECRET {identifier(name)} (TYPE s3, {fields})")

    own.subscribe(replace)
    replace(own.current())


def literal(value: str) -> str:
    """A string of SQL. DuckDB takes no parameters in CREATE SECRET."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name of SQL."""
    return '"' + name.replace('"', '""') + '"'
