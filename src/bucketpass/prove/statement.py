"""Statements over requests that are not known yet: when a statement speaks of a request, element by element.

The rules are those of `decide.statement`: actions match in any case, resources as whole texts, variables only in documents of
Version 2012-10-17; NotAction and NotResource hold where no pattern matches, and the NotResource of an Allow where none lacks a value.
"""

from __future__ import annotations

from bucketpass.decide.statement import prepare_statements
from bucketpass.policy import Effect, PolicyDocument, Statement, parse_pattern
from bucketpass.prove.conditions import holds
from bucketpass.prove.keys import TextValue
from bucketpass.prove.principals import Meant, meant_by_not_principal, meant_by_principal
from bucketpass.prove.request import SymbolicRequest, text_matches
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, Unmodelled, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.variables import substitute

__all__ = ["meant", "speaks_of"]

_VERSION_WITH_VARIABLES = "2012-10-17"


def speaks_of(document: PolicyDocument, request: SymbolicRequest) -> list[tuple[Statement, Formula]]:
    """Each statement that could speak of the request, and when its action, resource and conditions do. Principals are not asked."""
    variables = document.version == _VERSION_WITH_VARIABLES
    found = []
    for prepared in prepare_statements(document):
        statement = prepared.statement
        action = request.does(action for action in request.actions if prepared.action(action))
        if action == FALSE:
            continue
        formula = conjunction(
            action,
            _on(statement, request, variables),
            *(holds(line, request, variables=variables, effect=statement.effect) for line in statement.conditions),
        )
        if formula != FALSE:
            found.append((statement, formula))
    return found


def _on(statement: Statement, request: SymbolicRequest, variables: bool) -> Formula:
    """True where the statement speaks of the resource; without Resource and NotResource it speaks of its own."""
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
    resource = TextValue(request.resource)
    return disjunction(
        *(
            conjunction(when, pieces if isinstance(pieces, Unmodelled) else text_matches(resource, Glob.of(pieces)))
            for when, pieces in substitute(parse_pattern(pattern, variables=variables), request)
        )
    )


def _without_value(pattern: str, request: SymbolicRequest, variables: bool) -> Formula:
    """True where a variable of the pattern has no value."""
    return negation(disjunction(*(when for when, _ in substitute(parse_pattern(pattern, variables=variables), request))))


def meant(statement: Statement, request: SymbolicRequest, *, spares_nobody: bool) -> Meant:
    """How strongly a statement of a policy that names principals means the one who asks."""
    deny = statement.effect is Effect.DENY
    if statement.not_principal is not None:
        if spares_nobody and deny:
            return Meant(direct=TRUE)
        return meant_by_not_principal(statement.not_principal, request.principal, statement.effect)
    if statement.principal is not None:
        return meant_by_principal(statement.principal, request.principal)
    # A resource policy without principals grants nobody anything; what it denies, it denies to all.
    return Meant(direct=TRUE) if deny else Meant()
