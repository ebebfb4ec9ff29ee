import random
from dataclasses import replace

import pytest
from tests.unit.prove import drawn

from bucketpass.decide import NamedPolicy, PolicySet, PrincipalKind, decide
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.actions import UNLISTED
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import Unmodelled, atoms_of, conjunction
from bucketpass.prove.theory.solver import Satisfied, Unsatisfiable, Witness, holds, solve
from bucketpass.prove.vocabulary import Vocabulary

SSE = "s3:x-amz-server-side-encryption"


@pytest.mark.parametrize("seed", range(6))
def test_the_formula_is_true_of_exactly_the_requests_that_the_engine_allows(seed: int) -> None:
    chance = random.Random(seed)
    compared = {True: 0, False: 0}
    for _ in range(150):
        policies = drawn.layers(chance)
        asked = drawn.request(chance, policies)
        formula = allowed(asked, policies)
        if any(isinstance(atom, Unmodelled) for atom in atoms_of(formula)):
            continue
        for _ in range(8):
            witness = drawn.witness(chance, asked)
            request = asked.concrete(witness)
            assert holds(formula, witness) == decide(request, policies).allowed, (request, policies)
            compared[decide(request, policies).allowed] += 1
    assert compared[True] > 50
    assert compared[False] > 50


def test_a_boundary_beside_not_principal_binds_only_who_has_an_account() -> None:
    everything = Statement(Effect.ALLOW, actions=("*",), resources=("*",))
    named = PrincipalElement(federated=("acme.example",))
    bucket = (replace(everything, principal=named), replace(everything, effect=Effect.DENY, not_principal=named))
    boundary = (NamedPolicy("boundary", PolicyDocument((everything,))),)
    policies = PolicySet(resource=(NamedPolicy("bucket", PolicyDocument(bucket)),), boundary=boundary)
    asked = SymbolicRequest.of(SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, "acme.example"), ("s3:GetObject",), Vocabulary.of([]), {})
    witness = Witness(texts={"resource": "arn:aws:s3:::a/b"})
    assert decide(asked.concrete(witness), policies).allowed
    assert holds(allowed(asked, policies), witness)


@pytest.mark.parametrize(
    ("action", "resource"),
    [("kms:ListAliases", "*"), ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1"), ("sts:GetCallerIdentity", "*")],
)
def test_only_an_action_on_a_key_or_a_role_needs_its_policy(action: str, resource: str) -> None:
    policies = PolicySet(identity=(NamedPolicy("all", PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))),))
    user = SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::111122223333:user/ann", "111122223333")
    for actions in ((action,), (action, UNLISTED)):
        asked = SymbolicRequest.of(user, actions, Vocabulary.of([]), {}, resource_account="111122223333")
        witness = Witness(texts={"resource": resource}, values={asked.action: action})
        request = asked.concrete(witness)
        assert (request.action, request.resource) == (action, resource)
        assert holds(allowed(asked, policies), witness) == decide(request, policies).allowed == (resource == "*")


@pytest.mark.parametrize("account", ["111122223333", "444455556666"])
@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl"])
def test_a_buckets_policy_is_a_matter_of_the_owning_account_alone(action: str, account: str) -> None:
    everybody = Statement(Effect.ALLOW, actions=("s3:*",), resources=("*",), principal=PrincipalElement(everyone=True))
    own = NamedPolicy("all", PolicyDocument((replace(everybody, principal=None),)))
    policies = PolicySet(identity=(own,), resource=(NamedPolicy("bucket", PolicyDocument((everybody,))),))
    user = SymbolicPrincipal(PrincipalKind.USER, f"arn:aws:iam::{account}:user/ann", account)
    asked = SymbolicRequest.of(user, (action, "s3:GetBucketAcl", UNLISTED), Vocabulary.of([]), {}, resource_account="111122223333")
    witness = Witness(texts={"resource": "arn:aws:s3:::datasets"}, values={asked.action: action})
    expected = account == "111122223333" or action == "s3:PutBucketAcl"
    decision = decide(asked.concrete(witness), policies)
    assert decision.allowed == holds(allowed(asked, policies), witness) == expected
    assert (decision.refusal is None) == expected


@pytest.mark.parametrize(("left_out", "outcome"), [("aws:kms:dsse", Satisfied), ("none", Unsatisfiable)])
def test_an_upload_names_an_encryption_that_s3_has_or_none(left_out: str, outcome: type) -> None:
    there = tuple(name for name in ("AES256", "aws:kms", "aws:kms:dsse", "aws:fsx") if name != left_out)
    lines = (Condition("StringNotEquals", SSE, there), Condition("Null", SSE, ("false",)))
    statement = Statement(Effect.ALLOW, actions=("s3:PutObject",), resources=("*",), conditions=lines)
    policies = PolicySet(identity=(NamedPolicy("own", PolicyDocument((statement,))),))
    user = SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::111122223333:user/ann", "111122223333")
    asked = SymbolicRequest.of(user, ("s3:PutObject",), Vocabulary.of(documents_of(policies)), {})
    found = solve(conjunction(asked.facts, allowed(asked, policies)), asked.domains)
    assert isinstance(found, outcome)
    if isinstance(found, Satisfied):
        assert asked.concrete(found.witness).context[SSE] == left_out
