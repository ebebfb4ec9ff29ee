from dataclasses import replace

import pytest
from tests.unit.prove.worlds import RICH, SIMPLE, World

from bucketpass.decide import AuthorizationRequest, NamedPolicy, Principal, PrincipalKind, decide
from bucketpass.deployment.resources import AccountGuardrails
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.scope import (
    OBJECT_ACTIONS,
    WRITES,
    applicable_policies,
    assumed_boundaries,
    has_grant,
    keys_of,
    layers_of,
    names_of,
    not_modelled,
    of_bucket,
    policies,
    session,
    token_of,
    unknown_of,
)
from bucketpass.prove.theory.formula import TRUE
from bucketpass.prove.theory.solver import Satisfied, Witness, holds, solve

WORLD = World.of(SIMPLE)
BUCKET = WORLD.deployment.buckets[0]


def test_a_bucket_is_itself_and_its_objects_and_no_bucket_of_a_longer_name() -> None:
    there = of_bucket(BUCKET)
    for resource, expected in (("arn:aws:s3:::datasets", True), ("arn:aws:s3:::datasets/x", True), ("arn:aws:s3:::datasets2/x", False)):
        assert holds(there, Witness({"resource": resource})) == expected


def test_what_writes_is_no_reading() -> None:
    assert "s3:PutObject" in WRITES
    assert "s3:DeleteObject" in WRITES
    assert not {"s3:GetObject", "s3:ListMultipartUploadParts"} & set(WRITES)
    assert set(WRITES) < set(OBJECT_ACTIONS)


def test_a_role_stands_behind_its_own_policies_and_those_of_the_resource() -> None:
    role = WORLD.deployment.roles[0]
    layers = layers_of(role, BUCKET, WORLD.deployment)
    assert (layers.identity, layers.resource, layers.boundary) == (role.policies, policies(BUCKET.policy), None)
    assert policies(None) == ()


def test_requests_of_a_session_can_be_asked_of_the_engine() -> None:
    role = WORLD.deployment.roles[0]
    layers = layers_of(role, BUCKET, WORLD.deployment)
    request = session(role, layers, WORLD.access, WORLD.deployment, ("s3:GetObject",), where=of_bucket(BUCKET))
    outcome = solve(request.facts, request.domains)
    assert isinstance(outcome, Satisfied)
    asked = request.concrete(outcome.witness)
    assert asked.resource.startswith("arn:aws:s3:::datasets/")
    assert not decide(asked, layers).explicit_deny


def test_keys_are_those_of_the_buckets_and_those_of_the_service() -> None:
    rich = World.of(RICH)
    found = keys_of(rich.access.services["mixed"], rich.deployment)
    assert [key.arn.rpartition("/")[2] for key in found] == ["of-datasets", "more"]
    assert all(key.policy is not None for key in found)


@pytest.mark.parametrize(
    ("value", "unclear"),
    [
        ("1111*", True),
        ("11112222333?", True),
        ("arn:aws:iam::1111*:role/x", True),
        ("arn:aws:iam::*:role/x1", False),
        ("111122223333", False),
        ("*", False),
        ("10.0.0.0/8", False),
        ("raw-2026*", False),
        ("arn:aws:iam::111122223333:role/a*", False),
    ],
)
def test_a_part_of_an_account_number_is_not_modelled_and_said(value: str, unclear: bool) -> None:
    line = Condition("StringLike", "aws:PrincipalAccount", (value,))
    policy = NamedPolicy("p", PolicyDocument((Statement(Effect.DENY, actions=("*",), resources=("*",), conditions=(line,)),)))
    assert bool(not_modelled("aws", policy)) == unclear


def test_the_token_of_a_session_has_its_tags() -> None:
    rich = World.of(RICH)
    asked = AuthorizationRequest(Principal(PrincipalKind.ROLE_SESSION), "s3:GetObject", "*", {"aws:PrincipalTag/cost": "ml"})
    claims = token_of(rich.access.services["trainer"], rich.access, asked)
    assert claims["sub"] == "0oa1trainer"
    assert claims["https://aws.amazon.com/tags"] == {"principal_tags": {"cost": ["ml"]}}


def test_names_grants_and_what_is_unknown() -> None:
    assert names_of(WORLD.deployment.roles) == "bucketpass-trainer or bucketpass-evaluator"
    assert has_grant(WORLD.access.services["trainer"], "datasets")
    assert not has_grant(WORLD.access.services["trainer"], "other")
    assert unknown_of(BUCKET, WORLD.deployment) == ()


def test_service_control_policies_bind_the_account_and_resource_control_policies_what_it_owns() -> None:
    control = ((NamedPolicy("control", PolicyDocument(())),),)
    endpoint = (NamedPolicy("endpoint", PolicyDocument(())),)
    deployment = replace(WORLD.deployment, guardrails=AccountGuardrails(control, control, endpoint))
    role, elsewhere = deployment.roles[0], replace(BUCKET, account="444455556666")
    layers = layers_of(role, BUCKET, deployment)
    assert (layers.scps, layers.rcps) == (control, control)
    assert layers.endpoint is None
    for unowned in (layers_of(role, elsewhere, deployment), layers_of(role, None, deployment)):
        assert (unowned.scps, unowned.rcps) == (control, ())
    own, other = (
        SymbolicRequest(SymbolicPrincipal(PrincipalKind.USER, "", account), ("s3:GetObject",), {}, TRUE)
        for account in ("111122223333", "444455556666")
    )
    assert applicable_policies(layers, own, deployment) == layers
    assert applicable_policies(layers, other, deployment).scps == ()
    assert applicable_policies(layers, other, deployment).rcps == control


def test_a_boundary_of_which_only_the_name_is_known_is_an_assumption_of_what_is_impossible() -> None:
    role = WORLD.deployment.roles[0]
    assert assumed_boundaries([role, replace(role, boundary=())]) == ()
    assert len(assumed_boundaries([replace(role, boundary="arn:b"), replace(role, boundary="arn:b")])) == 1
