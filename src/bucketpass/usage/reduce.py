"""Rows into classes: requests that no policy distinguishes are counted together, with one whole row as their example.

What few different texts stand for (addresses, VPC endpoints, headers, sessions) is put into classes in Python, by the engine's
own reading of each condition; keys and prefixes, which can be millions, by SQL. One query then groups the rows.

The example is one row as it was logged. An example put together from several rows could be a request that nobody made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bucketpass.decide.conditions import compile_condition
from bucketpass.policy.document import Condition, Effect
from bucketpass.policy.values import read_date
from bucketpass.requests.callers import ContextValue
from bucketpass.requests.request import Connection, RequestFacts
from bucketpass.usage.atoms import Atoms
from bucketpass.usage.engines.interface import QueryEngine, Value
from bucketpass.usage.principals import role_principal
from bucketpass.usage.records import COLUMNS
from bucketpass.usage.request import KEY_COLUMNS, SessionFacts, caller_of, is_session_key, lowered
from bucketpass.usage.sql import Fragment, joined
from bucketpass.usage.store import LogStore
from bucketpass.usage.text_classes import object_classes, text_classes

__all__ = ["Reduction", "RequestClass", "events_of", "reduce_rows"]

_EXAMPLES_A_QUERY = 1000
_UNKNOWN_SESSION = -1
NEAR_SECONDS = 5  # a log has the time at which a request ended, in whole seconds


@dataclass(frozen=True, slots=True)
class RequestClass:
    """Requests with one answer. `row`: the example, by column. first, last: seconds since 1970. `session`: None where not known.

    at_bound: its time is so near to a bound of a policy that the log cannot say on which side it was decided. `groups`: what
    identifies the class in SQL.
    """

    row: Mapping[str, Value]
    requests: int
    first: int
    last: int
    session: SessionFacts | None = None
    at_bound: bool = False
    groups: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Reduction:
    """The classes, in the order of their examples, and the query over all rows that they are groups of."""

    classes: tuple[RequestClass, ...]
    rows: Fragment
    names: tuple[str, ...]
    events: Fragment


@dataclass(slots=True)
class _Query:
    """The grouping as it is put together: expressions, and joins of small tables."""

    expressions: list[Fragment] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)


def reduce_rows(
    engine: QueryEngine, store: LogStore, atoms: Atoms, *, partition: str = "aws", since: int | None = None, until: int | None = None
) -> Reduction:
    """The classes of all rows from `since` to before `until`."""
    events = events_of(store, since, until)
    query = _Query([Fragment(name) for name in ("principal", "operation", "part", "bucket", "source_bucket", "source", "outcome", "error")])
    sessions = _sessions(engine, store, atoms, query)
    _requests(engine, store, atoms, query)
    variables = {key: f"session_classes.variable_{number}" for number, key in enumerate(atoms.session_variables())}
    query.expressions += object_classes("bucket", "object_key", atoms.resources, partition, variables)
    query.expressions += object_classes("source_bucket", "source_key", atoms.resources, partition, variables)
    query.expressions += _prefix_classes(atoms, variables)
    query.expressions += _time_classes(atoms)
    names = tuple(f"group_{number}" for number in range(len(query.expressions)))
    grouped = joined(", ", [one + f" AS {name}" for one, name in zip(query.expressions, names, strict=True)])
    rows = Fragment("SELECT events.*, ") + grouped + " FROM " + events + "".join(query.joins)
    text = Fragment(f"SELECT min(row_number), count(*), min(time), max(time), {', '.join(names)} FROM (") + rows
    found = {int(number or 0): rest for number, *rest in engine.run(text + f") AS grouped GROUP BY {', '.join(names)}")}
    bounds = [bound for value in atoms.times if (bound := _seconds(value)) is not None]
    classes = []
    for number, row in _examples(engine, events, sorted(found)):
        count, first, last, *groups = found[number]
        session = sessions.get(str(row["access_key_id"] or ""))
        figures = (int(count or 0), int(first or 0), int(last or 0))
        classes.append(RequestClass(row, *figures, session, _at_bound(row, bounds), tuple(groups)))
    return Reduction(tuple(classes), rows, names, events)


def _at_bound(row: Mapping[str, Value], bounds: Iterable[int]) -> bool:
    return any(abs(int(row["time"] or 0) - bound) <= NEAR_SECONDS for bound in bounds)


def events_of(store: LogStore, since: int | None = None, until: int | None = None) -> Fragment:
    """The rows that count, with principals by name. Each event once."""
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
    if until is not None:
        conditions.append(Fragment("rows.time < ?", (until,)))
    where = Fragment(" WHERE ") + joined(" AND ", conditions) if conditions else Fragment("")
    return Fragment(f"(SELECT {columns} FROM {source}") + where + ") AS events"


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


def _prefix_classes(atoms: Atoms, variables: Mapping[str, str]) -> list[Fragment]:
    found = []
    if atoms.mentions("s3:prefix"):
        found.append(Fragment("CASE WHEN prefix IS NULL THEN 0 WHEN prefix = '' THEN 1 ELSE 2 END"))
        found += [Fragment("prefix")] if atoms.prefix_itself else text_classes("prefix", atoms.prefixes, variables)
    else:
        # Whether a listing names a prefix at all says how far it reaches.
        found.append(Fragment("prefix IS NULL"))
    by_key = {"s3:delimiter": "delimiter", "s3:max-keys": "max_keys", "s3:versionid": "version_id", "s3:x-amz-copy-source": "source_key"}
    found += [Fragment(column) for key, column in by_key.items() if atoms.mentions(key)]
    # A version asks for another action.
    return [*found, Fragment("version_id IS NOT NULL"), Fragment("source_version IS NOT NULL")]


def _time_classes(atoms: Atoms) -> list[Fragment]:
    """How a row stands to each bound: before it, too near to decide, after it."""
    found = []
    for value in atoms.times:
        bound = _seconds(value)
        if bound is None:
            continue
        found.append(Fragment("CASE WHEN time < ? THEN 0 WHEN time > ? THEN 2 ELSE 1 END", (bound - NEAR_SECONDS, bound + NEAR_SECONDS)))
    return found


def _seconds(value: str) -> int | None:
    moment = read_date(value)
    return None if moment is None else int(moment // 1000)


def _requests(engine: QueryEngine, store: LogStore, atoms: Atoms, query: _Query) -> None:
    """Classes of what the network and the headers say, one small table for each."""
    for name, columns, has, keys_of in KEY_COLUMNS:
        mentioned = [key for key in atoms.lines if has(key)]
        if not mentioned:
            continue
        listed = ", ".join(columns)
        distinct = engine.run(Fragment(f"SELECT DISTINCT {listed} FROM rows"))
        lines = [line for key in mentioned for line in atoms.lines[key]]
        numbered = _numbered(((values, keys_of(*values)) for values in distinct), lines)
        types = {**dict.fromkeys(columns, "string"), "class": "int64"}
        engine.register(f"{name}_classes", types, [(*values, number) for values, number in numbered])
        on = " AND ".join(f"{name}_classes.{column} IS NOT DISTINCT FROM events.{column}" for column in columns)
        query.joins.append(f" LEFT JOIN {name}_classes ON {on}")
        query.expressions.append(Fragment(f"{name}_classes.class"))


def _numbered(
    values: Iterable[tuple[tuple[Value, ...], Mapping[str, ContextValue] | None]], lines: Sequence[Condition]
) -> Iterable[tuple[tuple[Value, ...], int]]:
    """Each of the values, which come with their keys, and the number of its class: the same where every line has the same answer."""
    tests = [(line, compile_condition(line, variables=True, effect=Effect.ALLOW)) for line in lines]
    numbers: dict[object, int] = {}
    for one, keys in values:
        # A value of a key that stands in a condition as a variable is a class of its own, since it decides about other texts.
        answer: object = None
        if keys is not None:
            answer = tuple(keys.get(line.key.lower()) if _has_variable(line) else test(keys) for line, test in tests)
        yield one, numbers.setdefault(answer, len(numbers))


def _has_variable(line: Condition) -> bool:
    return any("${" in value for value in line.values)


def _sessions(engine: QueryEngine, store: LogStore, atoms: Atoms, query: _Query) -> dict[str, SessionFacts]:
    """The sessions by access key ID, and the join of their classes where a policy looks at what they bring."""
    facts = {
        str(row[0]): SessionFacts(str(row[1]), str(row[2]), str(row[3]), str(row[4]), json.loads(str(row[5] or "{}")))
        for row in engine.run(Fragment("SELECT access_key_id, provider, subject, audience, source_identity, tags FROM sessions"))
    }
    mentioned = [key for key in atoms.lines if is_session_key(key)]
    variables = atoms.session_variables()
    if mentioned or variables:
        lines = [line for key in mentioned for line in atoms.lines[key]]
        keys_of = {key_id: _session_keys(session) for key_id, session in facts.items()}
        columns = [f"variable_{number}" for number in range(len(variables))]
        rows = [
            (key_id, number, *(_text(keys_of[str(key_id)].get(key)) for key in variables))
            for (key_id,), number in _numbered((((key_id,), keys) for key_id, keys in keys_of.items()), lines)
        ]
        engine.register("session_classes", {"access_key_id": "string", "class": "int64", **dict.fromkeys(columns, "string")}, rows)
        query.joins.append(" LEFT JOIN session_classes ON session_classes.access_key_id = events.access_key_id")
        query.expressions.append(Fragment(f"coalesce(session_classes.class, {_UNKNOWN_SESSION})"))
    if atoms.mentions("aws:userid", "sts:rolesessionname", "aws:principalarn") or atoms.names_sessions:
        query.expressions.append(Fragment("session_name"))
    return facts


def _session_keys(session: SessionFacts) -> Mapping[str, ContextValue]:
    caller = caller_of(role_principal("111122223333", "any"), "any", session)
    keys = lowered(RequestFacts(caller, Connection(), "s3:GetObject")) if caller is not None else {}
    return {key: value for key, value in keys.items() if is_session_key(key)}


def _text(value: ContextValue | None) -> str | None:
    return value if isinstance(value, str) else None
