"""`bucketpass prove --replay`: a counterexample is a request that the sandbox, with the proved documents in it, answers as was said."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.declarations import is_taken_by_aws
from tests.unit.prove import mutants
from tests.unit.prove.worlds import SIMPLE, TENANTS, World

from bucketpass.cli.main import main
from bucketpass.deployment.resources import Deployment
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.question import Counterexample, prove
from bucketpass.sandbox.counterexamples import replay

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]
# Every kind of principal that the sandbox has, and what the request needs besides: a statement of the bucket's policy, and who then asks.
LET_IN = [
    (PrincipalElement(everyone=True), (), "an unsigned request"),
    (PrincipalElement(aws=("arn:aws:iam::444455556666:role/a/analyst",)), (), "a role of account 444455556666"),
    (PrincipalElement(aws=("arn:aws:iam::444455556666:user/ann",)), (), "a user of account 444455556666"),
    (PrincipalElement(aws=("444455556666",)), (), "a role of account 444455556666"),
    (PrincipalElement(aws=("*",)), (Condition("StringLike", "aws:PrincipalArn", ("arn:aws:iam::*:role/x/ops-*",)),), "a role"),
]


def with_bucket_statement(world: World, statement: Statement) -> Deployment:
    [bucket] = world.deployment.buckets
    assert bucket.policy is not None
    document = PolicyDocument((*bucket.policy.document.statements, statement))
    return replace(world.deployment, buckets=(replace(bucket, policy=replace(bucket.policy, document=document), public_access=None),))


def counterexamples(world: World, deployment: Deployment) -> list[Counterexample]:
    found = (prove(guarantee).counterexample for guarantee in guarantees(world.access, deployment))
    return [one for one in found if one is not None]


def statuses(found: Counterexample, deployment: Deployment) -> list[tuple[bool, int | None, str]]:
    """Whether each request was to be allowed, and what the sandbox answered."""
    answers = replay(found, deployment)
    return [(decision.allowed, answer.status, answer.message) for (_, decision), answer in zip(found.requests, answers, strict=True)]


@pytest.mark.parametrize(("element", "conditions", "who"), LET_IN)
def test_whoever_a_bucket_lets_in_is_let_in_by_the_sandbox(element: PrincipalElement, conditions: tuple[Condition, ...], who: str) -> None:
    world = World.of(TENANTS)
    allow = Statement(
        Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::homes/*",), principal=element, conditions=conditions
    )
    changed = with_bucket_statement(world, allow)
    found = [one for one in counterexamples(world, changed) if who in one.description]
    assert found, [one.description for one in counterexamples(world, changed)]
    for one in found:
        assert [status for _, status, _ in statuses(one, changed)] == [200], one


@pytest.mark.timeout(600)
@pytest.mark.parametrize("text", [SIMPLE, TENANTS], ids=["simple", "tenants"])
def test_the_sandbox_answers_what_is_wrong_with_documents_as_the_proof_says(text: str) -> None:
    world = World.of(text)
    faults = [mutant for _, mutant in mutants.deployments(world.deployment) if is_taken_by_aws(mutant)]
    sent = 0
    for mutant in random.Random(7).sample(faults, 12):
        for one in counterexamples(world, mutant)[:1]:
            for allowed, status, message in statuses(one, mutant):
                if status is not None:
                    assert (status < 300) == allowed, (status, message, one)
                    sent += 1
    assert sent >= 5


def test_the_command_shows_what_the_sandbox_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access = tmp_path / "access.yaml"
    named = SIMPLE.replace("encryption: kms\n", "encryption: kms\n    name: acme-datasets\n")
    access.write_text(named + "guarantees:\n  no-raw: {never: 'GetObject s3://datasets/raw/*'}\n")
    assert main(["prove", "--access", str(access), "--only", "no-raw", "--replay"]) == 1
    assert "sandbox: GET /acme-datasets/raw/ -> 200" in capsys.readouterr().out
    assert main(["prove", "--access", str(access), "--only", "no-raw", "--replay", "--json"]) == 1
    [one] = json.loads(capsys.readouterr().out)["guarantees"]
    assert one["replayed"] == [{"request": "GET /acme-datasets/raw/", "status": 200, "message": ""}]


def test_a_finding_about_files_is_replayed_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme*"}},
    }
    file = tmp_path / "trust.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    assert main(["prove", "--trust", str(file), "--role", "app", "--replay"]) == 1
    assert "AssumeRoleWithWebIdentity arn:aws:iam::111122223333:role/app -> 200" in capsys.readouterr().out
