"""A table behind an engine as one of the LOGS: the clients are stand-ins, with DuckDB behind their cursors."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import sqlglot
from tests.json_outputs import validated
from tests.unit.usage.conftest import DECLARATION
from tests.unit.usage.test_lake import RECORDS, table

from bucketpass.cli.main import main
from bucketpass.errors import InvalidInput, MissingExtra
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.lake_location import is_lake, lake_engine

ATHENA = "athena://trails/logs?region=us-east-1&results=s3://results/"
TRINO = "trino://me@lake.example.com:8443/hive/trails/logs"


class AthenaCursor:
    """Takes its parameters as Athena does: literals of SQL, without a type of their own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, operation: str, parameters: Sequence[str], *, paramstyle: str) -> object:
        assert paramstyle == "qmark"
        assert operation.count("?") == len(parameters) + operation.count("?versionId=")
        texts = [one[1:-1].replace("''", "'") if one.startswith("'") else None if one == "NULL" else int(one) for one in parameters]
        return self.connection.execute(sqlglot.transpile(operation, read="athena", write="duckdb")[0], texts)

    def fetchall(self) -> list[tuple[Value, ...]]:
        return self.connection.fetchall()


@pytest.fixture
def athena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The connections that were made, by their arguments."""
    made: list[dict[str, str]] = []
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA trails; USE trails")
        table(connection, RECORDS, tmp_path)

        def connect(**arguments: str) -> object:
            made.append(arguments)
            return SimpleNamespace(cursor=lambda: AthenaCursor(connection))

        monkeypatch.setitem(sys.modules, "pyathena", SimpleNamespace(connect=connect))
        yield made


def test_usage_replay_and_learn_read_a_table(
    athena: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("access.yaml").write_text(DECLARATION)
    Path("other.yaml").write_text(DECLARATION.replace("prefix: raw/", "prefix: other/"))
    assert main(["usage", ATHENA, "--json"]) == 0
    assert validated(capsys.readouterr().out)["grants"][0]["requests"] == 2
    assert main(["replay", ATHENA, "--to", "other.yaml", "--access", "access.yaml", "--json"]) == 2
    assert validated(capsys.readouterr().out)["requests"]["breaks"] == 5
    assert main(["learn", ATHENA]) == 0
    assert "bucketpass-trainer" in capsys.readouterr().out
    assert athena == [{"region_name": "us-east-1", "s3_staging_dir": "s3://results/"}] * 3


def test_trino_is_asked_over_tls_with_the_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, object]] = []

    def connect(**arguments: object) -> object:
        made.append(arguments)
        return SimpleNamespace(cursor=lambda: None)

    auth = SimpleNamespace(BasicAuthentication=lambda *words: words)
    monkeypatch.setitem(sys.modules, "trino", SimpleNamespace(dbapi=SimpleNamespace(connect=connect), auth=auth))
    lake_engine(TRINO, {"TRINO_PASSWORD": "x"})
    lake_engine("trino://lake/hive/trails/logs?scheme=http", {"USER": "me"})
    assert made == [
        {"host": "lake.example.com", "port": 8443, "user": "me", "http_scheme": "https", "auth": ("me", "x")},
        {"host": "lake", "port": 8080, "user": "me", "http_scheme": "http", "auth": None},
    ]
    with pytest.raises(InvalidInput, match="without TLS"):
        lake_engine("trino://lake/hive/trails/logs?scheme=http", {"TRINO_PASSWORD": "x"})


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("athena://trails", "does not name DATABASE and TABLE"),
        ("athena://trails/logs/more?work_group=w", "does not name DATABASE and TABLE"),
        ("athena://trails/lo%22gs?work_group=w", "does not name DATABASE and TABLE"),
        ("athena://aws:cloudtrail/0a1b-eds?work_group=w", "is an event data store of CloudTrail Lake"),
        ("athena://trails/logs", "does not say where Athena puts results"),
        ("athena://trails/logs?worgroup=w", "`worgroup`"),
        ("trino://lake/hive/logs", "does not name CATALOG, SCHEMA and TABLE"),
        ("trino://me:secret@lake/hive/trails/logs", "holds a password"),
    ],
)
def test_an_address_that_is_none_is_a_mistake(address: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for client in ("pyathena", "trino"):
        monkeypatch.setitem(sys.modules, client, SimpleNamespace())
    with pytest.raises(InvalidInput, match=message) as raised:
        lake_engine(address, {})
    assert "secret" not in str(raised.value)


def test_what_the_engine_says_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(**_: str) -> object:
        raise ValueError("no region\nat all")

    monkeypatch.setitem(sys.modules, "pyathena", SimpleNamespace(connect=connect))
    with pytest.raises(InvalidInput, match=r"ValueError: no region \("):
        lake_engine(ATHENA, {})


def test_a_client_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyathena", None)
    with pytest.raises(MissingExtra, match=r"`pyathena` is not installed .*\[usage-athena\]"):
        lake_engine(ATHENA, {})


def test_files_are_no_tables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert [is_lake(log) for log in (ATHENA, TRINO, "s3://bucket/logs", "logs", "athena")] == [True, True, False, False, False]
    (tmp_path / "access.yaml").write_text(DECLARATION)
    assert main(["usage", ATHENA, "logs", "--access", str(tmp_path / "access.yaml")]) == 3
    assert "read alone" in capsys.readouterr().err
