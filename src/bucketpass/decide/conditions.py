"""Conditions: one line of a Condition block, made into a predicate over the request's context.

Rules ([D] documentation, [L] observed on live AWS):

* AND across lines, OR over the values of one, NOR where the operator is negated [D].
* A missing key: positive false, negated true, IfExists true [D]; ForAllValues true, ForAnyValue false even negated [L].
* A multi-valued key without a set operator is false whatever the operator, with one element too [L].
* An empty text is present [L]. An empty list of policy values meets nothing.
* A request's address or ARN that cannot be read makes the line false, negated too [L]. A number or date that cannot be
  read is unequal, so that the negated line is true [L].
* ARN operands are asked in their order up to the first that matches. One that cannot be read before that cannot grant, but
  does match in a Deny, negated too [L].
* EqualsIgnoreCase compares lower-cased text, not case-folded; characters beyond U+FFFF keep their case [L]. Bool: `true` in
  any case, all else is false [L].

Names in the context are in lower case here: `layers.lower_context` makes them so once a request.
"""

from __future__ import annotations

from collections.abc import Callable

from bucketpass.aws.arn import split_arn
from bucketpass.decide.context import Context, Meets
from bucketpass.decide.variables import has_variables, substitute
from bucketpass.policy.document import Condition, Effect
from bucketpass.policy.operators import Comparison, Family, Operator, SetOperator, parse_operator
from bucketpass.policy.pattern import Matcher, Part, arn_components, compile_parts, parse_pattern
from bucketpass.requests.request import ContextValue

__all__ = ["Test", "compile_condition", "is_present", "lower_case"]

Test = Callable[[Context], bool]


def is_present(value: ContextValue | None) -> bool:
    """Whether the request has the key: an empty text is a value, an empty list is none."""
    return value is not None and value != ()


def compile_condition(condition: Condition, *, variables: bool, effect: Effect) -> Test:
    """A predicate that is true of the contexts in which the condition holds. Raises `PolicyError` for an unknown operator."""
    operator = parse_operator(condition.operator)
    if operator is None:
        from bucketpass.errors import PolicyError

        # SECURITY: an operator that is not understood must never pass for one that holds.
        raise PolicyError(f"unknown condition operator `{condition.operator}`", remedy="use an operator of the IAM policy language")
    key = condition.key.lower()
    if operator.base.family is Family.NULL:
        return _null(key, condition.values)
    return _TESTS[operator.set_operator](key, operator, _verdict(operator, condition.values, variables, effect))


def _null(key: str, values: tuple[str, ...]) -> Test:
    wanted = frozenset(value.lower() == "true" for value in values)
    return lambda context: (not is_present(context.get(key))) in wanted


def _verdict(operator: Operator, values: tuple[str, ...], variables: bool, effect: Effect) -> Callable[[str, Context], bool]:
    """Whether the operator holds for one request value, its negation counted in."""
    base = operator.base
    if base.family is Family.STRING:
        meets = _string_meets(base.comparison, values, variables)
    elif base.family is Family.ARN:
        return _arn_verdict(values, variables, negated=base.negated, effect=effect)
    else:
        # Imported here: numbers, dates and networks take longer to import than most documents to decide.
        from bucketpass.decide.comparisons import MEETS

        meets = MEETS[base.family](base.comparison, values)
    if base.negated:
        return lambda value, context: meets(value, context) is False
    return lambda value, context: meets(value, context) is True


def _single(key: str, operator: Operator, holds: Callable[[str, Context], bool]) -> Test:
    where_missing = operator.if_exists or operator.base.negated

    def test(context: Context) -> bool:
        value = context.get(key)
        if isinstance(value, str):
            return holds(value, context)
        return where_missing and not value

    return test


def _for_all_values(key: str, operator: Operator, holds: Callable[[str, Context], bool]) -> Test:
    return lambda context: all(holds(value, context) for value in _values(context.get(key)))


def _for_any_value(key: str, operator: Operator, holds: Callable[[str, Context], bool]) -> Test:
    where_missing = operator.if_exists

    def test(context: Context) -> bool:
        values = _values(context.get(key))
        return any(holds(value, context) for value in values) if values else where_missing

    return test


_TESTS = {None: _single, SetOperator.FOR_ALL_VALUES: _for_all_values, SetOperator.FOR_ANY_VALUE: _for_any_value}


def _values(value: ContextValue | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value


def _string_meets(comparison: Comparison, values: tuple[str, ...], variables: bool) -> Meets:
    ignoring_case = comparison is Comparison.EQUAL_IGNORING_CASE
    patterns = [parse_pattern(value, variables=variables, wildcards=comparison is Comparison.LIKE) for value in values]
    fixed = [parts for parts in patterns if not has_variables(parts)]
    varying = [parts for parts in patterns if has_variables(parts)]
    fixed_meets = _any_of([compile_parts(_lower(parts) if ignoring_case else parts) for parts in fixed])
    if not varying:
        return (lambda value, context: fixed_meets(lower_case(value))) if ignoring_case else (lambda value, context: fixed_meets(value))

    def meets(value: str, context: Context) -> bool:
        compared = lower_case(value) if ignoring_case else value
        if fixed_meets(compared):
            return True
        substituted = (substitute(parts, context) for parts in varying)
        return any(compile_parts(_lower(parts) if ignoring_case else parts)(compared) for parts in substituted if parts is not None)

    return meets


def _lower(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(lower_case(part) if isinstance(part, str) else part for part in parts)


def lower_case(text: str) -> str:
    """`text` in lower case, but for characters beyond U+FFFF, which keep theirs [L]."""
    lower = text.lower()
    if text.isascii() or max(text) <= "\uffff":
        return lower
    kept = (character for character in text if character > "\uffff")
    return "".join(next(kept) if character > "\uffff" else character for character in lower)


def _any_of(matchers: list[Matcher]) -> Matcher:
    if len(matchers) == 1:
        return matchers[0]
    return lambda text: any(matcher(text) for matcher in matchers)


def _arn_verdict(values: tuple[str, ...], variables: bool, *, negated: bool, effect: Effect) -> Callable[[str, Context], bool]:
    patterns = [parse_pattern(value, variables=variables) for value in values]
    fixed = [None if has_variables(parts) else _arn_matcher(parts) for parts in patterns]
    # SECURITY: what cannot be read grants nothing and denies everything, negated too.
    where_unreadable = effect is Effect.DENY

    def holds(value: str, context: Context) -> bool:
        components = split_arn(value)
        if components is None:
            return False
        for parts, ready in zip(patterns, fixed, strict=True):
            matcher = ready
            if matcher is None:
                substituted = substitute(parts, context)
                if substituted is None:
                    continue
                matcher = _arn_matcher(substituted)
                if matcher is None:
                    return where_unreadable
            if matcher(components):
                return not negated
        return negated

    return holds


def _arn_matcher(parts: tuple[Part, ...]) -> Callable[[list[str]], bool] | None:
    """A matcher for each of the six components, or None where the operand is not an ARN."""
    components = arn_components(parts)
    if components is None:
        return None
    matchers = [compile_parts(component) for component in components]
    return lambda values: all(matcher(value) for matcher, value in zip(matchers, values, strict=True))
