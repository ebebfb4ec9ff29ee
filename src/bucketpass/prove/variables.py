"""Policy variables over requests that are not known yet: patterns become globs in which the text of another key stands.

Rules as in `decide.variables`: a key that is missing without a default, or that is multi-valued even with one, has no value,
and then the pattern matches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from bucketpass.policy.pattern import Part, Variable, Wildcard
from bucketpass.prove.keys import Absent, Fixed, FreeList, FreeText, FreeTextOrList, FreeValue, present
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Formula, Unmodelled, conjunction, negation
from bucketpass.prove.theory.glob import ANY, STAR, Hole, Repeat, Units

__all__ = ["GlobPart", "substitute"]

GlobPart = str | Units | Hole | Repeat
_WILDCARDS: dict[Wildcard, GlobPart] = {Wildcard.ANY_TEXT: STAR, Wildcard.ANY_UNIT: ANY}


def substitute(parts: Sequence[Part], request: SymbolicRequest) -> list[tuple[Formula, tuple[GlobPart, ...] | Unmodelled]]:
    """The pattern in each case of its variables' being there: when the case holds, and what the pattern is then."""
    choices = [_values(part, request) if isinstance(part, Variable) else [(TRUE, _written(part))] for part in parts]
    cases: list[tuple[Formula, tuple[GlobPart, ...] | Unmodelled]] = []
    for chosen in product(*choices):
        when = conjunction(*(condition for condition, _ in chosen))
        unknown = next((value for _, value in chosen if isinstance(value, Unmodelled)), None)
        cases.append((when, unknown or tuple(piece for _, value in chosen if not isinstance(value, Unmodelled) for piece in value)))
    return cases


def _written(part: str | Wildcard) -> tuple[GlobPart, ...]:
    return (part,) if isinstance(part, str) else (_WILDCARDS[part],)


def _values(variable: Variable, request: SymbolicRequest) -> list[tuple[Formula, tuple[GlobPart, ...] | Unmodelled]]:
    state = request.key(variable.key)
    default: list[tuple[Formula, tuple[GlobPart, ...] | Unmodelled]] = []
    if variable.default is not None:
        default = [(negation(present(state)), (variable.default,))]
    match state:
        case Absent():
            return default
        case Fixed(str() as value):
            return [(TRUE, (value,))]
        case FreeText(there, text):
            return [(there, (text.prefix, Hole(text.variable))), *default]
        case FreeTextOrList(there, several, text):
            return [(conjunction(there, negation(several)), (text.prefix, Hole(text.variable))), *default]
        case FreeValue(there):
            return [(there, Unmodelled(f"the variable `{variable.key}`, whose value is not a text")), *default]
        case Fixed() | FreeList():
            return default
