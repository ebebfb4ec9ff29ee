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
from operator import itemgetter
from typing import NamedTuple

from bucketpass.compile.plan import Origin, TracedDocument, TracedStatement
from bucketpass.errors import Place, QuotaError
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement, policy_size
from bucketpass.policy.operators import Family, SetOperator, parse_operator

__all__ = ["GrantPart", "Line", "grant_part", "may_fit", "merge", "pack", "size_of", "statements_of", "to_principals", "unite"]


Line = tuple[str, str, tuple[str, ...]]  # a condition, as plain as what it is a part of: operator, key, values


class GrantPart(NamedTuple):
    """What a grant allows, or denies, as a product: the values of each factor, and what else it says.

    A plain tuple: there are many more of these than of the statements that they become. The factors are `resources`, the values of a
    condition on `s3:prefix` (`prefixes`) and on the encryption context (`contexts`), `actions`, and `principals`, which an identity
    policy does not name. lines: the conditions, without the values that are a factor; they keep the operator, since another one reads
    the same values in another way.
    """

    resources: tuple[str, ...]
    prefixes: tuple[str, ...]
    contexts: tuple[str, ...]
    actions: tuple[str, ...]
    principals: tuple[str, ...]
    lines: tuple[Line, ...]
    denies: bool
    origins: tuple[Origin, ...]


def grant_part(
    actions: tuple[str, ...], resources: tuple[str, ...], lines: tuple[Line, ...], origins: tuple[Origin, ...], *, denies: bool = False
) -> GrantPart:
    """Return what stands for a statement without principals."""
    if not lines:
        return GrantPart(resources, (), (), actions, (), (), denies, origins)
    if len(lines) > 1:
        lines = tuple(sorted(lines))
    prefixes, contexts = _factor_values(lines, PREFIX), _factor_values(lines, CONTEXT)
    factors = ((PREFIX,) if prefixes else ()) + ((CONTEXT,) if contexts else ())
    if factors:
        lines = tuple([(operator, key, () if key.endswith(factors) else values) for operator, key, values in lines])
    return GrantPart(resources, prefixes, contexts, actions, (), lines, denies, origins)


def to_principals(part: GrantPart, principals: tuple[str, ...]) -> GrantPart:
    """Return the same for these principals, as a resource's policy names them."""
    return GrantPart._make((*part[:4], principals, *part[5:]))


def _factor_values(lines: tuple[Line, ...], ending: str) -> tuple[str, ...]:
    """The values of the one condition whose key ends so, where its operator matches any of them."""
    found = [line for line in lines if line[1].endswith(ending)]
    return found[0][2] if len(found) == 1 and _matches_any(found[0][0]) else ()


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


def _condition(ending: str) -> Factor:
    def values_of(statement: Statement) -> tuple[str, ...]:
        return _factor_values(tuple((line.operator, line.key, line.values) for line in statement.conditions), ending)

    def replaced(statement: Statement, values: tuple[str, ...]) -> Statement:
        conditions = (replace(line, values=values) if line.key.endswith(ending) else line for line in statement.conditions)
        return replace(statement, conditions=tuple(conditions))

    return Factor(values_of, replaced)


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

FACTORS, SAME = 5, 7  # the factors of a part, and how much of it has to be the same in two that are merged by one factor
STATEMENT_LEAST, PRINCIPAL_LEAST, CONDITION_LEAST = map(
    len, ('{"Effect":"Allow","Action":,"Resource":}', ',"Principal":{"AWS":}', ',"Condition":{}')
)


def merge(parts: Iterable[GrantPart]) -> tuple[TracedStatement, ...]:
    """Return the fewest statements that allow and deny exactly the same, in a canonical order. Their origins are united."""
    return statements_of(unite(parts))


def unite(parts: Iterable[GrantPart]) -> list[GrantPart]:
    """Return what `merge` makes statements of: the parts with as many values of each factor together as can be."""
    alike: dict[object, list[GrantPart]] = {}
    for part in parts:
        alike.setdefault(part[FACTORS:SAME], []).append(part)
    return [part for group in alike.values() for part in _united_by_factors(group)]


def _united_by_factors(parts: list[GrantPart]) -> list[GrantPart]:
    # Two parts that are merged by one factor are the same in all others: where a factor differs in all, no other one can merge any.
    different = [place for place in range(FACTORS) if len({part[place] for part in parts}) == len(parts)]
    if len(different) > 1:
        return parts
    for place in range(different[0] if different else 0, FACTORS):
        if any(part[place] for part in parts):
            parts = _merge_by(place, parts)
    return parts


def statements_of(parts: list[GrantPart]) -> tuple[TracedStatement, ...]:
    """Return the statements of what was united, in a canonical order: those that deny stand last."""
    principals: dict[tuple[str, ...], PrincipalElement | None] = {(): None}
    return tuple([traced for _, traced in sorted([_statement(part, principals) for part in parts], key=itemgetter(0))])


def may_fit(parts: list[GrantPart], limit: int) -> bool:
    """Return whether the statements of the parts have, by the least that can be said of them, at most `limit` bytes in a policy."""
    size = 0
    for resources, prefixes, contexts, actions, principals, lines, _, _ in parts:
        texts = [*resources, *prefixes, *contexts, *actions, *principals]
        for operator, key, values in lines:
            texts += (operator, key, *values)
        # Each text has its quotes and a comma, a bracket or a colon.
        around = STATEMENT_LEAST + (PRINCIPAL_LEAST if principals else 0) + (CONDITION_LEAST if lines else 0)
        size += around + len("".join(texts)) + 3 * len(texts)
        if size > limit:
            return False
    return True


def _merge_by(place: int, parts: list[GrantPart]) -> list[GrantPart]:
    groups: dict[object, list[GrantPart]] = {}
    for position, part in enumerate(parts):
        groups.setdefault((part[:place], part[place + 1 : FACTORS]) if part[place] else position, []).append(part)
    return parts if len(groups) == len(parts) else [group[0] if len(group) == 1 else _united(place, group) for group in groups.values()]


def _united(place: int, group: list[GrantPart]) -> GrantPart:
    factor = itemgetter(place)
    values = tuple(sorted({value for part in group for value in factor(part)}))
    origins = tuple(dict.fromkeys([origin for part in group for origin in part.origins]))
    return GrantPart._make((*group[0][:place], values, *group[0][place + 1 : -1], origins))


def _statement(part: GrantPart, principals: dict[tuple[str, ...], PrincipalElement | None]) -> tuple[tuple[object, ...], TracedStatement]:
    """The statement of a part, and before it what it is sorted by."""
    resources, prefixes, contexts, actions, arns, lines, denies, origins = part
    for factor, factor_values in ((PREFIX, prefixes), (CONTEXT, contexts)):
        if factor_values:
            lines = tuple([(operator, key, factor_values if key.endswith(factor) else values) for operator, key, values in lines])
    if arns not in principals:
        principals[arns] = PrincipalElement(aws=arns)
    conditions = tuple([Condition(*line) for line in lines]) if lines else ()
    effect = Effect.DENY if denies else Effect.ALLOW
    statement = Statement(effect, actions, None, resources, None, principals[arns], None, conditions)
    return (denies, actions, resources, lines, arns), TracedStatement(statement, origins)


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
