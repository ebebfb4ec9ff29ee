"""Conditions over requests that are not known yet: one line of a Condition block as a formula.

The rules are those of `decide.conditions`, operator by operator. Where a key is fixed, or one of finitely many kinds of value,
the line is asked of `decide.conditions` itself, once for each kind; texts and lists of texts become globs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from bucketpass.aws.arn import ARN_PARTS
from bucketpass.decide.conditions import Test, compile_condition
from bucketpass.decide.variables import has_variables
from bucketpass.policy import Condition, Effect, parse_operator, parse_pattern
from bucketpass.policy.operators import Comparison, Family, Operator, SetOperator
from bucketpass.policy.pattern import Part
from bucketpass.prove.keys import Absent, Fixed, FreeList, FreeText, FreeTextOrList, FreeValue, TextValue, contains, present, text_matches
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import (
    FALSE,
    TRUE,
    Constant,
    Formula,
    Some,
    Unmodelled,
    conjunction,
    disjunction,
    negation,
)
from bucketpass.prove.theory.glob import ANY, NOT_COLON, STAR, Glob, Hole, Repeat, Units
from bucketpass.prove.variables import GlobPart, substitute
from bucketpass.requests.request import ContextValue

__all__ = ["holds"]

# What `decide` reads as an ARN: six parts, the first one `arn`.
_ARN_SHAPE = Glob.of(("arn:", *(part for _ in range(ARN_PARTS - 2) for part in (Repeat(NOT_COLON), ":")), STAR))
# Policies can hold no character beyond it, so that lower-casing never joins or splits characters.
_LAST_LATIN_1 = "\xff"

Cases = list[tuple[Formula, Glob | Unmodelled]]


def holds(condition: Condition, request: SymbolicRequest, *, variables: bool, effect: Effect) -> Formula:
    """True of the requests in which the line holds: exactly where `decide.conditions` says so of the request."""
    operator = parse_operator(condition.operator)
    if operator is None:
        return Unmodelled(f"the operator `{condition.operator}`")
    state = request.key(condition.key)
    if isinstance(state, FreeTextOrList):
        key, text, several = condition.key.lower(), FreeText(state.present, state.text), FreeList(state.present, state.variable)
        as_text, as_list = (replace(request, keys={**request.keys, key: one}) for one in (text, several))
        return disjunction(
            conjunction(negation(state.several), holds(condition, as_text, variables=variables, effect=effect)),
            conjunction(state.several, holds(condition, as_list, variables=variables, effect=effect)),
        )
    if operator.base.family is Family.NULL:
        wanted = frozenset(value.lower() == "true" for value in condition.values)
        there = present(state)
        return disjunction(*(negation(there) if absent else there for absent in wanted))
    varying = variables and any(map(_has_variables, condition.values))
    test = _test(condition, variables, effect)
    key = condition.key.lower()

    def asked(value: ContextValue | None) -> bool:
        return test({} if value is None else {key: value})

    match state:
        case Absent() if not varying:
            return Constant(asked(None))
        case Fixed(value) if not varying:
            return Constant(asked(value))
        case FreeValue(there, _, domain, family):
            if varying or family not in (None, operator.base.family):
                return Unmodelled(f"`{condition.operator}` of `{condition.key}`, which is compared in other ways too")
            return disjunction(
                contains((value for value in domain if asked(value)), state), conjunction(negation(there), Constant(asked(None)))
            )
    return _by_text(condition, operator, request, variables=variables, effect=effect)


@lru_cache(maxsize=16384)
def _test(condition: Condition, variables: bool, effect: Effect) -> Test:
    return compile_condition(condition, variables=variables, effect=effect)


@lru_cache(maxsize=65536)
def _parts(value: str, variables: bool, wildcards: bool = True) -> tuple[Part, ...]:
    return parse_pattern(value, variables=variables, wildcards=wildcards)


@lru_cache(maxsize=65536)
def _has_variables(value: str) -> bool:
    return has_variables(parse_pattern(value))


@lru_cache(maxsize=65536)
def _glob(pieces: tuple[GlobPart, ...]) -> Glob:
    return Glob.of(pieces)


def _by_text(condition: Condition, operator: Operator, request: SymbolicRequest, *, variables: bool, effect: Effect) -> Formula:
    state, family, negated = request.key(condition.key), operator.base.family, operator.base.negated
    where_missing = Constant(_WHERE_MISSING[operator.set_operator](operator))
    if family is Family.STRING:
        cases = _string_cases(condition, operator.base.comparison, request, variables=variables)
        if isinstance(state, FreeList):
            return _many(state, operator, where_missing, cases)
        return _one(state, operator, where_missing, lambda matches: _unless(negated, _met(cases, matches)))
    if family is Family.ARN and not isinstance(state, FreeList):
        operands = tuple(_arn_operands(condition, request, variables=variables))

        def verdict(matches: Callable[[Glob], Formula]) -> Formula:
            result: Formula = Constant(negated)
            for decides, group in groupby(reversed(operands), lambda operand: effect is Effect.DENY if operand[1] is None else not negated):
                applies = disjunction(*(when if glob is None else _met([(when, glob)], matches) for when, glob in group))
                result = disjunction(applies, result) if decides else conjunction(negation(applies), result)
            return conjunction(matches(_ARN_SHAPE), result)

        return _one(state, operator, where_missing, verdict)
    return Unmodelled(f"`{condition.operator}` of `{condition.key}`, which is a text or a list")


def _unless(negated: bool, met: Formula) -> Formula:
    return negation(met) if negated else met


def _met(cases: Cases, matches: Callable[[Glob], Formula]) -> Formula:
    return disjunction(*(conjunction(when, glob if isinstance(glob, Unmodelled) else matches(glob)) for when, glob in cases))


# What each kind of operator says of a request without the key.
_WHERE_MISSING: dict[SetOperator | None, Callable[[Operator], bool]] = {
    None: lambda operator: operator.if_exists or operator.base.negated,
    SetOperator.FOR_ALL_VALUES: lambda operator: True,
    SetOperator.FOR_ANY_VALUE: lambda operator: operator.if_exists,
}

Verdict = Callable[[Callable[[Glob], Formula]], Formula]


def _one(state: object, operator: Operator, where_missing: Formula, verdict: Verdict) -> Formula:
    """The line on a key that has one value at most, or whose value is fixed."""
    match state:
        case Absent():
            return where_missing
        case Fixed(str() as value):
            return verdict(lambda glob: _constant_matches(value, glob))
        case Fixed(values):
            # A list without a set operator is false whatever the operator; an empty one is as good as missing.
            verdicts = [verdict(lambda glob, value=value: _constant_matches(value, glob)) for value in values]  # type: ignore[misc]
            return where_missing if not values else FALSE if operator.set_operator is None else _JOIN[operator.set_operator](*verdicts)
        case FreeText(there, text):
            there_and = conjunction(there, verdict(lambda glob: _text_matches(text, glob)))
            return disjunction(there_and, conjunction(negation(there), where_missing))
    return Unmodelled("a key of a kind that is not known")


_JOIN = {SetOperator.FOR_ALL_VALUES: conjunction, SetOperator.FOR_ANY_VALUE: disjunction}


def _many(state: FreeList, operator: Operator, where_missing: Formula, cases: Cases) -> Formula:
    """The line on a key that is a list of texts."""
    if operator.set_operator is None:
        return conjunction(negation(state.present), where_missing)
    if any(when != TRUE or isinstance(glob, Unmodelled) for when, glob in cases):
        return Unmodelled(f"variables in the values of `{state.variable}`, which has several values")
    globs = tuple(glob for _, glob in cases if isinstance(glob, Glob))
    # Some element does what is asked for; or, for all of them, no element does the opposite.
    any_value = operator.set_operator is SetOperator.FOR_ANY_VALUE
    found = Some(state.variable, globs, inside=any_value is not operator.base.negated)
    there_and = conjunction(state.present, found if any_value else negation(found))
    return disjunction(there_and, conjunction(negation(state.present), where_missing))


def _constant_matches(value: str, glob: Glob) -> Formula:
    if not glob.holes:
        return Constant(glob.matches(value))
    return Unmodelled("a fixed text that is compared with a variable")


def _text_matches(text: TextValue, glob: Glob) -> Formula:
    if glob.holes and text.prefix:
        return Unmodelled(f"`{text.prefix}...` compared with a variable")
    return text_matches(text, glob)


def _string_cases(condition: Condition, comparison: Comparison, request: SymbolicRequest, *, variables: bool) -> Cases:
    cases: Cases = []
    for value in condition.values:
        parts = _parts(value, variables, comparison is Comparison.LIKE)
        for when, pieces in substitute(parts, request):
            if isinstance(pieces, Unmodelled) or comparison is not Comparison.EQUAL_IGNORING_CASE:
                cases.append((when, pieces if isinstance(pieces, Unmodelled) else _glob(pieces)))
            else:
                cases.append((when, _ignoring_case(pieces)))
    return cases


def _ignoring_case(pieces: Iterable[GlobPart]) -> Glob | Unmodelled:
    folded: list[GlobPart] = []
    for piece in pieces:
        if not isinstance(piece, str) or max(piece, default="") > _LAST_LATIN_1:
            return Unmodelled("a comparison without regard to case with a variable, or beyond Latin-1")
        folded += [Units(_units_lowered_to(character)) for character in piece.lower()]
    return Glob.of(folded)


@lru_cache(maxsize=512)
def _units_lowered_to(character: str) -> frozenset[str]:
    return frozenset(unit for unit in map(chr, range(0xD800)) if unit.lower() == character)


def _arn_operands(condition: Condition, request: SymbolicRequest, *, variables: bool) -> Iterator[tuple[Formula, Glob | Unmodelled | None]]:
    """The operands as globs, in their order; None for an operand that is not an ARN: it cannot grant, but does match in a Deny."""
    for value in condition.values:
        for when, pieces in substitute(_parts(value, variables), request):
            yield when, pieces if isinstance(pieces, Unmodelled) else _arn_glob(pieces)


@lru_cache(maxsize=65536)
def _arn_glob(pieces: tuple[GlobPart, ...]) -> Glob | Unmodelled | None:
    """The glob of an ARN operand, in which no wildcard of the first five parts crosses a colon; None where it is not an ARN."""
    components: list[list[GlobPart]] = [[]]
    for piece in pieces:
        if isinstance(piece, Hole) and len(components) < ARN_PARTS:
            return Unmodelled("a variable before the last part of an ARN")
        if not isinstance(piece, str):
            components[-1].append(piece)
            continue
        first, *more = piece.split(":", ARN_PARTS - len(components))
        components[-1] += [first] if first else []
        components.extend([text] if text else [] for text in more)
    if len(components) != ARN_PARTS or components[0] not in (["arn"], [STAR]):
        return None
    fenced: list[GlobPart] = ["arn"]
    for component in components[1:-1]:
        fenced.append(":")
        fenced += [Repeat(NOT_COLON) if part == STAR else NOT_COLON if part == ANY else part for part in component]
    return Glob.of([*fenced, ":", *components[-1]])
