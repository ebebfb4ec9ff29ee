"""What policies can distinguish: every test that any of their statements makes of a request.

Two requests that no test distinguishes get the same decision, whatever the policies are combined to. So one decision for each
combination of answers (`reduce`) is exact, and there are as many as the policies distinguish, however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bucketpass.policy.document import Condition, PolicyDocument, Statement
from bucketpass.policy.operators import Comparison, Family, parse_operator
from bucketpass.policy.pattern import Part, Variable, Wildcard, parse_pattern
from bucketpass.usage.request import is_session_key

__all__ = ["Atoms", "Pattern", "atoms_of"]

Pattern = tuple[Part, ...]

_OBJECT_CONTEXT = "kms:encryptioncontext:aws:s3:arn"
_TIME_KEYS = ("aws:currenttime", "aws:epochtime")


@dataclass(frozen=True, slots=True)
class Atoms:
    """All tests, each once.

    resources: patterns of object ARNs. prefixes: patterns of `s3:prefix`; `prefix_itself` where one of its operators is none of
    patterns. times: the values that `aws:CurrentTime` is compared with. lines: the condition lines, by key in lower case.
    names_sessions: whether a policy names sessions of a role as its principal.
    """

    resources: tuple[Pattern, ...]
    prefixes: tuple[Pattern, ...]
    prefix_itself: bool
    times: tuple[str, ...]
    lines: dict[str, tuple[Condition, ...]]
    names_sessions: bool = False

    def mentions(self, *keys: str) -> bool:
        """Whether any policy tests one of the keys."""
        return any(key in self.lines for key in keys)

    def session_variables(self) -> tuple[str, ...]:
        """The keys of sessions that stand as variables in patterns of resources and prefixes."""
        patterns = (*self.resources, *self.prefixes)
        keys = (part.key.lower() for pattern in patterns for part in pattern if isinstance(part, Variable))
        return tuple(sorted({key for key in keys if is_session_key(key)}))


def atoms_of(documents: Iterable[PolicyDocument]) -> Atoms:
    """The tests of all documents. A pattern with a variable is there twice: as it is, and with `*` for an unknown value."""
    resources: dict[Pattern, None] = {}
    prefixes: dict[Pattern, None] = {}
    times: dict[str, None] = {}
    lines: dict[str, dict[Condition, None]] = {}
    prefix_itself = names_sessions = False
    for document in documents:
        variables = document.version == "2012-10-17"
        for statement in document.statements:
            names_sessions = names_sessions or _names_sessions(statement)
            for text in (*(statement.resources or ()), *(statement.not_resources or ())):
                _add(resources, parse_pattern(text, variables=variables))
            for line in statement.conditions:
                key = line.key.lower()
                lines.setdefault(key, {})[line] = None
                if key == "s3:prefix":
                    patterns = _string_patterns(line, variables=variables)
                    prefix_itself = prefix_itself or patterns is None
                    for pattern in patterns or ():
                        _add(prefixes, pattern)
                elif key == _OBJECT_CONTEXT:
                    for text in line.values:
                        _add(resources, parse_pattern(text, variables=variables))
                elif key in _TIME_KEYS:
                    times |= dict.fromkeys(line.values)
    return Atoms(
        tuple(resources), tuple(prefixes), prefix_itself, tuple(times), {key: tuple(found) for key, found in lines.items()}, names_sessions
    )


def _add(patterns: dict[Pattern, None], pattern: Pattern) -> None:
    patterns[pattern] = None
    if any(isinstance(part, Variable) for part in pattern):
        patterns[tuple(Wildcard.ANY_TEXT if isinstance(part, Variable) else part for part in pattern)] = None


def _string_patterns(line: Condition, *, variables: bool) -> tuple[Pattern, ...] | None:
    """The patterns that a line compares its key with; None where it compares in another way. Null looks at presence alone."""
    operator = parse_operator(line.operator)
    if operator is None:
        return None
    if operator.base.family is Family.NULL:
        return ()
    if operator.base.family is not Family.STRING or operator.base.comparison is Comparison.EQUAL_IGNORING_CASE:
        return None
    like = operator.base.comparison is Comparison.LIKE
    return tuple(parse_pattern(value, variables=variables, wildcards=like) for value in line.values)


def _names_sessions(statement: Statement) -> bool:
    elements = (statement.principal, statement.not_principal)
    return any(":assumed-role/" in name for element in elements if element is not None for name in element.aws)
