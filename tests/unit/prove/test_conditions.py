import random

import pytest
from tests.unit.prove import drawn

from bucketpass.decide import NamedPolicy, PolicySet, PrincipalKind
from bucketpass.decide.conditions import compile_condition
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement
from bucketpass.policy.operators import OPERATORS, Family
from bucketpass.prove.conditions import holds
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import Unmodelled, atoms_of
from bucketpass.prove.theory.solver import holds as true_of
from bucketpass.prove.vocabulary import Vocabulary

WHO = SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::1:user/ann", "1")


def request_of(*lines: Condition) -> SymbolicRequest:
    return SymbolicRequest.of(WHO, drawn.ACTIONS, Vocabulary.of([PolicyDocument((Statement(Effect.ALLOW, conditions=lines),))]), {})


def unmodelled(condition: Condition, *others: Condition) -> list[str]:
    formula = holds(condition, request_of(condition, *others), variables=True, effect=Effect.ALLOW)
    return [atom.what for atom in atoms_of(formula) if isinstance(atom, Unmodelled)]


@pytest.mark.parametrize("name", list(OPERATORS))
def test_a_condition_is_true_of_exactly_the_contexts_in_which_the_engine_says_that_it_holds(name: str) -> None:
    chance = random.Random(name)
    family = OPERATORS[name].family
    compared = 0
    for _ in range(120):
        prefix = "" if family is Family.NULL else chance.choice(["", "", "ForAllValues:", "ForAnyValue:"])
        suffix = "" if family is Family.NULL else chance.choice(["", "", "IfExists"])
        keys = ["s3:prefix", "aws:TagKeys", "s3:max-keys"] if family is Family.NULL else drawn.KEYS[family]
        values = tuple(chance.choice(drawn.OPERANDS[family]) for _ in range(chance.choice([0, 1, 1, 2, 3])))
        line = Condition(f"{prefix}{name}{suffix}", chance.choice(keys), values)
        effect, variables = chance.choice(list(Effect)), chance.random() < 0.8
        asked = request_of(line)
        formula = holds(line, asked, variables=variables, effect=effect)
        if any(isinstance(atom, Unmodelled) for atom in atoms_of(formula)):
            continue
        test = compile_condition(line, variables=variables, effect=effect)
        for _ in range(10):
            witness = drawn.witness(chance, asked)
            context = {key.lower(): value for key, value in asked.concrete(witness).context.items()}
            assert true_of(formula, witness) == test(context), (line, context)
            compared += 1
    assert compared > 300 or family is Family.BINARY


def test_what_is_not_modelled_names_itself() -> None:
    level = "aws:PrincipalTag/level"
    assert unmodelled(Condition("StringNearly", "s3:prefix", ("a",))) == ["the operator `StringNearly`"]
    assert unmodelled(Condition("BinaryEquals", "s3:prefix", ("YQ==",))) == ["`BinaryEquals` of `s3:prefix`, which is a text or a list"]
    assert unmodelled(Condition("ForAnyValue:ArnLike", "aws:PrincipalOrgPaths", ("arn:aws:s3:::b",))) != []
    assert unmodelled(Condition("StringEquals", level, ("1",)), Condition("NumericLessThan", level, ("5",))) != []
    assert unmodelled(Condition("StringEqualsIgnoreCase", "s3:prefix", ("\u0130",))) != []


def test_what_is_modelled_leaves_nothing_open() -> None:
    for line in (
        Condition("StringEqualsIgnoreCase", "s3:prefix", ("Straße",)),
        Condition("StringEquals", "aws:SecureTransport", ("true",)),
        Condition("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", ("a*",)),
        Condition("ArnLike", "s3:DataAccessPointArn", ("arn:aws:s3:::${aws:PrincipalTag/t}",)),
        Condition("NotIpAddress", "aws:SourceIp", ("10.0.0.0/8",)),
    ):
        assert unmodelled(line) == []


def test_layers_without_conditions_need_no_keys() -> None:
    layers = PolicySet(identity=(NamedPolicy("p", PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))),))
    assert Vocabulary.of([layers.identity[0].document]).conditions == {}
