"""Statements into documents: merged where that changes nothing, split where a document would be larger than AWS takes.

A statement is a product: principals x actions x resources x the values of a positive condition. Two statements that
differ in one factor only are one statement with the union of that factor, which allows or denies exactly what the two did; and one
statement is two with the halves of a factor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from bucketpass.compile.plan import Origin, TracedDocument, TracedStatement
from bucketpass.errors import Place, QuotaError
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement, policy_size
from bucketpass.policy.operators import Family, SetOperator, parse_operator

__all__ = ["GrantPart", "Row", "least_bytes", "merge", "pack", "size_of", "statements_of", "unite"]


class GrantPart(NamedTuple):
    """What a grant allows, or denies: actions on the resources under the conditions, to the principals; an identity policy names none.

    A plain tuple: there are many more of these than of the statements that they become.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    origins: tuple[Origin, ...]
    principals: tuple[str, ...] = ()
    effect: Effect = Effect.ALLOW


@dataclass(frozen=True, slots=True)
class Factor:
    """One dimension of a statement: its values, and the same statement with other values."""

    values: Callable[[Statement], tuple[str, ...]]
    replaced: Callable[[Statement, tuple[str, ...]], Statement]


@cache
def _matches_any(operator: str) -> bool:
    """True if the operator matches more with each further value: not the negated ones, ForAllValues and Null."""
    parsed = parse_operator(operator)
    if parsed is None or parsed.base.negated or parsed.base.family is Family.NULL:
        return False
    return parsed.set_operator is not SetOperator.FOR_ALL_VALUES


def _values(conditions: tuple[Condition, ...], key: str) -> tuple[str, ...]:
    """The values of the one condition whose key ends so, where its operator matches any of them."""
    found = [condition for condition in conditions if condition.key.endswith(key)]
    return found[0].values if len(found) == 1 and _matches_any(found[0].operator) else ()


def _with_values(conditions: tuple[Condition, ...], key: str, values: tuple[str, ...]) -> tuple[Condition, ...]:
    if [condition for condition in conditions if condition.values is values]:
        return conditions  # as they were
    return tuple(
        Condition(condition.operator, condition.key, values) if condition.key.endswith(key) else condition for condition in conditions
    )


def _condition(key: str) -> Factor:
    return Factor(
        lambda statement: _values(statement.conditions, key),
        lambda statement, values: replace(statement, conditions=_with_values(statement.conditions, key, values)),
    )


PREFIX, CONTEXT = "s3:prefix", "kms:EncryptionContext:aws:s3:arn"
SPLIT = (
    Factor(lambda statement: statement.resources or (), lambda statement, values: replace(statement, resources=values)),
    _condition(PREFIX),
    _condition(CONTEXT),
    Factor(lambda statement: statement.actions or (), lambda statement, values: replace(statement, actions=values)),
    Factor(
        lambda statement: statement.principal.aws if statement.principal else (),
        lambda statement, values: replace(statement, principal=PrincipalElement(aws=values)),
    ),
    _condition(":sub"),
)
EMPTY = policy_size(PolicyDocument(()))

# The values of each factor: resources, prefixes, encryption contexts, actions, principals. Then the conditions as plain tuples without
# the values that are a factor; they keep the operator, since another one reads the same values in another way. Then the conditions
# themselves, and the origins.
Row = tuple[Any, ...]
FACTORS = 5
STATEMENT_LEAST, PRINCIPAL_LEAST, CONDITION_LEAST = map(
    len, ('{"Effect":"Allow","Action":,"Resource":}', ',"Principal":{"AWS":}', ',"Condition":{}')
)


def merge(parts: Iterable[GrantPart]) -> tuple[TracedStatement, ...]:
    """Return the fewest statements that allow and deny exactly the same, in a canonical order. Their origins are united."""
    given = list(parts)
    denied = [part for part in given if part.effect is Effect.DENY]
    if not denied:
        return statements_of(unite(given))
    allowed = [part for part in given if part.effect is Effect.ALLOW]
    return (*statements_of(unite(allowed)), *statements_of(unite(denied), Effect.DENY))


def unite(parts: Iterable[GrantPart]) -> list[Row]:
    """Return what the statements are that `merge` makes of parts of one effect, before it makes them: the larger part of its work."""
    rows = list(map(_row, parts))
    if len(rows) > 1:
        for place in range(FACTORS):
            rows = _merge_by(place, rows)
    return rows


def statements_of(rows: list[Row], effect: Effect = Effect.ALLOW) -> tuple[TracedStatement, ...]:
    """Return the statements of what was united, in a canonical order."""
    principals: dict[tuple[str, ...], PrincipalElement | None] = {(): None}
    return tuple(sorted((_statement(row, effect, principals) for row in rows), key=_order))


def least_bytes(rows: list[Row]) -> int:
    """Return a number of bytes that the statements of the rows have at least, in a policy."""
    size = 0
    for resources, prefixes, contexts, actions, principals, rest, _, _ in rows:
        texts = [*resources, *prefixes, *contexts, *actions, *principals]
        for operator, key, values in rest:
            texts += (operator, key, *values)
        # Each text has its quotes and a comma, a bracket or a colon.
        around = STATEMENT_LEAST + (PRINCIPAL_LEAST if principals else 0) + (CONDITION_LEAST if rest else 0)
        size += around + len("".join(texts)) + 3 * len(texts)
    return size


