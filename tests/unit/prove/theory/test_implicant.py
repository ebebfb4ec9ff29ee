import random

from tests.unit.prove.theory.small import atoms, formulas

from bucketpass.prove.theory.formula import Flag, Matches, Unmodelled, atoms_of, disjunction, evaluate
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.implicant import implicant


def test_an_implicant_makes_the_formula_true_whatever_the_other_atoms_are() -> None:
    chance = random.Random(7)
    tried = 0
    while tried < 200:
        formula = formulas(chance, atoms(chance, "mmmmff"))
        truth = {atom: chance.random() < 0.5 for atom in atoms_of(formula)}
        if not evaluate(formula, truth.__getitem__):
            continue
        tried += 1
        needed = implicant(formula, truth)
        assert needed.items() <= truth.items()
        for _ in range(10):
            other = {atom: chance.random() < 0.5 for atom in truth} | needed
            assert evaluate(formula, other.__getitem__)


def test_a_way_that_needs_no_knowledge_of_the_unmodelled_is_taken_first() -> None:
    unmodelled, text, flag = Unmodelled("a new operator"), Matches("key", Glob.parse("a*")), Flag("p")
    assert implicant(disjunction(unmodelled, text), {unmodelled: True, text: True}) == {text: True}
    assert implicant(disjunction(unmodelled, text, flag), {unmodelled: True, text: True, flag: True}) == {flag: True}
