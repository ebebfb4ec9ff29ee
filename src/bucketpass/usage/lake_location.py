"""Where a table of CloudTrail is, as one of the LOGS of a command: an address, and the connection that it stands for.

::

    athena://DATABASE/TABLE?work_group=primary&region=us-east-1&results=s3://BUCKET/PREFIX
    trino://USER@HOST:PORT/CATALOG/SCHEMA/TABLE

Clients: PyAthena with credentials of boto3's own chain; trino, over TLS where the address has no `?scheme=http`, with the password that
stands in TRINO_PASSWORD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol
from urllib.parse import SplitResult, parse_qsl, urlsplit

from bucketpass.errors import BucketpassError, InvalidInput, MissingExtra
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.engines.trino import Cursor, TrinoEngine
from bucketpass.usage.lake import lake_tables
from bucketpass.usage.sql import quoted

__all__ = ["is_lake", "lake_engine"]

_NAME = re.compile(r"[\w:$-]+", re.ASCII)
_EVENT_DATA_STORES = "aws:cloudtrail"  # the database in which CloudTrail puts them for Athena [A: "Federate an event data store"]
_PARTS = {"athena": ("DATABASE", "TABLE"), "trino": ("CATALOG", "SCHEMA", "TABLE")}
# Field of an address -> argument of pyathena.connect.
_ATHENA = {
    "work_group": "work_group",
    "region": "region_name",
    "results": "s3_staging_dir",
    "profile": "profile_name",
    "catalog": "catalog_name",
}
_REMEDY = "Write athena://DATABASE/TABLE?region=REGION&results=s3://BUCKET/PREFIX or trino://USER@HOST:PORT/CATALOG/SCHEMA/TABLE."


class _Address(NamedTuple):
    url: SplitResult
    parts: tuple[str, ...]
    fields: Mapping[str, str]


def is_lake(log: str) -> bool:
    """Whether the log is a table behind an engine."""
    return any(log.startswith(f"{scheme}://") for scheme in _PARTS)


def lake_engine(log: str, environment: Mapping[str, str]) -> TrinoEngine:
    """Return an engine over the table that the address names.

    Raises `InvalidInput` for an address that is not one, and `MissingExtra` where the client is not installed.
    """
    address = _read(log)
    # SECURITY: names go into SQL as they are; each is one of the few characters above, in quotes.
    table = ".".join(f'"{part}"' for part in address.parts)
    try:
        with _reported(log):
            cursor = _athena(address) if address.url.scheme == "athena" else _trino(address, environment)
    except ImportError as missing:
        raise MissingExtra("usage-athena", missing.name or address.url.scheme) from None
    return TrinoEngine(_Reported(log, cursor), lake_tables(table), address.url.scheme)


@contextmanager
def _reported(log: str) -> Iterator[None]:
    """Raise what a client of the engine raises, which is one of many kinds, as one line about the address."""
    try:
        yield
    except (BucketpassError, ImportError):
        raise
    except Exception as error:
        # PEP 249's errors, botocore's, and those of the network have no common class.
        first = (str(error).strip() or "no message").splitlines()[0]
        raise InvalidInput(
            f"`{log}`: {type(error).__name__}: {first}", remedy="Look at the address, and at the engine's own log."
        ) from None


class _Reported:
    """A cursor whose errors are ours."""

    def __init__(self, log: str, cursor: Cursor) -> None:
        self._log = log
        self._cursor = cursor

    def execute(self, operation: str, parameters: Sequence[Value]) -> object:
        """Run one statement."""
        with _reported(self._log):
            return self._cursor.execute(operation, parameters)

    def fetchall(self) -> list[tuple[Value, ...]]:
        """The rows of the statement's result."""
        with _reported(self._log):
            return [tuple(row) for row in self._cursor.fetchall()]


def _read(log: str) -> _Address:
    url = urlsplit(log)
    names = _PARTS[url.scheme]
    parts = tuple(part for part in ((url.netloc if url.scheme == "athena" else ""), *url.path.split("/")) if part)
    if len(parts) != len(names) or not all(map(_NAME.fullmatch, parts)):
        raise InvalidInput(f"`{_shown(log)}` does not name {', '.join(names[:-1])} and {names[-1]}", remedy=_REMEDY)
    if parts[0] == _EVENT_DATA_STORES:
        raise InvalidInput(
            f"`{log}` is an event data store of CloudTrail Lake: its requestParameters are a map, expected JSON text",
            remedy="Name a table over the trail's files, as `bucketpass usage setup` prints it.",
        )
    if url.password is not None:
        raise InvalidInput(f"`{_shown(log)}` holds a password", remedy="Set TRINO_PASSWORD instead.")
    fields = dict(parse_qsl(url.query))
    known = set(_ATHENA) if url.scheme == "athena" else {"scheme"}
    if unknown := sorted(set(fields) - known):
        raise InvalidInput(f"`{unknown[0]}` in `{log}` is not one of {', '.join(sorted(known))}", remedy=_REMEDY)
    return _Address(url, parts, fields)


def _shown(log: str) -> str:
    return re.sub(r"://([^/@:]*):[^/@]*@", r"://\1:***@", log)


def _athena(address: _Address) -> Cursor:
    import pyathena

    if "results" not in address.fields and "work_group" not in address.fields:
        raise InvalidInput(
            f"`{address.url.geturl()}` does not say where Athena puts results",
            remedy="Add ?results=s3://BUCKET/PREFIX or ?work_group=NAME.",
        )
    return _AthenaCursor(pyathena.connect(**{_ATHENA[name]: value for name, value in address.fields.items()}).cursor())


class _PyAthena(Protocol):
    """What is used of a cursor of PyAthena."""

    def execute(self, operation: str, parameters: list[str], *, paramstyle: str) -> object: ...
    def fetchall(self) -> list[tuple[Value, ...]]: ...


class _AthenaCursor:
    """Athena takes parameters as literals of SQL, on the service's side [A: Athena User Guide, "Use execution parameters"]."""

    def __init__(self, cursor: _PyAthena) -> None:
        self._cursor = cursor

    def execute(self, operation: str, parameters: Sequence[Value]) -> object:
        """Run one statement."""
        literals = ["NULL" if value is None else quoted(value) if isinstance(value, str) else str(value) for value in parameters]
        return self._cursor.execute(operation, literals, paramstyle="qmark")

    def fetchall(self) -> list[tuple[Value, ...]]:
        """The rows of the statement's result."""
        return self._cursor.fetchall()


def _trino(address: _Address, environment: Mapping[str, str]) -> Cursor:
    import trino

    url, plain = address.url, address.fields.get("scheme") == "http"
    password = environment.get("TRINO_PASSWORD")
    if password and plain:
        raise InvalidInput(f"`{url.geturl()}` would send TRINO_PASSWORD without TLS", remedy="Leave ?scheme=http out.")
    connection = trino.dbapi.connect(
        host=url.hostname,
        port=url.port or (8080 if plain else 443),
        user=url.username or environment.get("USER", "bucketpass"),
        http_scheme="http" if plain else "https",
        auth=trino.auth.BasicAuthentication(url.username, password) if password else None,
    )
    cursor: Cursor = connection.cursor()
    return cursor
