"""Prover, engine and brute force over small models; and the prover against every single fault in what is deployed.

A few of each in every run. `BUCKETPASS_AGREEMENT=20000` sets the number of models, and asks for all faults (`make agreement`).
"""

import os
import random
from collections import Counter
from dataclasses import replace

import pytest
from tests.declarations import is_taken_by_aws
from tests.unit.prove import drawn, mutants
from tests.unit.prove.receivable import mistakes
from tests.unit.prove.worlds import SIMPLE, TENANTS, World

from bucketpass.decide import NamedPolicy, decide
from bucketpass.deployment.resources import Deployment
from bucketpass.policy import Effect, PolicyDocument
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.question import Verdict, prove
from bucketpass.prove.second_opinion import Opinion, ask_cvc5
from bucketpass.prove.theory.formula import conjunction
from bucketpass.prove.theory.solver import Satisfied, Undecidable, Unsatisfiable, holds, solve

MODELS = int(os.environ.get("BUCKETPASS_AGREEMENT", "300"))
ALL_FAULTS = "BUCKETPASS_AGREEMENT" in os.environ
TRIED = 40

pytestmark = pytest.mark.slow


@pytest.mark.timeout(3600)
def test_prover_engine_and_brute_force_agree_on_small_models() -> None:
    chance = random.Random(14)
    answers: Counter[str] = Counter()
    for number in range(MODELS):
        policies = drawn.layers(chance)
        asked = drawn.request(chance, policies)
        formula = conjunction(asked.facts, allowed(asked, policies))
        outcome = solve(formula, asked.domains)
        answers[type(outcome).__name__] += 1
        witnesses = (drawn.witness(chance, asked) for _ in range(TRIED))
        found = [witness for witness in witnesses if holds(asked.facts, witness) and decide(asked.concrete(witness), policies).allowed]
        match outcome:
            case Satisfied(witness):
                assert decide(asked.concrete(witness), policies).allowed, (number, policies, asked.concrete(witness))
                assert [*mistakes(asked.concrete(witness), short_buckets=True)] == [], (number, policies)
            case Unsatisfiable():
                assert not found, (number, policies, asked.concrete(found[0]))
            case Undecidable(reasons):
                assert reasons
    assert answers["Satisfied"] > MODELS / 5
    assert answers["Unsatisfiable"] > MODELS / 5
    assert answers["Undecidable"] < MODELS / 4


@pytest.mark.timeout(3600)
def test_prover_engine_and_brute_force_agree_on_every_way_into_a_role() -> None:
    chance = random.Random(17)
    answers: Counter[str] = Counter()
    for number in range(MODELS):
        document = drawn.trust(chance)
        asked, admitted, ask = drawn.way_in(chance, document)
        outcome = solve(conjunction(asked.facts, admitted), asked.domains)
        answers[type(outcome).__name__] += 1
        witnesses = (drawn.witness(chance, asked, [drawn.ROLE]) for _ in range(TRIED))
        found = [witness for witness in witnesses if holds(asked.facts, witness) and ask(asked.concrete(witness)).allowed]
        match outcome:
            case Satisfied(witness):
                assert ask(asked.concrete(witness)).allowed, (number, document, asked.concrete(witness))
                assert [*mistakes(asked.concrete(witness))] == [], (number, document)
            case Unsatisfiable():
                assert not found, (number, document, asked.concrete(found[0]))
            case Undecidable(reasons):
                assert reasons
    assert answers["Satisfied"] > MODELS / 5
    assert answers["Unsatisfiable"] > MODELS / 5
    assert answers["Undecidable"] < MODELS / 4


