"""Identity-provider controls: the conditions without which AWS stores no trust in a provider that serves many customers.

Rules ([A] documentation, [L] observed on live AWS): each Allow statement that applies to AssumeRoleWithWebIdentity must scope each
shared provider that it names, in one operator block. A positive string operator scopes, also with a set operator, but not with
IfExists. What a value must be to scope depends on the provider:

==========================  =========================================  ==============================================
provider                    keys                                       a value that scopes
==========================  =========================================  ==============================================
Google, Amazon, Facebook    one of `BUILT_IN_SCOPE`, letter by letter  any, but not with StringLike
GitHub Actions              `sub` and `job_workflow_ref`: all that     not blank, and does not begin with `*`
                            stand in the block
others of `DEMANDED_SCOPE`  the key that the table names               any but `*`
==========================  =========================================  ==============================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from bucketpass.aws.shared_providers import BUILT_IN_SCOPE, GITHUB_ACTIONS, demanded_scope
from bucketpass.policy.document import Condition, Effect, Statement
from bucketpass.policy.operators import parse_operator
from bucketpass.policy.pattern import compile_parts, parse_pattern

__all__ = ["missing_scopes"]

_ACTION = "sts:assumerolewithwebidentity"
_EQUALS = frozenset({"StringEquals", "StringEqualsIgnoreCase"})


class _Control(NamedTuple):
    """What AWS demands of a trust in one provider."""

    keys: tuple[str, ...]
    operators: frozenset[str]
    scopes: Callable[[str], bool]
    any_case: bool = True


def missing_scopes(statement: Statement) -> Iterator[tuple[str, str]]:
    """Each shared provider that the statement trusts without the scope that AWS demands, and the key that would scope it."""
    if statement.effect is not Effect.ALLOW or statement.principal is None or not _applies(statement):
        return
    for name in statement.principal.federated:
        provider = name.rpartition(":oidc-provider/")[2]
        control = _control(provider)
        if control is not None and not any(_scopes(block, control) for block in _blocks(statement)):
            yield provider, control.keys[0]


def _control(provider: str) -> _Control | None:
    if (claims := BUILT_IN_SCOPE.get(provider)) is not None:
        return _Control(tuple(f"{provider}:{claim}" for claim in claims), _EQUALS, lambda value: True, any_case=False)
    operators = _EQUALS | {"StringLike"}
    if provider.startswith(GITHUB_ACTIONS):
        keys = f"{provider}:sub", f"{provider}:job_workflow_ref"
        return _Control(keys, operators, lambda value: bool(value.strip()) and not value.startswith("*"))
    key = demanded_scope(provider)
    if key is None:
        return None
    return _Control((f"{provider}{key}" if key.startswith(":") else key,), operators, lambda value: value != "*")


def _applies(statement: Statement) -> bool:
    patterns = statement.not_actions if statement.actions is None else statement.actions
    matched = any(compile_parts(parse_pattern(pattern.lower(), variables=False))(_ACTION) for pattern in patterns or ())
    return matched is not (statement.actions is None)


def _blocks(statement: Statement) -> Iterator[tuple[Condition, ...]]:
    for _, conditions in groupby(statement.conditions, key=lambda condition: condition.operator):
        yield tuple(conditions)


def _scopes(block: tuple[Condition, ...], control: _Control) -> bool:
    operator = parse_operator(block[0].operator)
    if operator is None or operator.if_exists or operator.base.name not in control.operators:
        return False
    keys = {key.lower() for key in control.keys} if control.any_case else set(control.keys)
    named = [condition for condition in block if (condition.key.lower() if control.any_case else condition.key) in keys]
    return bool(named) and all(control.scopes(value) for condition in named for value in condition.values)
