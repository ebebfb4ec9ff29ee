import random
from itertools import product

import pytest
from tests.unit.prove.theory.small import VALUES, all_texts, atoms, flag_choices, formulas

from bucketpass.prove.theory.formula import TRUE, Flag, Formula, Matches, Unmodelled, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Satisfied, Undecidable, Unsatisfiable, Witness, holds, solve

DOMAINS = {"colour": VALUES}
LISTS: list[tuple[str, ...]] = [(), ("",), ("a",), ("b",), ("ab",), ("x",), ("a", "b"), ("aa", "x"), ("ba", "bb")]


def tried(formula: Formula, kinds: str) -> bool:
    """True where some small request is found by trying them all."""
    ones = all_texts(4) if "m" in kinds or "t" in kinds else ("",)
    return any(
        holds(formula, Witness({"one": one, "two": two, "list": elements}, {"colour": colour}, flags))
        for one in ones
        for two in (all_texts(2) if "m" in kinds or "t" in kinds else ("",))
        for elements in (LISTS if "s" in kinds else LISTS[:1])
        for colour in (VALUES if "v" in kinds else VALUES[:1])
        for flags in (flag_choices() if "f" in kinds else [{}])
    )


@pytest.mark.parametrize("kinds", ["mmmm", "mmff", "mvvf", "ssfm", "tmm", "ttf", "vvvff"])
def test_an_answer_agrees_with_trying_all_small_requests(kinds: str) -> None:
    chance = random.Random(kinds)
    answers = {Satisfied: 0, Unsatisfiable: 0, Undecidable: 0}
    for _ in range(40):
        formula = formulas(chance, atoms(chance, kinds))
        outcome = solve(formula, DOMAINS)
        answers[type(outcome)] += 1
        match outcome:
            case Satisfied(witness):
                assert holds(formula, witness)
            case Unsatisfiable():
                assert not tried(formula, kinds)
            case Undecidable():
                assert "t" in kinds
    assert answers[Undecidable] < 6
    assert answers[Satisfied] > 10
    assert answers[Unsatisfiable] > 0


def test_a_difference_of_many_prefixes_is_found_or_excluded_at_once() -> None:
    narrow = [Matches("key", Glob.parse(f"team-{index}/year=????/*.parquet")) for index in range(60)]
    wide = [Matches("key", Glob.parse(f"team-{index}/*")) for index in range(60)]
    rounds: list[int] = []
    outcome = solve(conjunction(disjunction(*narrow), negation(disjunction(*wide))), progress=rounds.append)
    assert outcome == Unsatisfiable()
    assert len(rounds) < 10
    outcome = solve(conjunction(disjunction(*narrow), negation(disjunction(*wide[:-1]))))
    assert isinstance(outcome, Satisfied)
    assert outcome.witness.texts == {"key": "team-59/year=xxxx/.parquet"}


def test_a_proof_holds_whatever_the_unmodelled_is() -> None:
    unmodelled, flag = Unmodelled("a new operator"), Flag("p")
    assert solve(conjunction(unmodelled, flag, negation(flag))) == Unsatisfiable()


def test_an_answer_that_rests_on_the_unmodelled_is_unknown_and_names_it() -> None:
    assert solve(conjunction(Unmodelled("a new operator"), Flag("p"))) == Undecidable(("a new operator",))
    assert solve(conjunction(negation(Unmodelled("a new operator")), Flag("p"))) == Undecidable(("a new operator",))


def test_a_witness_does_not_rest_on_the_unmodelled() -> None:
    outcome = solve(disjunction(Unmodelled("a new operator"), Flag("p")))
    assert isinstance(outcome, Satisfied)
    assert outcome.witness.flags["p"]


def test_no_time_is_an_answer_of_its_own_and_never_a_proof() -> None:
    outcome = solve(conjunction(Flag("p"), negation(Flag("p"))), seconds=0)
    assert outcome == Undecidable(("the time that was given ran out",))


def test_a_formula_that_is_always_true_needs_no_solver() -> None:
    assert solve(TRUE) == Satisfied(Witness())


def test_all_shapes_of_shared_parts_are_kept_apart() -> None:
    flags = [Flag(f"f{index}") for index in range(6)]
    shared = [disjunction(one, negation(other)) for one, other in product(flags, repeat=2) if one != other]
    assert isinstance(solve(conjunction(*shared)), Satisfied)
    assert solve(conjunction(*shared, flags[0], negation(flags[5]))) == Unsatisfiable()
