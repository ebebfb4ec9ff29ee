"""The laws of deciding, and each layer's say."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import ACCOUNT, KEY, OTHER_ACCOUNT, PROVIDER, ROLE, SESSION, USER, layers, requests

from bucketpass.decide import NamedPolicy, PolicySet, PolicyType, PublicAccessBlock, StatementRef, decide, prepare
from bucketpass.decide.policy_types import must_allow_itself
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest

CALLER = Principal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, SESSION)
EVERYTHING = Statement(Effect.ALLOW, actions=("*",), resources=("*",))
NOTHING = Statement(Effect.DENY, actions=("*",), resources=("*",))


def policy(*statements: Statement, name: str = "policy") -> tuple[NamedPolicy, ...]:
    return (NamedPolicy(name, PolicyDocument(statements)),)


def granting(*principals: str, effect: Effect = Effect.ALLOW, **elements: object) -> tuple[NamedPolicy, ...]:
    element = PrincipalElement(everyone=True) if principals == ("everyone",) else PrincipalElement(aws=principals)
    return policy(Statement(effect, actions=("*",), resources=("*",), principal=element, **elements), name="bucket policy")  # type: ignore[arg-type]


def asking(
    principal: Principal = CALLER, action: str = "s3:GetObject", resource: str = "arn:aws:s3:::b/k", account: str = ""
) -> AuthorizationRequest:
    return AuthorizationRequest(principal, action, resource, {}, account)


@settings(max_examples=40)
@given(request=requests(), found=layers())
def test_an_allow_needs_an_allow(request: AuthorizationRequest, found: PolicySet) -> None:
    def only_denies(policies: tuple[NamedPolicy, ...] | None) -> tuple[NamedPolicy, ...] | None:
        if policies is None:
            return None
        return tuple(
            NamedPolicy(
                one.name, dataclasses.replace(one.document, statements=tuple(s for s in one.document.statements if s.effect is Effect.DENY))
            )
            for one in policies
        )

    stripped = dataclasses.replace(found, identity=only_denies(found.identity) or (), resource=only_denies(found.resource))
    if request.principal.kind is not PrincipalKind.ROOT:
        assert not decide(request, stripped).allowed


@settings(max_examples=40)
@given(request=requests(), found=layers())
def test_a_deny_that_applies_wins(request: AuthorizationRequest, found: PolicySet) -> None:
    deny = Statement(Effect.DENY, actions=("*",), resources=("*",), principal=PrincipalElement(everyone=True))
    decision = decide(request, dataclasses.replace(found, resource=(*(found.resource or ()), *policy(deny))))
    assert (decision.allowed, decision.explicit_deny) == (False, True)


@given(request=requests())
def test_without_policies_nothing_is_allowed_but_to_the_root_user(request: AuthorizationRequest) -> None:
    allowed = decide(request, PolicySet()).allowed
    assert not allowed or request.principal.kind is PrincipalKind.ROOT


@settings(max_examples=40)
@given(request=requests(), found=layers(), seed=st.integers())
def test_order_and_duplicates_change_nothing(request: AuthorizationRequest, found: PolicySet, seed: int) -> None:
    shuffler = random.Random(seed)

    def shuffled(policies: tuple[NamedPolicy, ...] | None) -> tuple[NamedPolicy, ...] | None:
        if policies is None:
            return None
        mixed = []
        for one in (*policies, *policies[:1]):
            statements = [*one.document.statements, *one.document.statements[:1]]
            shuffler.shuffle(statements)
            mixed.append(NamedPolicy(one.name, dataclasses.replace(one.document, statements=tuple(statements))))
        shuffler.shuffle(mixed)
        return tuple(mixed)

    other = PolicySet(
        identity=shuffled(found.identity) or (),
        resource=shuffled(found.resource),
        boundary=shuffled(found.boundary),
        session=shuffled(found.session),
        endpoint=shuffled(found.endpoint),
        scps=tuple(shuffled(level) or () for level in reversed(found.scps)),
        rcps=tuple(shuffled(level) or () for level in reversed(found.rcps)),
    )
    before, after = decide(request, found), decide(request, other)
    assert (before.allowed, before.explicit_deny) == (after.allowed, after.explicit_deny)


@settings(max_examples=40)
@given(request=requests(), found=layers())
def test_prepared_layers_answer_the_same_and_again(request: AuthorizationRequest, found: PolicySet) -> None:
    prepared = prepare(found)
    assert decide(request, prepared) == decide(request, found) == decide(request, prepared)


@settings(max_examples=40)
@given(request=requests(), found=layers())
def test_names_of_context_keys_count_in_any_case(request: AuthorizationRequest, found: PolicySet) -> None:
    upper = dataclasses.replace(request, context={name.upper(): value for name, value in request.context.items()})
    assert decide(upper, found) == decide(request, found)


@pytest.mark.parametrize(
    ("layers", "blocked"),
    [
        (PolicySet(), (PolicyType.IDENTITY,)),
        (PolicySet(identity=policy(EVERYTHING)), ()),
        (PolicySet(resource=granting(ROLE)), ()),
        (PolicySet(resource=granting(ACCOUNT)), (PolicyType.IDENTITY,)),
        (PolicySet(identity=policy(EVERYTHING), boundary=()), (PolicyType.BOUNDARY,)),
        (PolicySet(identity=policy(EVERYTHING), boundary=(), session=()), (PolicyType.BOUNDARY, PolicyType.SESSION)),
        (PolicySet(identity=policy(EVERYTHING), boundary=policy(EVERYTHING), session=policy(EVERYTHING)), ()),
        (PolicySet(resource=granting(ROLE), boundary=()), (PolicyType.BOUNDARY,)),
        (PolicySet(resource=granting(ROLE), session=()), (PolicyType.SESSION,)),
        (PolicySet(resource=granting(SESSION), boundary=(), session=()), ()),
        (PolicySet(resource=granting("everyone"), boundary=(), session=()), ()),
        (PolicySet(identity=policy(EVERYTHING), scps=((),)), (PolicyType.SCP,)),
        (PolicySet(identity=policy(EVERYTHING), scps=(policy(EVERYTHING), ())), (PolicyType.SCP,)),
        (PolicySet(identity=policy(EVERYTHING), rcps=(granting("everyone"), ())), (PolicyType.RCP,)),
        (PolicySet(identity=policy(EVERYTHING), endpoint=()), (PolicyType.ENDPOINT,)),
        (PolicySet(identity=policy(EVERYTHING), endpoint=granting(ROLE)), ()),
        (PolicySet(identity=policy(EVERYTHING), endpoint=granting(ACCOUNT)), (PolicyType.ENDPOINT,)),
        (PolicySet(identity=policy(NOTHING), resource=granting("everyone")), (PolicyType.IDENTITY,)),
    ],
)
def test_a_role_session_in_its_own_account_is_blocked_by(layers: PolicySet, blocked: tuple[PolicyType, ...]) -> None:
    decision = decide(asking(), layers)
    assert (decision.allowed, decision.blocked_by) == (not blocked, blocked)


@pytest.mark.parametrize(
    ("layers", "blocked"),
    [
        (PolicySet(identity=policy(EVERYTHING)), (PolicyType.RESOURCE,)),
        (PolicySet(resource=granting(SESSION)), (PolicyType.IDENTITY,)),
        (PolicySet(identity=policy(EVERYTHING), resource=granting(ACCOUNT)), ()),
        (PolicySet(identity=policy(EVERYTHING), resource=granting("everyone"), session=()), (PolicyType.SESSION,)),
        (
            PolicySet(identity=policy(EVERYTHING), resource=granting("everyone"), public_access=PublicAccessBlock()),
            (PolicyType.PUBLIC_ACCESS,),
        ),
        (PolicySet(identity=policy(EVERYTHING), resource=granting(ROLE), public_access=PublicAccessBlock()), ()),
    ],
)
def test_across_accounts_both_sides_must_allow(layers: PolicySet, blocked: tuple[PolicyType, ...]) -> None:
    decision = decide(asking(account=OTHER_ACCOUNT), layers)
    assert (decision.allowed, decision.blocked_by) == (not blocked, blocked)


@pytest.mark.parametrize(
    ("principal", "layers", "allowed"),
    [
        (Principal(PrincipalKind.ANONYMOUS), PolicySet(resource=granting("everyone")), True),
        (Principal(PrincipalKind.ANONYMOUS), PolicySet(resource=granting("everyone"), public_access=PublicAccessBlock()), False),
        (Principal(PrincipalKind.ANONYMOUS), PolicySet(identity=policy(EVERYTHING)), False),
        (Principal(PrincipalKind.ANONYMOUS), PolicySet(resource=granting("everyone"), scps=((),)), True),
        (Principal(PrincipalKind.ANONYMOUS), PolicySet(resource=granting("everyone"), rcps=((),)), False),
        (Principal(PrincipalKind.USER, USER, ACCOUNT), PolicySet(resource=granting(USER), boundary=()), True),
        (Principal(PrincipalKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT), PolicySet(), True),
        (Principal(PrincipalKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT), PolicySet(scps=((),)), False),
        (Principal(PrincipalKind.WEB_IDENTITY, PROVIDER), PolicySet(resource=granting("*")), False),
    ],
)
def test_other_callers_meet_the_layers_that_concern_them(principal: Principal, layers: PolicySet, allowed: bool) -> None:
    assert decide(asking(principal), layers).allowed is allowed


def test_a_boundary_together_with_a_not_principal_deny_always_denies() -> None:
    spared = Statement(
        Effect.DENY,
        actions=("*",),
        resources=("*",),
        not_principal=PrincipalElement(aws=(ROLE, SESSION, ACCOUNT)),
    )
    found = PolicySet(identity=policy(EVERYTHING), resource=policy(spared))
    assert decide(asking(), found).allowed
    assert decide(asking(), dataclasses.replace(found, boundary=policy(EVERYTHING))).explicit_deny


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("kms:Decrypt", KEY, True),
        ("KMS:decrypt", KEY, True),
        ("kms:ListKeys", "*", False),
        ("sts:AssumeRole", ROLE, True),
        ("sts:GetCallerIdentity", "*", False),
        ("s3:GetObject", "arn:aws:s3:::b/k", False),
    ],
)
def test_key_policies_and_trust_policies_must_allow(action: str, resource: str, expected: bool) -> None:
    request = asking(action=action, resource=resource)
    assert must_allow_itself(request.action, request.resource) is expected
    assert decide(request, PolicySet(identity=policy(EVERYTHING))).allowed is not expected
    assert decide(request, PolicySet(identity=policy(EVERYTHING), resource=granting(ACCOUNT))).allowed


def test_a_decision_names_the_statements_that_decided() -> None:
    fence = Statement(Effect.DENY, actions=("s3:Put*",), resources=("*",), sid="Fence")
    found = PolicySet(identity=policy(EVERYTHING, fence, name="trainer"), resource=granting(ROLE))
    allowed, denied = decide(asking(), found), decide(asking(action="s3:PutObject"), found)
    assert allowed.statements == (StatementRef("bucket policy", 0), StatementRef("trainer", 0))
    assert allowed.reason == "allowed by statement 0 of bucket policy and statement 0 of trainer"
    assert denied.statements == (StatementRef("trainer", 1, "Fence"),)
    assert denied.reason == "explicitly denied by statement 1 (Fence) of trainer"


def test_a_resource_policy_without_a_principal_grants_nobody_anything() -> None:
    assert not decide(asking(), PolicySet(resource=policy(EVERYTHING))).allowed
    assert decide(asking(), PolicySet(resource=policy(NOTHING))).explicit_deny


def test_a_deny_with_a_condition_applies_only_where_it_holds() -> None:
    fence = Statement(Effect.DENY, actions=("*",), resources=("*",), conditions=(Condition("Bool", "aws:SecureTransport", ("false",)),))
    found = PolicySet(identity=policy(EVERYTHING, fence))
    plain = dataclasses.replace(asking(), context={"aws:SecureTransport": "false"})
    assert decide(asking(), found).allowed
    assert decide(plain, found).explicit_deny
