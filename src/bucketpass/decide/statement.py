"""Statements made ready: each element a predicate, all that does not depend on the request done once.

Rules: actions match in any case [D]; resources match as whole texts, buckets and keys case-sensitive [D]; a resource
pattern whose variable has no value matches nothing [L], but in the NotResource of an Allow everything [assumed]; variables
only in documents of Version 2012-10-17 [D]. NotAction and NotResource hold where no pattern matches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bucketpass.decide.conditions import Test, compile_condition
from bucketpass.decide.context import Context
from bucketpass.decide.principals import PrincipalTest, compile_not_principal, compile_principal
from bucketpass.decide.variables import has_variables, substitute
from bucketpass.policy.document import Effect, PolicyDocument, Statement
from bucketpass.policy.pattern import Matcher, Part, compile_parts, literal_head, parse_pattern

__all__ = ["PreparedStatement", "ResourceTest", "action_test", "prepare_statements"]

_VERSION_WITH_VARIABLES = "2012-10-17"


class ResourceTest(NamedTuple):
    """One pattern of Resource or NotResource. `head` is the text that each of its matches starts with.

    `matcher` is None where the pattern has variables, and then `parts` are matched once they have values.
    """

    pattern: str
    head: str
    parts: tuple[Part, ...]
    matcher: Matcher | None

    def matches(self, resource: str, context: Context, *, without_value: bool = False) -> bool:
        """Whether the pattern matches the resource of this request; `without_value` where a variable of it has no value."""
        if self.matcher is not None:
            return self.matcher(resource)
        parts = substitute(self.parts, context)
        return without_value if parts is None else compile_parts(parts)(resource)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedStatement:
    """A statement as predicates. `principal` is None in policies without principals; `negated` means NotResource."""

    index: int
    statement: Statement
    deny: bool
    action: Callable[[str], bool]
    resources: tuple[ResourceTest, ...] | None
    negated: bool
    principal: PrincipalTest | None
    tests: tuple[Test, ...]

    def conditions_match(self, context: Context) -> bool:
        """True if every condition matches (AND)."""
        for test in self.tests:  # noqa: SIM110  a generator would take longer than most tests
            if not test(context):
                return False
        return True

    def applies_to_resource(self, resource: str, context: Context) -> bool:
        """True if Resource or NotResource matches. A statement without either applies to the resource that its policy is attached to."""
        if self.resources is None:
            return True
        # SECURITY: what an Allow leaves out by a variable without a value is left out; nobody gains by lacking a tag.
        without_value = self.negated and not self.deny
        return any(test.matches(resource, context, without_value=without_value) for test in self.resources) is not self.negated


def prepare_statements(document: PolicyDocument) -> tuple[PreparedStatement, ...]:
    """The statements of `document`, ready. Raises `PolicyError` for an operator that AWS does not know."""
    variables = document.version == _VERSION_WITH_VARIABLES
    return tuple(_prepare(index, statement, variables) for index, statement in enumerate(document.statements))


def _prepare(index: int, statement: Statement, variables: bool) -> PreparedStatement:
    resources = statement.resources if statement.not_resources is None else statement.not_resources
    return PreparedStatement(
        index=index,
        statement=statement,
        deny=statement.effect is Effect.DENY,
        action=action_test(statement),
        resources=None if resources is None else tuple(_resource_test(pattern, variables) for pattern in resources),
        negated=statement.not_resources is not None,
        principal=_principal_test(statement),
        tests=tuple(compile_condition(line, variables=variables, effect=statement.effect) for line in statement.conditions),
    )


def action_test(statement: Statement) -> Callable[[str], bool]:
    """Return whether Action or NotAction matches an action, in any case."""
    negated = statement.not_actions is not None
    patterns = statement.not_actions if statement.not_actions is not None else statement.actions or ()
    matchers = [compile_parts(parse_pattern(pattern.lower(), variables=False)) for pattern in patterns]

    def matches(action: str) -> bool:
        lower = action.lower()
        return any(matcher(lower) for matcher in matchers) is not negated

    return matches


def _resource_test(pattern: str, variables: bool) -> ResourceTest:
    parts = parse_pattern(pattern, variables=variables)
    return ResourceTest(pattern, literal_head(parts), parts, None if has_variables(parts) else compile_parts(parts))


def _principal_test(statement: Statement) -> PrincipalTest | None:
    if statement.principal is not None:
        return compile_principal(statement.principal)
    if statement.not_principal is not None:
        return compile_not_principal(statement.not_principal, statement.effect)
    return None
