"""A table of CloudTrail is the same rows as its files: the queries run on DuckDB, and are parsed by Athena's and Trino's dialects."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pytest
import sqlglot
from tests.cloudtrail_records import s3_record, web_identity_record, write_trail
from tests.unit.usage.conftest import DECLARATION, deployed

from bucketpass.usage.cloudtrail import cloudtrail_rows
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.engines.trino import TrinoEngine
from bucketpass.usage.lake import lake_store, lake_tables
from bucketpass.usage.records import COLUMNS, SESSION_COLUMNS, Counts
from bucketpass.usage.replay import ReplayEffect, replay

READ = s3_record("GetObject", parameters={"key": "raw/a b"})
RECORDS = [
    READ,
    READ,
    s3_record("ListObjects", parameters={"prefix": "raw/", "list-type": "2", "max-keys": "7"}),
    s3_record("CopyObject", parameters={"key": "b", "x-amz-copy-source": "/models/raw/a%20b?versionId=v1"}),
    s3_record("CopyObject", parameters={"key": "b", "x-amz-copy-source": "models/raw/a+b"}),
    s3_record("CopyObject", parameters={"key": "b", "x-amz-copy-source": "models/raw/100%"}),
    s3_record("GetBucketPublicAccessBlock", error="AccessDenied"),
    s3_record("GetObject", error="SlowDown", parameters={"key": "k"}, more={"vpcEndpointId": "vpce-1", "tlsDetails": None}),
    s3_record("MakeCoffee"),
    web_identity_record("bucketpass-trainer", "ASIAEXAMPLE", tags={"team": "t"}),
]
NAMES = (
    *("eventID", "sharedEventID", "eventTime", "eventSource", "eventName", "eventCategory", "recipientAccountId", "sourceIPAddress"),
    *("vpcEndpointId", "errorCode", "requestID", "requestParameters", "responseElements"),
)
LEFT_OUT = {"row_number", "headers"}


@pytest.mark.parametrize("dialect", ["trino", "athena"])
def test_the_queries_are_the_dialects_own(dialect: str) -> None:
    for query in lake_tables("lake.cloudtrail_logs").values():
        sqlglot.parse_one(query, read=dialect)


def table(connection: duckdb.DuckDBPyConnection, records: Iterable[dict[str, object]], folder: Path) -> None:
    """The records as the columns of AWS's table, whose names have no capitals, with functions that only Trino has."""
    flat = []
    for record in records:
        written = {name: json.dumps(record.get(name)) for name in ("requestParameters", "responseElements")}
        flat.append(json.dumps({**record, **written}))
    (folder / "flat.json").write_text("\n".join(flat))
    issuer = "STRUCT(accountId VARCHAR, userName VARCHAR)"
    context = f"STRUCT(sessionIssuer {issuer}, sourceIdentity VARCHAR)"
    identity = ("type", "principalId", "arn", "accountId", "accessKeyId", "userName", "identityProvider", "invokedBy")
    texts = ", ".join(f"{name} VARCHAR" for name in identity)
    columns = dict.fromkeys(NAMES, "VARCHAR")
    columns |= {"userIdentity": f"STRUCT({texts}, sessionContext {context})", "tlsDetails": "STRUCT(tlsVersion VARCHAR)"}
    columns |= {"addendum": "STRUCT(reason VARCHAR, originalEventID VARCHAR)"}
    listed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    connection.execute(
        f"CREATE TABLE logs AS SELECT * FROM read_json('{folder}/flat.json', format='newline_delimited', columns={{{listed}}})"
    )
    connection.execute("CREATE MACRO xxhash64(x) AS hash(x); CREATE MACRO to_utf8(x) AS x")
    connection.execute("CREATE MACRO from_big_endian_64(x) AS CAST(x % 9223372036854775807 AS BIGINT)")
    connection.execute("CREATE MACRO json_format(x) AS CAST(x AS VARCHAR)")
    # As Trino's: a blank for `+`, and an error where `%` encodes nothing. DuckDB's own leaves both as they are.
    connection.execute(
        "CREATE MACRO url_decode(x) AS CASE WHEN regexp_matches(x, '%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)')"
        " THEN CAST(CAST(x || '!' AS BIGINT) AS VARCHAR)"
        " ELSE system.main.url_decode(replace(x, '+', ' ')) END"
    )


def test_a_table_gives_the_rows_and_sessions_of_its_files(tmp_path: Path) -> None:
    rows, sessions = cloudtrail_rows(write_trail(tmp_path, RECORDS), Counts())
    queries = {name: sqlglot.transpile(text, read="trino", write="duckdb")[0] for name, text in lake_tables("logs").items()}
    with duckdb.connect() as connection:
        table(connection, RECORDS, tmp_path)
        found = [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(queries["rows"]).fetchall()]
        entered = connection.execute(queries["sessions"]).fetchall()
    expected = {tuple(row): dict(zip(list(COLUMNS)[1:], row, strict=True)) for row in rows}
    kept = [name for name in COLUMNS if name not in LEFT_OUT]
    assert sorted(str([one[name] for name in kept]) for one in found) == sorted(
        str([one[name] for name in kept]) for one in expected.values()
    )
    assert len({one["row_number"] for one in found}) == len(found) == 7
    (session,) = [dict(zip(SESSION_COLUMNS, row, strict=True)) for row in entered]
    assert {**session, "tags": json.loads(session["tags"])} == {
        **dict(zip(SESSION_COLUMNS, sessions[0], strict=True)),
        "tags": {"team": "t"},
    }


class Cursor:
    """Runs Trino's text on DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, operation: str, parameters: Sequence[Value]) -> object:
        return self.connection.execute(sqlglot.transpile(operation, read="trino", write="duckdb")[0], list(parameters))

    def fetchall(self) -> list[tuple[Value, ...]]:
        return self.connection.fetchall()


def test_a_table_is_replayed_like_its_files(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        table(connection, RECORDS, tmp_path)
        engine = TrinoEngine(Cursor(connection), lake_tables("logs"))
        found = replay(engine, lake_store(engine), deployed(DECLARATION.replace("prefix: raw/", "prefix: other/")), deployed(DECLARATION))
        assert found.requests(ReplayEffect.BREAKS) == 5
        assert lake_store(engine).counts.rows == 7
