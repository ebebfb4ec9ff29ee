import random

import pytest
from tests.unit.prove.theory.small import VALUES, atoms, formulas

from bucketpass.prove.second_opinion import Opinion, SecondOpinion, ask_cvc5
from bucketpass.prove.theory.formula import Flag, Formula, Matches, Unmodelled, conjunction, negation
from bucketpass.prove.theory.glob import NOT_COLON, Glob, Hole, Repeat, Units
from bucketpass.prove.theory.solver import Satisfied, Undecidable, Unsatisfiable, solve

pytest.importorskip("cvc5")
DOMAINS = {"colour": VALUES}
EXPECTED = {Satisfied: Opinion.SATISFIABLE, Unsatisfiable: Opinion.UNSATISFIABLE}


@pytest.mark.parametrize("kinds", ["mmmm", "mvvf", "ssfm", "sss", "tmm", "ttf"])
def test_cvc5_agrees(kinds: str) -> None:
    chance = random.Random(kinds)
    agreed = 0
    for _ in range(60):
        formula = formulas(chance, atoms(chance, kinds))
        ours, theirs = solve(formula, DOMAINS), ask_cvc5(formula, DOMAINS, 5)
        if not isinstance(ours, Undecidable) and theirs is not Opinion.NONE:
            assert theirs is EXPECTED[type(ours)], formula
            agreed += 1
    assert agreed > 50


def test_sets_of_units_and_repeats_are_said_in_strings() -> None:
    fenced = Matches("text", Glob.of(("arn:", Repeat(NOT_COLON), ":", Units(frozenset("kK")))))
    assert ask_cvc5(conjunction(fenced, Matches("text", Glob.parse("arn:*:K"))), {}, 5) is Opinion.SATISFIABLE
    assert ask_cvc5(conjunction(fenced, Matches("text", Glob.parse("arn:*:*:?"))), {}, 5) is Opinion.UNSATISFIABLE


def test_quotes_and_other_characters_are_themselves() -> None:
    odd = '"\\u{41}é*'
    assert ask_cvc5(conjunction(Matches("text", Glob.literal(odd)), Matches("text", Glob.parse('"*?*'))), {}, 5) is Opinion.SATISFIABLE
    assert ask_cvc5(conjunction(Matches("text", Glob.literal(odd)), Matches("text", Glob.parse("*A*"))), {}, 5) is Opinion.UNSATISFIABLE


def test_agreement_is_counted() -> None:
    opinion = SecondOpinion()
    assert opinion.solve(conjunction(Flag("p"), negation(Flag("p"))), {}, 10) == Unsatisfiable()
    assert isinstance(opinion.solve(Flag("p"), {}, 10), Satisfied)
    assert (opinion.asked, opinion.agreed) == (2, 2)


def test_a_proof_that_only_cvc5_finds_is_taken() -> None:
    # `one` is `two` and then `a`, and also `two` and then `b`: neither searches of ours can tell.
    one_way = Matches("one", Glob.of((Hole("two"), "a")))
    other_way = Matches("one", Glob.of((Hole("two"), "b")))
    formula: Formula = conjunction(one_way, other_way)
    assert isinstance(SecondOpinion().solve(formula, {}, 10), Unsatisfiable)


def test_what_is_not_modelled_stays_unknown() -> None:
    assert isinstance(SecondOpinion().solve(Unmodelled("a new operator"), {}, 10), Undecidable)
