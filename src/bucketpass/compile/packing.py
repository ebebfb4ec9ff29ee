"""Statements into documents: merged where that changes nothing, split where a document would be larger than AWS takes.

An Allow statement is a product: principals x actions x resources x the values of a positive condition. Two statements that
differ in one factor only are one statement with the union of that factor, which allows exactly what the two did; and one
statement is two with the halves of a factor.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace

from bucketpass.compile.plan import TracedDocument, TracedStatement
from bucketpass.errors import QuotaError
from bucketpass.policy import PolicyDocument, PrincipalElement, Statement, policy_size

__all__ = ["merge", "pack", "size_of"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One dimension of a statement: its values, and the same statement with other ones."""

    values: Callable[[Statement], tuple[str, ...]]
    replaced: Callable[[Statement, tuple[str, ...]], Statement]


def _condition(key: str) -> Factor:
    def values(statement: Statement) -> tuple[str, ...]:
        return next((condition.values for condition in statement.conditions if condition.key == key), ())

    def replaced(statement: Statement, values: tuple[str, ...]) -> Statement:
        conditions = (replace(condition, values=values) if condition.key == key else condition for condition in statement.conditions)
        return replace(statement, conditions=tuple(conditions))

    return Factor(values, replaced)


FACTORS = (
    Factor(lambda statement: statement.resources or (), lambda statement, values: replace(statement, resources=values)),
    _condition("s3:prefix"),
    _condition("kms:EncryptionContext:aws:s3:arn"),
    Factor(lambda statement: statement.actions or (), lambda statement, values: replace(statement, actions=values)),
    Factor(
        lambda statement: statement.principal.aws if statement.principal else (),
        lambda statement, values: replace(statement, principal=PrincipalElement(aws=values)),
    ),
)
EMPTY = policy_size(PolicyDocument(()))


def merge(statements: Iterable[TracedStatement]) -> tuple[TracedStatement, ...]:
    """Fewer Allow statements that allow exactly the same, in a canonical order. Their origins are united."""
    merged = list(statements)
    for factor in FACTORS:
        merged = _merge_by(factor, merged)
    return tuple(sorted(merged, key=lambda traced: _order(traced.statement)))


def _merge_by(factor: Factor, statements: list[TracedStatement]) -> list[TracedStatement]:
    groups: dict[Hashable, list[TracedStatement]] = {}
    for position, traced in enumerate(statements):
        has_factor = bool(factor.values(traced.statement))
        groups.setdefault(factor.replaced(traced.statement, ()) if has_factor else position, []).append(traced)
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


def pack(statements: Iterable[TracedStatement], limit: int) -> tuple[TracedDocument, ...]:
    """Documents of at most `limit` characters that hold all statements in their order; a statement too large for one is split.

    Raises `QuotaError` where a statement cannot be made small enough.
    """
    documents: list[list[TracedStatement]] = []
    room = 0
    for traced in statements:
        for part in _parts(traced, limit - EMPTY):
            size = size_of(part)
            if size > room:
                documents.append([])
                room = limit - EMPTY + 1  # the first statement has no comma
            documents[-1].append(part)
            room -= size
    return tuple(TracedDocument(tuple(document)) for document in documents)


def _parts(traced: TracedStatement, limit: int) -> list[TracedStatement]:
    if size_of(traced) - 1 <= limit:
        return [traced]
    factor = max(FACTORS, key=lambda factor: len(factor.values(traced.statement)))
    values = factor.values(traced.statement)
    if len(values) < 2:
        origin = traced.origins[0]
        raise QuotaError(f"{origin.path} ({origin.words}) needs one statement of {size_of(traced)} characters, AWS takes {limit}")
    halves = (values[: len(values) // 2], values[len(values) // 2 :])
    return [part for half in halves for part in _parts(replace(traced, statement=factor.replaced(traced.statement, half)), limit)]