@pytest.mark.timeout(3600)
def test_cvc5_agrees_on_small_models() -> None:
    pytest.importorskip("cvc5")
    chance = random.Random(15)
    agreed = 0
    for number in range(MODELS // 10):
        policies = drawn.layers(chance)
        asked = drawn.request(chance, policies)
        formula = conjunction(asked.facts, allowed(asked, policies))
        ours, theirs = solve(formula, asked.domains), ask_cvc5(formula, asked.domains, 2)
        if not isinstance(ours, Undecidable) and theirs is not Opinion.NONE:
            assert (theirs is Opinion.SATISFIABLE) == isinstance(ours, Satisfied), (number, policies)
            agreed += 1
    assert agreed > MODELS / 10 * 0.6


def only_by_role(deployment: Deployment) -> Deployment:
    """What the bucket's policy allows is taken out, so that no fault in a role's policy hides behind it."""
    buckets = tuple(replace(bucket, policy=bucket.policy and _without(bucket.policy, Effect.ALLOW)) for bucket in deployment.buckets)
    return replace(deployment, buckets=buckets)


def only_by_bucket(deployment: Deployment) -> Deployment:
    """What the roles' policies allow on S3 is taken out, so that no fault in the bucket's policy hides behind it."""
    roles = tuple(replace(role, policies=tuple(_without_s3(policy) for policy in role.policies)) for role in deployment.roles)
    return replace(deployment, roles=roles)


def _without(policy: NamedPolicy, effect: Effect) -> NamedPolicy:
    kept = tuple(statement for statement in policy.document.statements if statement.effect is not effect)
    return replace(policy, document=PolicyDocument(kept))


def _without_s3(policy: NamedPolicy) -> NamedPolicy:
    kept = (
        statement
        for statement in policy.document.statements
        if statement.effect is Effect.DENY or not any(action.startswith("s3:") for action in statement.actions or ())
    )
    return replace(policy, document=PolicyDocument(tuple(kept)))


# Faults that change nothing (`$` is their end), and why: what is left of the statement says the same of every request that there is.
HARMLESS = (
    ("bucket policy", "* for arn:aws:s3:::", "a bucket's policy is asked about that bucket alone"),
    ("bucket policy", "datasets* for arn:aws:s3:::datasets", "a bucket's policy is asked about that bucket alone"),
    ("bucket policy", "homes* for arn:aws:s3:::homes", "a bucket's policy is asked about that bucket alone"),
    ("(Deny", "s3:* for s3:PutObject", "only an upload carries these headers"),
    # S3 takes a KMS key's ID, which DenyManagedKeys demands of an upload that names its encryption, beside KMS alone.
    ("datasets, statement 3 (DenyOtherEncryption)", "): other effect$", "DenyManagedKeys refuses an upload that names another encryption"),
    ("datasets, statement 3 (DenyOtherEncryption)", "): gone$", "DenyManagedKeys refuses an upload that names another encryption"),
    ("datasets, statement 3 (DenyOtherEncryption)", ": * for aws:kms", "DenyManagedKeys refuses an upload that names another encryption"),
    ("DenyOtherEncryption", ": aws:kms* for aws:kms", "no other encryption is called so but aws:kms:dsse, which the bucket takes"),
    ("DenyOtherEncryption", ": aws:kms:dsse* for aws:kms:dsse", "no other encryption is called so"),
    ("DenyOtherEncryption", ": AES256* for AES256", "no other encryption is called so"),
    ("DenyOtherEncryption", "Bool in Null s3:x-amz-server-side-encryption$", "no encryption is called `true`"),
    ("DenyManagedKeys", "Bool in Null s3:x-amz-server-side-encryption$", "no encryption is called `true`: DenyOtherEncryption refuses it"),
    ("DenyCustomerKeys", "Bool in Null s3:x-amz-server-side-encryption-customer-algorithm$", "no encryption is called `true`"),
    ("DenyOthers", "gone in BoolIfExists aws:PrincipalIsAWSService", "no AWS service is let in by any statement"),
    (
        "bucketpass-app",
        "StringLikeIfExists in StringLike aws:PrincipalTag/tenant",
        "the folder takes its name from the tag, or there is none",
    ),
    ("homes", "StringLikeIfExists in StringLike aws:PrincipalTag/tenant", "the folder takes its name from the tag, or there is none"),
    ("bucket policy of homes", "everyone", "Block Public Access refuses strangers what a public policy allows"),
    ("", "without *${", "a wildcard in a tag: STS takes no tag with such a character in it"),
    ("trust policy", "StringEqualsIfExists in StringEquals acme.okta.com/oauth2/default:sub", "STS takes no token without a subject"),
    ("trust policy", "StringEqualsIfExists in StringEquals token.actions.githubusercontent.com:sub", "STS takes no token without one"),
    ("trust policy", "StringEqualsIfExists in StringEquals acme.okta.com/oauth2/default:aud", "STS takes no token without an audience"),
    ("trust policy", "StringEqualsIfExists in StringEquals token.actions.githubusercontent.com:aud", "STS takes no token without one"),
)


def is_harmless(fault: str) -> bool:
    return any(where in fault and what in f"{fault}$" for where, what, _ in HARMLESS)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("by", [only_by_role, only_by_bucket])
@pytest.mark.parametrize("text", [SIMPLE, TENANTS], ids=["simple", "tenants"])
def test_every_single_fault_in_what_is_deployed_is_found(text: str, by: type) -> None:
    world = World.of(text)
    sound = by(world.deployment)
    assert all(prove(guarantee).verdict is Verdict.PROVED for guarantee in guarantees(world.access, sound))
    faults = [(fault, mutant) for fault, mutant in mutants.deployments(sound) if not is_harmless(fault) and is_taken_by_aws(mutant)]
    chosen = faults if ALL_FAULTS else random.Random(16).sample(faults, min(30, len(faults)))
    missed = []
    for fault, mutant in chosen:
        found = next((one for guarantee in guarantees(world.access, mutant) if (one := prove(guarantee).counterexample) is not None), None)
        if found is None:
            missed.append(fault)
        else:
            assert [mistake for request, _ in found.requests for mistake in mistakes(request)] == [], fault
    assert not missed, "\n".join(missed)
