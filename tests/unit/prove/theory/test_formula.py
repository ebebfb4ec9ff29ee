import random

from tests.unit.prove.theory.small import atoms, formulas

from bucketpass.prove.theory.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Flag,
    Not,
    atoms_of,
    conjunction,
    disjunction,
    evaluate,
    implication,
    negation,
)

P, Q = Flag("p"), Flag("q")


def test_constants_disappear() -> None:
    assert conjunction() == TRUE
    assert disjunction() == FALSE
    assert conjunction(P, TRUE) == P
    assert conjunction(P, FALSE) == FALSE
    assert disjunction(P, FALSE) == P
    assert disjunction(P, TRUE) == TRUE
    assert negation(FALSE) == TRUE


def test_what_is_said_twice_is_there_once() -> None:
    made = conjunction(P, conjunction(Q, P))
    assert isinstance(made, And)
    assert made.parts == (P, Q)


def test_two_negations_cancel() -> None:
    assert negation(negation(P)) == P
    assert isinstance(negation(P), Not)


def test_an_implication_fails_only_where_the_premise_alone_is_true() -> None:
    truths: list[dict[Atom, bool]] = [{P: p, Q: q} for p in (False, True) for q in (False, True)]
    assert [truth for truth in truths if not evaluate(implication(P, Q), truth.__getitem__)] == [{P: True, Q: False}]


def test_each_atom_is_given_once() -> None:
    assert list(atoms_of(conjunction(disjunction(P, Q), disjunction(negation(Q), P)))) == [P, Q]


def test_a_negation_is_true_where_the_formula_is_not() -> None:
    chance = random.Random(6)
    given = atoms(chance, "mmff")
    for _ in range(100):
        formula = formulas(chance, given)
        truth = {atom: chance.random() < 0.5 for atom in given}.__getitem__
        assert evaluate(negation(formula), truth) != evaluate(formula, truth)
