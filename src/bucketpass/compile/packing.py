"""Statements into documents: merged where that changes nothing, split where a document would be larger than AWS takes.

A statement is a product: principals x actions x resources x the values of a positive condition. Two statements that
differ in one factor only are one statement with the union of that factor, which allows or denies exactly what the two did; and one
statement is two with the halves of a factor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from bucketpass.compile.plan import TracedDocument, TracedStatement
from bucketpass.errors import Place, QuotaError
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement, Statement, policy_size
from bucketpass.policy.operators import Family, SetOperator, parse_operator

__all__ = ["merge", "pack", "size_of"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One dimension of a statement: its values, everything else of it, and the same statement with other values."""

    values: Callable[[Statement], tuple[str, ...]]
    rest: Callable[[Statement], Hashable]
    replaced: Callable[[Statement, tuple[str, ...]], Statement]


def _condition(key: str) -> Factor:
    """The values of the one condition whose key ends so, where its operator matches any of them."""

    def values(statement: Statement) -> tuple[str, ...]:
        found = [condition for condition in statement.conditions if condition.key.endswith(key)]
        return found[0].values if len(found) == 1 and _matches_any(found[0].operator) else ()

    def rest(statement: Statement) -> Hashable:
        # Without its values, and with its operator: another operator reads the same values in another way.
        conditions = tuple(
            replace(condition, values=()) if condition.key.endswith(key) else condition for condition in statement.conditions
        )
        return statement.actions, statement.resources, statement.principal, conditions

    def replaced(statement: Statement, values: tuple[str, ...]) -> Statement:
        conditions = (replace(condition, values=values) if condition.key.endswith(key) else condition for condition in statement.conditions)
        return replace(statement, conditions=tuple(conditions))

    return Factor(values, rest, replaced)


def _matches_any(operator: str) -> bool:
    """True if the operator matches more with each further value: not the negated ones, ForAllValues and Null."""
    parsed = parse_operator(operator)
    if parsed is None or parsed.base.negated or parsed.base.family is Family.NULL:
        return False
    return parsed.set_operator is not SetOperator.FOR_ALL_VALUES


MERGED = (
    Factor(
        lambda statement: statement.resources or (),
        lambda statement: (statement.actions, statement.principal, statement.conditions),
        lambda statement, values: replace(statement, resources=values),
    ),
    _condition("s3:prefix"),
    _condition("kms:EncryptionContext:aws:s3:arn"),
    Factor(
        lambda statement: statement.actions or (),
        lambda statement: (statement.resources, statement.principal, statement.conditions),
        lambda statement, values: replace(statement, actions=values),
    ),
    Factor(
        lambda statement: statement.principal.aws if statement.principal else (),
        lambda statement: (statement.actions, statement.resources, statement.conditions),
        lambda statement, values: replace(statement, principal=PrincipalElement(aws=values)),
    ),
)
SPLIT = (*MERGED, _condition(":sub"))
EMPTY = policy_size(PolicyDocument(()))
STATEMENT_AROUND = 200  # the names of a statement's elements


def merge(statements: Iterable[TracedStatement]) -> tuple[TracedStatement, ...]:
    """Fewer statements that allow and deny exactly the same, in a canonical order. Their origins are united."""
    by_effect: dict[Effect, list[TracedStatement]] = {effect: [] for effect in Effect}
    for traced in statements:
        by_effect[traced.statement.effect].append(traced)
    return tuple(one for same in by_effect.values() for one in _merge(same))


def _merge(merged: list[TracedStatement]) -> list[TracedStatement]:
    for factor in MERGED:
        if len(merged) > 1:
            merged = _merge_by(factor, merged)
    return sorted(merged, key=lambda traced: _order(traced.statement))


def _merge_by(factor: Factor, statements: list[TracedStatement]) -> list[TracedStatement]:
    carriers = [bool(factor.values(traced.statement)) for traced in statements]
    if sum(carriers) < 2:
        return statements
    groups: dict[Hashable, list[TracedStatement]] = {}
    for position, (traced, carries) in enumerate(zip(statements, carriers, strict=True)):
        groups.setdefault(factor.rest(traced.statement) if carries else position, []).append(traced)
    return [group[0] if len(group) == 1 else _united(factor, group) for group in groups.values()]


def _united(factor: Factor, group: list[TracedStatement]) -> TracedStatement:
    values = {value for traced in group for value in factor.values(traced.statement)}
    origins = dict.fromkeys(origin for traced in group for origin in traced.origins)
    return TracedStatement(factor.replaced(group[0].statement, tuple(sorted(values))), tuple(origins))


def _order(statement: Statement) -> tuple[object, ...]:
    conditions = tuple((condition.operator, condition.key, condition.values) for condition in statement.conditions)
    principals = statement.principal.aws if statement.principal else ()
    return statement.actions or (), statement.resources or (), conditions, principals


def size_of(traced: TracedStatement) -> int:
    """How many characters the statement adds to a document, with its comma."""
    return policy_size(PolicyDocument((traced.statement,))) - EMPTY + 1


def _at_most(traced: TracedStatement) -> int:
    """A number of characters that the statement does not exceed: most documents are so small that nobody need write them to know."""
    statement = traced.statement
    principals = (*statement.principal.aws, *statement.principal.federated) if statement.principal else ()
    values = [*(statement.actions or ()), *(statement.resources or ()), *principals]
    for condition in statement.conditions:
        values += condition.operator, condition.key, *condition.values
    # In JSON a printable character takes two at most, and each text has its quotes, a comma, and brackets or a colon.
    return STATEMENT_AROUND + sum(2 * len(value) + 6 for value in values)


def pack(statements: Iterable[TracedStatement], limit: int) -> tuple[TracedDocument, ...]:
    """Documents of at most `limit` characters that hold all statements in their order; one that does not fit is cut in two.

    Raises `QuotaError` where a statement cannot be made small enough.
    """
    whole = TracedDocument(tuple(statements))
    if not whole.statements:
        return ()
    if sum(map(_at_most, whole.statements)) <= limit - EMPTY or policy_size(whole.document) <= limit:
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
