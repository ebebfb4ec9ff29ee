"""Rows for the agreement run: policies and requests of a small world, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from tests.strategies import (
    ACCOUNT,
    ACTION_PATTERNS,
    ACTIONS,
    AWS_PRINCIPALS,
    KEY_VALUES,
    OTHER_ACCOUNT,
    PRINCIPALS,
    PROVIDER,
    RESOURCE_PATTERNS,
    RESOURCES,
    SESSION,
    VERSIONS,
)

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.operators import OPERATORS
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

T = TypeVar("T")
CALLERS = tuple(one for one in PRINCIPALS if one.kind in (PrincipalKind.USER, PrincipalKind.ROLE_SESSION) and one.account == ACCOUNT)


class Row(NamedTuple):
    """A request and the layers before it."""

    request: AuthorizationRequest
    layers: PolicySet


def rows(seed: int, count: int) -> Iterator[Row]:
    """`count` rows."""
    chance = _Chance(seed)
    for _ in range(count):
        request = chance.request()
        yield Row(request, chance.layers(request.principal))


class _Chance:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, values: Sequence[T]) -> T:
        return self.random.choice(values)

    def some(self, values: Sequence[str], most: int = 3) -> tuple[str, ...]:
        return tuple(self.one(values) for _ in range(self.random.randint(1, most)))

    def often(self, probability: float) -> bool:
        return self.random.random() < probability

    def condition(self) -> Condition:
        name = self.one(sorted(OPERATORS))
        prefix = self.one(["", "", "", "ForAllValues:", "ForAnyValue:"])
        suffix = "" if name == "Null" else self.one(["", "", "IfExists"])
        key = self.one(sorted(KEY_VALUES))
        return Condition(prefix + name + suffix, key, self.some(("true", "false") if name == "Null" else KEY_VALUES[key], 2))

    def principal(self) -> PrincipalElement:
        if self.often(0.2):
            return PrincipalElement(everyone=True)
        return PrincipalElement(federated=(PROVIDER,)) if self.often(0.05) else PrincipalElement(aws=self.some(AWS_PRINCIPALS))

    def statement(self, *, principals: bool) -> Statement:
        if self.often(0.3):
            element = self.principal() if principals else None
            return Statement(Effect.ALLOW, actions=("*",), resources=("*",), principal=element)
        actions, resources = self.some(ACTION_PATTERNS), self.some(RESOURCE_PATTERNS)
        no_action, no_resource = self.often(0.15), self.often(0.15)
        no_principal = principals and self.often(0.1)
        element = self.principal() if principals else None
        effect = Effect.DENY if self.often(0.25) or no_principal else Effect.ALLOW
        return Statement(
            effect,
            actions=None if no_action else actions,
            not_actions=actions if no_action else None,
            resources=None if no_resource else resources,
            not_resources=resources if no_resource else None,
            principal=None if no_principal else element,
            not_principal=element if no_principal else None,
            conditions=(self.condition(),) if self.often(0.6) else (),
        )

    def policies(self, *, principals: bool = False, most: int = 2) -> tuple[NamedPolicy, ...]:
        found = []
        for index in range(self.random.randint(1, most)):
            statements = tuple(self.statement(principals=principals) for _ in range(self.random.randint(1, 3)))
            found.append(NamedPolicy(f"policy {index}", PolicyDocument(statements, self.one(VERSIONS))))
        return tuple(found)

    def layers(self, principal: Principal) -> PolicySet:
        sessions = principal.kind is PrincipalKind.ROLE_SESSION
        return PolicySet(
            identity=self.policies() if self.often(0.8) else (),
            resource=self.policies(principals=True, most=1) if self.often(0.6) else None,
            boundary=self.policies(most=1) if self.often(0.2) else None,
            session=self.policies(most=1) if sessions and self.often(0.3) else None,
            scps=(self.policies(),) if self.often(0.15) else (),
        )

    def request(self) -> AuthorizationRequest:
        """A request that S3 could get: actions on their own kind of resource, with keys that they know."""
        action = self.one(ACTIONS)
        listing = action == "s3:ListBucket"
        context: dict[str, ContextValue] = {}
        for key in self.random.sample(sorted(KEY_VALUES), self.random.randint(0, 5)):
            if listing or not key.startswith("s3:"):
                context[key] = self.some(KEY_VALUES[key], 2) if key == "aws:TagKeys" else self.one(KEY_VALUES[key])
        resource = self.one([one for one in RESOURCES if one.startswith("arn:aws:s3:") and ("/" in one) is not listing])
        return AuthorizationRequest(self.one(CALLERS), action, resource, context, self.one([ACCOUNT, ACCOUNT, OTHER_ACCOUNT]))


def principal_text(principal: Principal) -> str:
    """The one ARN under which the peer knows a caller."""
    return principal.session_arn or (SESSION if principal.kind is PrincipalKind.ROLE_SESSION else principal.arn)
