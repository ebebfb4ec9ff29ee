import random

import pytest

from bucketpass.prove.theory.formula import Among, Flag, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.propagate import is_contradictory
from bucketpass.prove.theory.skeleton import Skeleton
from bucketpass.prove.theory.solver import Satisfied, solve

DOMAINS = {"action": ("get", "put", "list")}
GLOBS = ("a", "a*", "a/*", "b*", "a/b", "*b", "a/b*", "?", "*")


def atom(chance: random.Random) -> Formula:
    match chance.randrange(3):
        case 0:
            return Flag(chance.choice("pqr"))
        case 1:
            return Among("action", frozenset(chance.sample(DOMAINS["action"], chance.randint(1, 2))))
    return Matches(chance.choice("xy"), Glob.parse(chance.choice(GLOBS)))


def formula(chance: random.Random, depth: int) -> Formula:
    if depth == 0 or chance.random() < 0.2:
        found = atom(chance)
        return negation(found) if chance.random() < 0.4 else found
    joined = chance.choice([conjunction, disjunction])
    found = joined(*(formula(chance, depth - 1) for _ in range(chance.randint(2, 4))))
    return negation(found) if chance.random() < 0.3 else found


def test_what_is_said_to_be_contradictory_is() -> None:
    chance, seen = random.Random(5), {True: 0, False: 0}
    for _ in range(1500):
        one = conjunction(*(formula(chance, 2) for _ in range(chance.randint(2, 6))))
        expected = not isinstance(solve_without_it(one), Satisfied)
        found = is_contradictory(one, DOMAINS)
        assert not found or expected, one
        seen[found] += 1
    assert min(seen.values()) > 200


def solve_without_it(one: Formula) -> object:
    """The solver's answer to the formula beside a flag that it cannot see through: z3 is asked all the same."""
    return solve(disjunction(conjunction(one, *wide()), conjunction(one, *wide())), DOMAINS)


def wide() -> list[Formula]:
    return [disjunction(*(Flag(f"{number} {choice}") for choice in range(3))) for number in range(6)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Among("action", frozenset({"get"})), Among("action", frozenset({"put", "list"}))),
        (Matches("x", Glob.parse("a/b")), Matches("x", Glob.parse("b*"))),
        (Matches("x", Glob.parse("a/*")), negation(Matches("x", Glob.parse("a*")))),
        (negation(Matches("x", Glob.parse("a*"))), Matches("x", Glob.parse("a/*"))),
        (Flag("p"), disjunction(negation(Flag("p")), conjunction(Flag("q"), negation(Flag("q"))))),
    ],
)
def test_plain_contradictions_are_seen(one: Formula, other: Formula) -> None:
    assert is_contradictory(conjunction(one, other), DOMAINS)


def test_too_many_splits_are_left_open() -> None:
    many = [disjunction(Flag(f"{number} a"), Flag(f"{number} b")) for number in range(12)]
    odd = conjunction(*many, *(disjunction(negation(Flag(f"{n} a")), negation(Flag(f"{n + 1} a"))) for n in range(11)), Flag("p"))
    assert not is_contradictory(odd, {}, splits=3)
    assert Skeleton(odd, {}).propose(10) is not None
