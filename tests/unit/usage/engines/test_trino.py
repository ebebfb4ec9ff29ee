"""Trino and Athena: every query is one that their dialects parse, with its parameters in order. No such engine is asked."""

from collections.abc import Sequence

import pytest
import sqlglot
from tests.cloudtrail_records import s3_record
from tests.unit.usage.conftest import DECLARATION, Opened, deployed

from bucketpass.usage.engines.interface import Value
from bucketpass.usage.engines.trino import TrinoEngine
from bucketpass.usage.policies import policies_of
from bucketpass.usage.reduce import reduce_rows


class Cursor:
    """Remembers what it was asked, and answers what DuckDB answered."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[Value]]] = []

    def execute(self, operation: str, parameters: Sequence[Value]) -> None:
        self.asked.append((operation, parameters))

    def fetchall(self) -> list[tuple[Value, ...]]:
        return []


@pytest.mark.parametrize("dialect", ["trino", "athena"])
def test_every_query_of_a_reduction_is_the_dialects_own(opened: Opened, dialect: str) -> None:
    _, store = opened([s3_record("GetObject", parameters={"key": "raw/a"})])
    cursor = Cursor()
    engine = TrinoEngine(cursor, {name: f"SELECT * FROM lake.{name}" for name in store.tables}, dialect)
    text = DECLARATION.replace("access: write}", "access: write, per: team, conditions: {networks: [198.51.100.0/24]}}").replace(
        "subject: 0oa1trainer}", "subject: 0oa1trainer}\n    session: {tags: [team]}"
    )
    reduce_rows(engine, store, policies_of(deployed(text)), since=5)
    assert len(cursor.asked) > 3
    for query, parameters in cursor.asked:
        (parsed,) = sqlglot.parse(query, read=dialect)
        assert parsed is not None
        assert len(list(parsed.find_all(sqlglot.exp.Placeholder))) == len(parameters)


def test_small_tables_travel_as_parameters() -> None:
    cursor = Cursor()
    engine = TrinoEngine(cursor, {})
    engine.register("given", {"name": "string", "number": "int64"}, [("a'; DROP TABLE x; --", 1), (None, 2)])
    from bucketpass.usage.sql import Fragment

    engine.run(Fragment("SELECT * FROM given WHERE number > ?", (0,)))
    ((query, parameters),) = cursor.asked
    assert "DROP" not in query
    assert parameters == ("a'; DROP TABLE x; --", None, 0)
