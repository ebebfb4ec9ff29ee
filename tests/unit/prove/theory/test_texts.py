import random

from tests.unit.prove.theory.small import all_texts, literals

from bucketpass.prove.theory.formula import Some
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.literals import Conflict, true_of_text
from bucketpass.prove.theory.texts import solve_texts


def test_texts_that_are_found_make_all_literals_true() -> None:
    chance = random.Random(9)
    for _ in range(120):
        wanted = literals(chance, "mmmtss")
        found = solve_texts(wanted)
        if isinstance(found, dict):
            assert all(true_of_text(atom, found) == truth for atom, truth in wanted)


def test_literals_in_conflict_are_true_of_no_texts_and_none_is_needless() -> None:
    chance = random.Random(10)
    conflicts = 0
    for _ in range(300):
        found = solve_texts([literal for literal in literals(chance, "mmmmmm") if literal[0].variable == "one"])
        if isinstance(found, Conflict):
            conflicts += 1
            assert not any(all(true_of_text(atom, {"one": text}) == truth for atom, truth in found.literals) for text in all_texts(6))
            for needless in range(len(found.literals)):
                assert isinstance(solve_texts(found.literals[:needless] + found.literals[needless + 1 :]), dict)
    assert conflicts > 20


def test_each_element_of_a_list_meets_what_all_must_meet() -> None:
    some_a, all_short = Some("tags", (Glob.parse("a*"),)), Some("tags", (Glob.parse("??*"),))
    assert solve_texts([(some_a, True), (all_short, False)]) == {"tags": ("a",)}
    assert isinstance(solve_texts([(Some("tags", (Glob.parse("aa*"),)), True), (all_short, False)]), Conflict)
