"""One expression for all owners whose policies have one form."""

from collections.abc import Mapping, Sequence

import duckdb

from bucketpass.usage.engines.interface import Value
from bucketpass.usage.grouping import Grouping
from bucketpass.usage.sql import Fragment, joined
from bucketpass.usage.statement_tests import KEY, StatementTests


class Engine:
    """Keeps what is registered."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[list[str], list[tuple[Value, ...]]]] = {}

    def register(self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Value, ...]]) -> None:
        self.tables[name] = (list(columns), list(rows))

    def run(self, query: Fragment) -> list[tuple[Value, ...]]:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held."""


def numbered(*numbers: Fragment) -> StatementTests:
    return StatementTests((KEY,), "aws", lambda *_: Fragment("2"), {}, list(numbers))


def starts(*heads: str) -> StatementTests:
    return numbered(*(Fragment("starts_with(object_key, ?)", (head,)) for head in heads))


def test_values_stand_in_a_table_and_each_form_once() -> None:
    engine, grouping = Engine(), Grouping([])
    grouping.add(engine, "principal", {"a": starts("x/"), "b": starts("y/"), "c": starts("x/", "z/"), "none": numbered()})
    (expression,) = grouping.expressions
    assert (expression.parameters, expression.text.count("WHEN")) == ((), 2)
    columns, rows = engine.tables["principal_policies"]
    assert columns == ["owner", "form", "text_0", "text_1"]
    assert rows == [("a", 0, "x/", None), ("b", 0, "y/", None), ("c", 1, "x/", "z/")]
    assert grouping.joins == [" LEFT JOIN principal_policies ON principal_policies.owner = events.principal"]


def test_what_every_row_meets_needs_no_table() -> None:
    engine, grouping = Engine(), Grouping([])
    grouping.add(engine, "", {"": starts("x/")})
    grouping.add(engine, "bucket", {"a": numbered()})
    assert (grouping.expressions, engine.tables) == ([Fragment("CAST(1 AS BIGINT) * (starts_with(object_key, ?))", ("x/",))], {})


def test_many_numbers_fit_in_one_integer() -> None:
    with duckdb.connect() as connection:
        grouping = Grouping([])
        grouping.add(Engine(), "", {"": numbered(*(Fragment(f"(2 + 0 * {number})") for number in range(40)))})
        query = joined(", ", grouping.expressions)
        assert connection.execute(f"SELECT {query.text}").fetchall() == [(3**38 - 1, 8)]
