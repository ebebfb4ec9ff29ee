"""Policy variables: references to condition keys, replaced by what the request has.

Rules: a substituted text is never a wildcard and never expanded again [D]; a key that is missing without a default, or that
is multi-valued even with one, has no value, and then the pattern it stands in matches nothing [L].
"""

from __future__ import annotations

from bucketpass.decide.context import Context
from bucketpass.policy.pattern import Part, Variable

__all__ = ["has_variables", "substitute"]


def has_variables(parts: tuple[Part, ...]) -> bool:
    """Whether the parts mean different texts for different requests."""
    return any(isinstance(part, Variable) for part in parts)


def substitute(parts: tuple[Part, ...], context: Context) -> tuple[Part, ...] | None:
    """The parts with values for their variables, neighbouring literals joined; None where a variable has no value."""
    found: list[Part] = []
    for part in parts:
        replaced = _value(part, context) if isinstance(part, Variable) else part
        if replaced is None:
            return None
        if isinstance(replaced, str) and found and isinstance(found[-1], str):
            found[-1] += replaced
        elif replaced != "":
            found.append(replaced)
    return tuple(found)


def _value(variable: Variable, context: Context) -> str | None:
    value = context.get(variable.key.lower())
    if value is None:
        return variable.default
    # SECURITY: of several values none is the one; to fall back to the default would let a caller choose what they are.
    return value if isinstance(value, str) else None