def _row(part: GrantPart) -> Row:
    actions, resources, conditions, origins, principals, _ = part
    if not conditions:
        return resources, (), (), actions, principals, (), (), origins
    prefixes, contexts = _values(conditions, PREFIX), _values(conditions, CONTEXT)
    factors = ((PREFIX,) if prefixes else ()) + ((CONTEXT,) if contexts else ())
    rest = tuple([(line.operator, line.key, () if factors and line.key.endswith(factors) else line.values) for line in conditions])
    return resources, prefixes, contexts, actions, principals, rest, conditions, origins


def _merge_by(place: int, rows: list[Row]) -> list[Row]:
    if len([row for row in rows if row[place]]) < 2:
        return rows
    groups: dict[object, list[Row]] = {}
    for position, row in enumerate(rows):
        key = (row[:place], row[place + 1 : FACTORS + 1]) if row[place] else position
        if key in groups:
            groups[key].append(row)
        else:
            groups[key] = [row]
    return rows if len(groups) == len(rows) else [group[0] if len(group) == 1 else _united(place, group) for group in groups.values()]


def _united(place: int, group: list[Row]) -> Row:
    values = tuple(sorted({value for row in group for value in row[place]}))
    origins = tuple(dict.fromkeys(origin for row in group for origin in row[-1]))
    return (*group[0][:place], values, *group[0][place + 1 : -1], origins)


def _statement(row: Row, effect: Effect, principals: dict[tuple[str, ...], PrincipalElement | None]) -> TracedStatement:
    resources, prefixes, contexts, actions, arns, _, conditions, origins = row
    if prefixes:
        conditions = _with_values(conditions, PREFIX, prefixes)
    if contexts:
        conditions = _with_values(conditions, CONTEXT, contexts)
    if arns not in principals:
        principals[arns] = PrincipalElement(aws=arns)
    return TracedStatement(Statement(effect, actions, None, resources, None, principals[arns], None, conditions), origins)


def _order(traced: TracedStatement) -> tuple[object, ...]:
    statement = traced.statement
    conditions = tuple([(condition.operator, condition.key, condition.values) for condition in statement.conditions])
    principals = statement.principal.aws if statement.principal else ()
    return statement.actions, statement.resources, conditions, principals


def size_of(traced: TracedStatement) -> int:
    """How many characters the statement adds to a document, with its comma."""
    return policy_size(PolicyDocument((traced.statement,))) - EMPTY + 1


def pack(statements: Iterable[TracedStatement], limit: int) -> tuple[TracedDocument, ...]:
    """Documents of at most `limit` characters that hold all statements in their order; one that does not fit is cut in two.

    Raises `QuotaError` where a statement cannot be made small enough.
    """
    whole = TracedDocument(tuple(statements))
    if not whole.statements:
        return ()
    if policy_size(whole.document) <= limit:
        return (whole,)
    documents: list[list[TracedStatement]] = []
    room = 0
    waiting = list(whole.statements)[::-1]
    while waiting:
        traced = waiting.pop()
        size = size_of(traced)
        if size <= room:
            documents[-1].append(traced)
            room -= size
        elif cut := _cut(traced, room):
            waiting += cut[::-1]
        elif documents and not documents[-1]:
            waiting += _halves(traced, limit)[::-1]
        else:
            documents.append([])
            waiting.append(traced)
            room = limit - EMPTY + 1  # the first statement has no comma
    return tuple(TracedDocument(tuple(document)) for document in documents)


def _cut(traced: TracedStatement, room: int) -> tuple[TracedStatement, TracedStatement] | None:
    """As much of the statement as fits into `room`, and the rest; None where nothing of it fits."""
    factor = _largest(traced)
    values = factor.values(traced.statement)
    left = room - size_of(_with(traced, factor, ()))
    ends = accumulate(len(json.dumps(value, ensure_ascii=False)) + 1 for value in values)
    count = sum(end <= left + 1 for end in ends)  # the last value has no comma
    return (_with(traced, factor, values[:count]), _with(traced, factor, values[count:])) if 0 < count < len(values) else None


def _halves(traced: TracedStatement, limit: int) -> tuple[TracedStatement, TracedStatement]:
    factor = _largest(traced)
    values = factor.values(traced.statement)
    if len(values) < 2:
        origin = traced.origins[0]
        raise QuotaError(
            f"{origin.words}: needs one statement of {size_of(traced)} characters, AWS takes {limit} in a whole policy",
            remedy="shorten its names or prefixes",
            place=Place(path=origin.path),
        )
    middle = len(values) // 2
    return _with(traced, factor, values[:middle]), _with(traced, factor, values[middle:])


def _largest(traced: TracedStatement) -> Factor:
    return max(SPLIT, key=lambda factor: len(factor.values(traced.statement)))


def _with(traced: TracedStatement, factor: Factor, values: tuple[str, ...]) -> TracedStatement:
    return replace(traced, statement=factor.replaced(traced.statement, values))
