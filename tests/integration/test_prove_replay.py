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


def test_a_boundary_of_aws_s_own_is_read_and_in_force_in_the_sandbox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access = tmp_path / "access.yaml"
    bounded = "  app:\n    permissions_boundary: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\n"
    access.write_text(TENANTS.replace("  app:\n", bounded))
    assert main(["prove", "--access", str(access), "--only", "requests of app", "--replay"]) == 1
    shown = capsys.readouterr().out
    assert "assumed: managed policy AmazonS3ReadOnlyAccess (v" in shown
    assert " -> 403 AccessDenied" in shown


def with_key_statement(world: World, actions: tuple[str, ...], principal: PrincipalElement) -> Deployment:
    [key] = world.deployment.keys
    statement = Statement(Effect.ALLOW, actions=actions, resources=("*",), principal=principal)
    document = PolicyDocument((*key.policy.document.statements, statement))
    return replace(world.deployment, keys=(replace(key, policy=replace(key.policy, document=document)),))


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"])
def test_whoever_a_key_lets_in_uses_or_destroys_it_in_the_sandbox(action: str) -> None:
    world = World.of(SIMPLE)
    changed = with_key_statement(world, (action,), PrincipalElement(aws=("arn:aws:iam::444455556666:role/x",)))
    [found] = counterexamples(world, changed)
    assert statuses(found, changed) == [(True, 200, "")]


def test_an_account_that_its_canonical_user_id_names_is_let_in_by_the_sandbox() -> None:
    world = World.of(TENANTS)
    element = PrincipalElement(canonical_user=("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",))
    changed = with_bucket_statement(
        world, Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::homes/*",), principal=element)
    )
    [found] = [one for one in counterexamples(world, changed) if "canonical" in one.description]
    assert statuses(found, changed) == [(True, 200, "")]


def open_to_another_account(action: str) -> tuple[World, Deployment]:
    world = World.of(TENANTS)
    return world, with_bucket_statement(
        world,
        Statement(
            Effect.ALLOW,
            actions=(action,),
            resources=("arn:aws:s3:::homes", "arn:aws:s3:::homes/*"),
            principal=PrincipalElement(aws=("arn:aws:iam::444455556666:role/x",)),
        ),
    )


@pytest.mark.parametrize("action", ["s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration", "s3:AbortMultipartUpload"])
def test_a_change_of_settings_is_sent_with_what_it_needs(action: str) -> None:
    world, changed = open_to_another_account(action)
    [(allowed, status, message)] = statuses(counterexamples(world, changed)[0], changed)
    assert allowed and status is not None and status < 300, message


def test_a_bucket_policy_is_for_its_own_account_to_change_whatever_it_allows() -> None:
    for action in ("s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"):
        assert counterexamples(*open_to_another_account(action)) == []


@pytest.mark.parametrize(
    ("element", "why"),
    [
        (PrincipalElement(service=("cloudfront.amazonaws.com",)), "only the AWS service itself signs such a request"),
        (PrincipalElement(aws=("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1A",)), "only CloudFront signs"),
        (PrincipalElement(aws=("AROADBQP57FF2AEXAMPLE",)), "the sandbox gives roles and users unique IDs of its own"),
    ],
)
def test_what_no_client_can_send_is_said(element: PrincipalElement, why: str) -> None:
    world = World.of(TENANTS)
    changed = with_bucket_statement(
        world, Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::homes/*",), principal=element)
    )
    [found] = counterexamples(world, changed)
    [(_, status, message)] = statuses(found, changed)
    assert status is None
    assert message.startswith(why)
