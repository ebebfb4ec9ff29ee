"""Statements over symbolic requests: when a statement applies to a request, element by element.

The rules are those of `decide.statement`: actions match in any case, resources as whole texts, variables only in documents of
Version 2012-10-17; NotAction and NotResource hold where no pattern matches, and the NotResource of an Allow where none lacks a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bucketpass.policy import Effect, PolicyDocument, Statement, parse_pattern
from bucketpass.policy.pattern import Part
from bucketpass.prove.conditions import holds
from bucketpass.prove.principals import PrincipalMatch, match_not_principal, match_principal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, Unmodelled, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.variables import GlobPart, substitute

__all__ = ["StatementMatch", "matching_statements", "principal_match"]

_VERSION_WITH_VARIABLES = "2012-10-17"


@dataclass(frozen=True, slots=True)
class StatementMatch:
    """A statement, how its principal matches, and when its action, resource and conditions match the request."""

    statement: Statement
    principal: PrincipalMatch
    when: Formula


def matching_statements(document: PolicyDocument, request: SymbolicRequest, *, exempts_nobody: bool | None = None) -> list[StatementMatch]:
    """Return each statement that could apply to the request, with how its principal matches and when its other elements do.

    `exempts_nobody` None: a document without principals, whose statements apply to whatever it is attached to.
    """
    variables = document.version == _VERSION_WITH_VARIABLES
    found = []
    for statement in document.statements:
        match = (
            PrincipalMatch(session=TRUE) if exempts_nobody is None else principal_match(statement, request, exempts_nobody=exempts_nobody)
        )
        action = FALSE if match.at_all == FALSE else _does(statement, request)
        if action == FALSE or (resource := _on(statement, request, variables)) == FALSE:
            continue
        lines = (holds(line, request, variables=variables, effect=statement.effect) for line in statement.conditions)
        found.append(StatementMatch(statement, match, conjunction(action, resource, *lines)))
    return found


def _does(statement: Statement, request: SymbolicRequest) -> Formula:
    if statement.not_actions is not None:
        return negation(request.does_any(statement.not_actions))
    return request.does_any(statement.actions or ())


def _on(statement: Statement, request: SymbolicRequest, variables: bool) -> Formula:
    """True where the statement applies to the resource. Without Resource and NotResource it applies to the one it is attached to."""
    if statement.resources is None and statement.not_resources is None:
        return TRUE
    patterns = statement.resources or statement.not_resources or ()
    met = disjunction(*(_matches(pattern, request, variables) for pattern in patterns))
    if statement.not_resources is None:
        return met
    # What an Allow leaves out by a variable without a value is left out.
    lost = [] if statement.effect is Effect.DENY else [_without_value(pattern, request, variables) for pattern in patterns]
    return negation(disjunction(met, *lost))


def _matches(pattern: str, request: SymbolicRequest, variables: bool) -> Formula:
    cases = substitute(_parts(pattern, variables), request)
    return disjunction(
        *(conjunction(when, pieces if isinstance(pieces, Unmodelled) else request.is_on(_glob(pieces))) for when, pieces in cases)
    )


@lru_cache(maxsize=65536)
def _glob(pieces: tuple[GlobPart, ...]) -> Glob:
    return Glob.of(pieces)


@lru_cache(maxsize=65536)
def _parts(pattern: str, variables: bool) -> tuple[Part, ...]:
    return parse_pattern(pattern, variables=variables)


def _without_value(pattern: str, request: SymbolicRequest, variables: bool) -> Formula:
    """True where a variable of the pattern has no value."""
    return negation(disjunction(*(when for when, _ in substitute(_parts(pattern, variables), request))))


def principal_match(statement: Statement, request: SymbolicRequest, *, exempts_nobody: bool) -> PrincipalMatch:
    """Return when a statement of a policy that names principals matches the principal, and which principal it names."""
    deny = statement.effect is Effect.DENY
    if statement.not_principal is not None:
        if exempts_nobody and deny:
            return PrincipalMatch(session=TRUE)
        return match_not_principal(statement.not_principal, request.principal, statement.effect)
    if statement.principal is not None:
        return match_principal(statement.principal, request.principal)
    # A resource policy without principals grants nobody anything; what it denies, it denies to all.
    return PrincipalMatch(session=TRUE) if deny else PrincipalMatch()
