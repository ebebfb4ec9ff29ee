"""Conditions on what few different texts stand for (addresses, VPC endpoints, TLS, headers, sessions), answered in Python.

Each different text gets one answer for each condition, by the engine's own reading of it: a digit of a text that SQL joins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bucketpass.decide.conditions import compile_condition
from bucketpass.policy.document import Condition, Effect
from bucketpass.policy.pattern import Variable, parse_pattern
from bucketpass.requests.callers import ContextValue
from bucketpass.requests.request import Connection, RequestFacts
from bucketpass.usage.engines.interface import QueryEngine, Value
from bucketpass.usage.principals import role_principal
from bucketpass.usage.request import KEY_COLUMNS, SessionFacts, caller_of, is_session_key, lowered
from bucketpass.usage.sql import Fragment
from bucketpass.usage.statement_tests import TestedStatement, has_variables

__all__ = ["KnownLines", "known_lines"]

_SESSION = "session"
_COLUMNS = 16
_Line = tuple[Condition, bool, Effect]


@dataclass(slots=True)
class KnownLines:
    """The joins of the answers, and the sessions by access key ID. variables: key in lower case -> column of its value.

    columns: the sources whose answers stand in a column each; of others, which have many conditions, they are digits of a text.
    """

    joins: list[str] = field(default_factory=list)
    sessions: dict[str, SessionFacts] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    places: dict[tuple[str, _Line], int] = field(default_factory=dict)

    def line(self, condition: Condition, variables: bool, effect: Effect) -> Fragment:
        """The number of a condition: 2 where it holds, 0 where not, 1 where the log does not say."""
        source = _source(condition)
        place = self.places[source, (condition, variables, effect)]
        digit = Fragment(f"CAST(substr({source}_classes.answers, ?, 1) AS BIGINT)", (place,))
        if source in self.columns:
            digit = Fragment(f"{source}_classes.answer_{place}")
        return Fragment("coalesce(") + digit + ", 1)" if source == _SESSION else digit

    def register(self, engine: QueryEngine, source: str, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Make `rows` known as the answers of a source; the last value of each is its digits."""
        lines = sum(1 for name, _ in self.places if name == source)
        types = dict.fromkeys((*columns, "answers"), "string")
        if lines <= _COLUMNS:
            self.columns.add(source)
            types = dict.fromkeys(columns, "string") | {f"answer_{place}": "int64" for place in range(1, lines + 1)}
            rows = [(*values, *map(int, str(digits))) for *values, digits in rows]
        engine.register(f"{source}_classes", types, rows)


def _source(condition: Condition) -> str:
    key = condition.key.lower()
    return next((one.name for one in KEY_COLUMNS if one.has(key)), _SESSION if is_session_key(key) else "")


def known_lines(engine: QueryEngine, statements: Sequence[TestedStatement]) -> KnownLines:
    """The answers to all conditions of the statements on such keys, registered as tables of the engine."""
    found = KnownLines()
    lines: dict[str, dict[_Line, None]] = {}
    for one in statements:
        for condition in one.statement.conditions:
            if (source := _source(condition)) and not has_variables(condition, one):
                lines.setdefault(source, {})[condition, one.variables, one.statement.effect] = None
    # SQL counts characters of a text from 1.
    found.places = {(source, line): place for source, listed in lines.items() for place, line in enumerate(listed, start=1)}
    for name, columns, _, keys_of in KEY_COLUMNS:
        if name in lines:
            distinct = engine.run(Fragment(f"SELECT DISTINCT {', '.join(columns)} FROM rows"))
            answers = _answers(((values, keys_of(*values)) for values in distinct), list(lines[name]))
            found.register(engine, name, columns, [(*values, text) for values, text in answers])
            on = " AND ".join(f"{name}_classes.{column} IS NOT DISTINCT FROM events.{column}" for column in columns)
            found.joins.append(f" LEFT JOIN {name}_classes ON {on}")
    _add_sessions(engine, statements, list(lines.get(_SESSION, ())), found)
    return found


def _answers(
    values: Iterable[tuple[tuple[Value, ...], Mapping[str, ContextValue] | None]], lines: Sequence[_Line]
) -> Iterable[tuple[tuple[Value, ...], str]]:
    """Each of the values, which come with their keys, and a digit for each line."""
    tests = [compile_condition(condition, variables=variables, effect=effect) for condition, variables, effect in lines]
    for one, keys in values:
        yield one, "1" * len(tests) if keys is None else "".join("2" if test(keys) else "0" for test in tests)


def _add_sessions(engine: QueryEngine, statements: Sequence[TestedStatement], lines: Sequence[_Line], found: KnownLines) -> None:
    found.sessions = {
        str(row[0]): SessionFacts(str(row[1]), str(row[2]), str(row[3]), str(row[4]), json.loads(str(row[5] or "{}")))
        for row in engine.run(Fragment("SELECT access_key_id, provider, subject, audience, source_identity, tags FROM sessions"))
    }
    variables = sorted({key for one in statements for key in _variables(one)})
    if not lines and not variables:
        return
    keys_of = {key_id: _session_keys(session) for key_id, session in found.sessions.items()}
    rows = [
        (key_id, *(value if isinstance(value := keys_of[str(key_id)].get(key), str) else None for key in variables), digits)
        for (key_id,), digits in _answers((((key_id,), keys) for key_id, keys in keys_of.items()), lines)
    ]
    columns = [f"variable_{number}" for number in range(len(variables))]
    found.variables = {key: f"session_classes.{column}" for key, column in zip(variables, columns, strict=True)}
    found.register(engine, _SESSION, ("access_key_id", *columns), rows)
    found.joins.append(" LEFT JOIN session_classes ON session_classes.access_key_id = events.access_key_id")


def _variables(one: TestedStatement) -> Iterable[str]:
    """The keys of sessions that stand as variables in patterns of resources and prefixes."""
    texts = [value for line in one.statement.conditions if "${" in "".join(line.values) for value in line.values]
    patterns = (*one.patterns, *(parse_pattern(text) for text in texts)) if one.variables else ()
    keys = (part.key.lower() for pattern in patterns for part in pattern if isinstance(part, Variable))
    return (key for key in keys if is_session_key(key))


def _session_keys(session: SessionFacts) -> Mapping[str, ContextValue]:
    caller = caller_of(role_principal("111122223333", "any"), "any", session)
    keys = lowered(RequestFacts(caller, Connection(), "s3:GetObject")) if caller is not None else {}
    return {key: value for key, value in keys.items() if is_session_key(key)}
