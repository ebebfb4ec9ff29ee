"""The expressions that rows are grouped by: those of each owner of policies, said once for all owners whose policies have one form.

A thousand services are declared in a few forms, which differ in their prefixes and networks alone. So an owner's values go into
a small table that is joined, and SQL has one expression for a form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bucketpass.usage.engines.interface import QueryEngine, Value
from bucketpass.usage.sql import Fragment, joined
from bucketpass.usage.statement_tests import StatementTests

__all__ = ["Grouping"]

_DIGITS = 38  # numbers of 0, 1 and 2 in one integer of 64 bits
_NO_NUMBER, _NO_VALUE = "-1", "''"


@dataclass(slots=True)
class Grouping:
    """Expressions and joins as they are put together."""

    expressions: list[Fragment]
    joins: list[str] = field(default_factory=list)

    def add(self, engine: QueryEngine, column: str, owners: Mapping[str, StatementTests]) -> None:
        """Add the tests of all owners, whose names are in `column` of the events; of every row where it is empty."""
        if not column:
            self.expressions += [*_packed(owners[""].numbers), *owners[""].values]
            return
        table = f"{column}_policies"
        forms: dict[tuple[tuple[str, ...], ...], int] = {}
        rows: list[tuple[str, int, _Slots]] = []
        for name, tests in owners.items():
            slots = _Slots(table)
            values = [Fragment("CAST(") + one + " AS VARCHAR)" for one in tests.values]
            form = tuple(tuple(slots.named(one) for one in expressions) for expressions in (_packed(tests.numbers), values))
            if any(form):
                rows.append((name, forms.setdefault(form, len(forms)), slots))
        if not forms:
            return
        for nothing, by_form in zip((_NO_NUMBER, _NO_VALUE), zip(*forms, strict=True), strict=True):
            for place in range(max(map(len, by_form))):
                whens = [
                    f" WHEN {number} THEN {expressions[place]}" for number, expressions in enumerate(by_form) if place < len(expressions)
                ]
                self.expressions.append(Fragment(f"CASE {table}.form{''.join(whens)} ELSE {nothing} END"))
        _register(engine, table, rows)
        self.joins.append(f" LEFT JOIN {table} ON {table}.owner = events.{column}")


def _packed(tests: Sequence[Fragment]) -> list[Fragment]:
    numbers = list(dict.fromkeys(tests))
    return [
        joined(
            " + ", [Fragment(f"CAST({3**place} AS BIGINT) * (") + one + ")" for place, one in enumerate(numbers[start : start + _DIGITS])]
        )
        for start in range(0, len(numbers), _DIGITS)
    ]


@dataclass(slots=True)
class _Slots:
    """Columns for the values of an owner's expressions, each different value once."""

    table: str
    texts: dict[Value, str] = field(default_factory=dict)
    numbers: dict[Value, str] = field(default_factory=dict)

    def named(self, expression: Fragment) -> str:
        """The expression with columns in place of its parameters."""
        first, *rest = expression.text.split("?")
        return first + "".join(self._column(value) + text for value, text in zip(expression.parameters, rest, strict=True))

    def _column(self, value: Value) -> str:
        kind, slots = ("text", self.texts) if isinstance(value, str) else ("number", self.numbers)
        return slots.setdefault(value, f"{self.table}.{kind}_{len(slots)}")


def _register(engine: QueryEngine, table: str, rows: Sequence[tuple[str, int, _Slots]]) -> None:
    texts, numbers = (max((len(getattr(slots, kind)) for *_, slots in rows), default=0) for kind in ("texts", "numbers"))
    columns = {"owner": "string", "form": "int64"}
    columns |= {f"text_{place}": "string" for place in range(texts)} | {f"number_{place}": "int64" for place in range(numbers)}

    def padded(values: Mapping[Value, str], length: int) -> tuple[Value, ...]:
        return (*values, *[None] * (length - len(values)))

    engine.register(
        table, columns, [(name, form, *padded(slots.texts, texts), *padded(slots.numbers, numbers)) for name, form, slots in rows]
    )
