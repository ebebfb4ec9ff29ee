"""Rows into classes: requests that no policy distinguishes are counted together, with one whole row as their example.

What few different texts stand for (addresses, VPC endpoints, headers, sessions) is answered in Python, by the engine's own
reading of each condition (`known`); keys and prefixes, which can be millions, by SQL (`statement_tests`). One query then groups
the rows.

The example is one row as it was logged. An example put together from several rows could be a request that nobody made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bucketpass.usage.engines.interface import QueryEngine, Value
from bucketpass.usage.grouping import Grouping
from bucketpass.usage.known import known_lines
from bucketpass.usage.operations import ASKED, KIND, OperationGuards
from bucketpass.usage.policies import OwnedPolicies
from bucketpass.usage.records import COLUMNS, NOT_FOUND
from bucketpass.usage.request import SessionFacts
from bucketpass.usage.sql import Fragment, joined
from bucketpass.usage.statement_tests import KEY, SOURCE, StatementTests, statements_of
from bucketpass.usage.store import LogStore

__all__ = ["Reduction", "RequestClass", "events_of", "reduce_rows"]

_EXAMPLES_A_QUERY = 1000
# What every class has one value of: what became of the requests; whose they are, what they ask for, and what asks for another action.
_BECAME = ("outcome", f"error = '{NOT_FOUND}'")
_GROUPED = (
    *_BECAME,
    *("principal", f"coalesce({KIND}, operation)", "part", "bucket", "source_bucket"),
    *("prefix IS NULL", "version_id IS NOT NULL", "source_version IS NOT NULL"),
)


@dataclass(frozen=True, slots=True)
class RequestClass:
    """Requests with one answer. `row`: the example, by column. first, last: seconds since 1970. `session`: None where not known.

    groups: what identifies the class in SQL.
    """

    row: Mapping[str, Value]
    requests: int
    first: int
    last: int
    session: SessionFacts | None = None
    groups: tuple[Value, ...] = ()

    @property
    def question(self) -> tuple[Value, ...]:
        """What policies are asked: classes of one question differ in what became of their requests alone. Empty for a class by itself."""
        return self.groups[len(_BECAME) :]


@dataclass(frozen=True, slots=True)
class Reduction:
    """The classes, in the order of their examples, and the query over all rows that they are groups of."""

    classes: tuple[RequestClass, ...]
    rows: Fragment
    names: tuple[str, ...]
    events: Fragment


def reduce_rows(
    engine: QueryEngine,
    store: LogStore,
    policies: OwnedPolicies,
    *,
    partition: str = "aws",
    since: int | None = None,
) -> Reduction:
    """The classes of all rows from `since` on."""
    events = events_of(store, since)
    owned = {
        "principal": {name: statements_of(documents) for name, documents in policies.principals.items()},
        "bucket": {name: statements_of(documents) for name, documents in policies.buckets.items()},
        "": {"": statements_of(policies.others)},
    }
    owned["source_bucket"] = owned["bucket"]
    known = known_lines(engine, tuple(dict.fromkeys(one for them in owned.values() for listed in them.values() for one in listed)))
    query, operations = Grouping([Fragment(name) for name in _GROUPED], list(known.joins)), OperationGuards()
    for column, statements in owned.items():
        sides = {"bucket": (KEY,), "source_bucket": (SOURCE,)}.get(column, (KEY, SOURCE))
        tests: dict[str, StatementTests] = {}
        for name, listed in statements.items():
            tests[name] = StatementTests(sides, partition, known.line, known.variables, operations=operations)
            for one in listed:
                tests[name].add(one)
        query.add(engine, column, tests)
    query.joins.append(operations.register(engine))
    names = tuple(f"group_{number}" for number in range(len(query.expressions)))
    grouped = joined(", ", [one + f" AS {name}" for one, name in zip(query.expressions, names, strict=True)])
    rows = Fragment("SELECT events.*, ") + grouped + " FROM " + events + "".join(query.joins)
    text = Fragment(f"SELECT min(row_number), count(*), min(time), max(time), {', '.join(names)} FROM (") + rows
    found = {int(number or 0): rest for number, *rest in engine.run(text + f") AS grouped GROUP BY {', '.join(names)}")}
    classes = []
    for number, row in _examples(engine, events, sorted(found)):
        count, first, last, *groups = found[number]
        session = known.sessions.get(str(row["access_key_id"] or ""))
        figures = (int(count or 0), int(first or 0), int(last or 0))
        classes.append(RequestClass(row, *figures, session, tuple(groups)))
    return Reduction(tuple(classes), rows, names, events)


def events_of(store: LogStore, since: int | None = None) -> Fragment:
    """The rows that count, with principals by name. Each event once."""
    # What S3 asks about a key that does not exist is whether the caller may list under it.
    prefix = f"CASE WHEN rows.error = '{NOT_FOUND}' THEN coalesce(rows.object_key, rows.prefix) ELSE rows.prefix END"
    asked = f", {prefix} AS asked_prefix, {ASKED} AS asked"
    columns, source = "rows.*", "rows"
    if store.has_requesters:
        # Fields of access logs become principals here.
        columns = (
            f"{', '.join(f'rows.{name}' for name in COLUMNS if name not in ('principal', 'session_name'))},"
            " coalesce(requesters.principal, rows.principal) AS principal,"
            " coalesce(requesters.session_name, rows.session_name) AS session_name"
        )
        source += " LEFT JOIN requesters ON rows.source = 'access-log' AND requesters.requester = rows.principal"
    conditions: list[Fragment] = []
    if store.has_doubled:
        conditions.append(Fragment("rows.row_number NOT IN (SELECT row_number FROM doubled)"))
    if since is not None:
        conditions.append(Fragment("rows.time >= ?", (since,)))
    where = Fragment(" WHERE ") + joined(" AND ", conditions) if conditions else Fragment("")
    return Fragment(f"(SELECT {columns}{asked} FROM {source}") + where + ") AS events"


def _examples(engine: QueryEngine, events: Fragment, numbers: Sequence[int]) -> Iterable[tuple[int, Mapping[str, Value]]]:
    columns = list(COLUMNS)
    for start in range(0, len(numbers), _EXAMPLES_A_QUERY):
        some = numbers[start : start + _EXAMPLES_A_QUERY]
        marks = ", ".join("?" for _ in some)
        query = (
            Fragment(f"SELECT {', '.join(columns)} FROM ")
            + events
            + Fragment(f" WHERE row_number IN ({marks}) ORDER BY row_number", tuple(some))
        )
        for row in engine.run(query):
            named = dict(zip(columns, row, strict=True))
            yield int(named["row_number"] or 0), named
