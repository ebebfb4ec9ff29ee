"""Rows for the agreement run: policies and requests of a small world, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
    ROLE,
    SESSION,
    VERSIONS,
)

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.operators import OPERATORS
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

T = TypeVar("T")
# Who asks for a role: the session of an identity provider, an AWS service, and principals of both accounts.
SERVICE, OTHER_PROVIDER = "logging.s3.amazonaws.com", f"arn:aws:iam::{ACCOUNT}:oidc-provider/other.example"
OTHER_SESSION = f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/other/run"
ASSUMING = tuple(
    replace(one, session_arn=OTHER_SESSION) if one.account == OTHER_ACCOUNT else one
    for one in PRINCIPALS
    if one.kind is not PrincipalKind.ANONYMOUS
)
STS_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity")
STS_PATTERNS = (*STS_ACTIONS[:2], *STS_ACTIONS, "sts:*", "sts:AssumeRole*", "*", "sts:?agSession")
TRUST_KEYS: dict[str, tuple[str, ...]] = {
    "cognito-identity.amazonaws.com:sub": ("trainer", "tr*", "", "Trainer", "${aws:PrincipalTag/team}"),
    "cognito-identity.amazonaws.com:aud": ("data", "data*"),
    "cognito-identity.amazonaws.com:amr": ("mfa", "pwd"),
    "sts:ExternalId": ("x", ""),
    "sts:RoleSessionName": ("run", "r*"),
    **{key: KEY_VALUES[key] for key in ("aws:TagKeys", "aws:PrincipalArn", "aws:SourceIp", "aws:CurrentTime")},
}
# Actions of STS beyond which the peer takes a key for absent [A: Service Authorization Reference for AWS STS].
ONLY_OF: dict[str, tuple[str, ...]] = {
    **{key: STS_ACTIONS[:2] for key in TRUST_KEYS if key.startswith("cognito-")},
    "sts:ExternalId": STS_ACTIONS[:1],
    "sts:RoleSessionName": STS_ACTIONS[:3],
}
LISTS = ("aws:TagKeys", "cognito-identity.amazonaws.com:amr")
CALLERS = tuple(one for one in PRINCIPALS if one.kind in (PrincipalKind.USER, PrincipalKind.ROLE_SESSION) and one.account == ACCOUNT)


class Row(NamedTuple):
    """A request and the layers before it."""

    request: AuthorizationRequest
    layers: PolicySet


def rows(seed: int, count: int) -> Iterator[Row]:
    """`count` rows."""
    chance = _Chance(seed)
    for _ in range(count):
        if chance.often(0.3):
            yield chance.trust_row()
            continue
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

    def condition(self, values: Mapping[str, tuple[str, ...]] = KEY_VALUES) -> Condition:
        name = self.one(sorted(OPERATORS))
        prefix = self.one(["", "", "", "ForAllValues:", "ForAnyValue:"])
        suffix = "" if name == "Null" else self.one(["", "", "IfExists"])
        key = self.one(sorted(values))
        return Condition(prefix + name + suffix, key, self.some(("true", "false") if name == "Null" else values[key], 2))

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

    def trust_row(self) -> Row:
        """A way into a role: a principal of any kind, an action of STS, and the role's trust policy."""
        statements = tuple(self.trust_statement() for _ in range(self.random.randint(1, 3)))
        trust = NamedPolicy("trust", PolicyDocument(statements, self.one(VERSIONS)))
        context: dict[str, ContextValue] = {}
        action = self.one(STS_ACTIONS)
        for key in self.random.sample(sorted(TRUST_KEYS), self.random.randint(0, 6)):
            if action in ONLY_OF.get(key, STS_ACTIONS):
                context[key] = self.some(TRUST_KEYS[key], 2) if key in LISTS else self.one(TRUST_KEYS[key])
        principal = self.one([*ASSUMING, *(one for one in ASSUMING if one.kind is PrincipalKind.WEB_IDENTITY)])
        with_policies = principal.kind in (PrincipalKind.USER, PrincipalKind.ROLE_SESSION)
        identity = self.policies() if with_policies and self.often(0.7) else ()
        return Row(AuthorizationRequest(principal, action, ROLE, context, ACCOUNT), PolicySet(identity=identity, resource=(trust,)))

    def trust_statement(self) -> Statement:
        kinds = self.random.sample(["aws", "federated", "service"], self.random.randint(1, 2))
        named = {
            "aws": self.some(AWS_PRINCIPALS, 2),
            "federated": self.some((PROVIDER, OTHER_PROVIDER), 2),
            "service": ("ec2.amazonaws.com", SERVICE),
        }
        aws, federated, service = (named[kind] if kind in kinds else () for kind in ("aws", "federated", "service"))
        everyone = self.often(0.1)
        element = PrincipalElement(everyone=True) if everyone else PrincipalElement(aws=aws, federated=federated, service=service)
        negated = self.often(0.05)
        return Statement(
            Effect.DENY if negated or self.often(0.25) else Effect.ALLOW,
            actions=self.some(STS_PATTERNS),
            principal=None if negated else element,
            not_principal=element if negated else None,
            conditions=(self.condition(TRUST_KEYS),) if self.often(0.5) else (),
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
