"""DuckDB's engine: tables of the store, and small tables of the program's own."""

from tests.cloudtrail_records import s3_record
from tests.unit.usage.conftest import Opened

from bucketpass.usage.sql import Fragment


def test_tables_of_the_store_and_registered_ones_are_joined(opened: Opened) -> None:
    engine, _ = opened([s3_record("GetObject", parameters={"key": "k"})])
    engine.register("named", {"operation": "string", "number": "int64"}, [("GetObject", 7)])
    query = Fragment("SELECT object_key, number FROM rows JOIN named ON named.operation = rows.operation WHERE object_key = ?", ("k",))
    assert engine.run(query) == [("k", 7)]


def test_an_empty_table_has_its_columns(opened: Opened) -> None:
    engine, _ = opened([])
    engine.register("nothing", {"name": "string"}, [])
    assert engine.run(Fragment("SELECT name FROM nothing")) == []
    assert engine.run(Fragment("SELECT count(*) FROM rows")) == [(0,)]
