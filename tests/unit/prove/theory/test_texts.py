import random

from tests.unit.prove.theory.small import all_texts, atoms

from bucketpass.prove.theory.formula import Matches, Some
from bucketpass.prove.theory.glob import STAR, Glob, Hole
from bucketpass.prove.theory.texts import Conflict, Literal, Undecided, solve_texts, true_of_text


def literals(chance: random.Random, kinds: str) -> list[Literal]:
    given = {atom: chance.random() < 0.6 for atom in atoms(chance, kinds) if isinstance(atom, Matches | Some)}
    return list(given.items())


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


def test_templates_in_conflict_are_true_of_no_texts() -> None:
    chance = random.Random(11)
    conflicts = 0
    for _ in range(100):
        found = solve_texts(literals(chance, "ttmm"))
        if isinstance(found, Conflict):
            conflicts += 1
            for one in all_texts(3):
                for two in all_texts(2):
                    assert not all(true_of_text(atom, {"one": one, "two": two}) == truth for atom, truth in found.literals)
    assert conflicts > 5


def test_what_can_be_neither_shown_nor_excluded_is_undecided() -> None:
    # `one` is `two` twice over, and starts and ends differently: true of nothing, but not by any rule that is known here.
    twice = Matches("one", Glob.of((Hole("two"), Hole("two"))))
    found = solve_texts([(twice, True), (Matches("one", Glob.parse("a?b")), True)])
    assert isinstance(found, Conflict | Undecided)


def test_a_template_and_its_variable_get_texts_that_fit() -> None:
    key = Matches("key", Glob.of(("tenants/", Hole("team"), "/", STAR)))
    acme = Matches("key", Glob.parse("tenants/acme/*"))
    assert solve_texts([(key, True), (acme, True)]) == {"team": "acme", "key": "tenants/acme/"}


def test_a_template_in_a_prefix_of_another_one_cannot_leave_it() -> None:
    narrow = Matches("key", Glob.of(("tenants/", Hole("team"), "/", STAR)))
    wide = Matches("key", Glob.parse("tenants/*"))
    found = solve_texts([(narrow, True), (wide, False)])
    assert isinstance(found, Conflict)
    assert set(found.literals) == {(narrow, True), (wide, False)}


def test_a_template_without_the_closing_slash_reaches_a_longer_neighbour() -> None:
    open_end = Matches("key", Glob.of(("tenants/", Hole("team"), STAR)))
    closed = Matches("key", Glob.of(("tenants/", Hole("team"), "/", STAR)))
    found = solve_texts([(open_end, True), (closed, False)])
    assert isinstance(found, dict)
    assert true_of_text(open_end, found)
    assert not true_of_text(closed, found)


def test_two_tenants_have_no_key_in_common_where_names_hold_no_slash() -> None:
    def folder(tag: str) -> Matches:
        return Matches("key", Glob.of(("tenants/", Hole(tag), "/", STAR)))

    slash = Glob.parse("*/*")
    differ = (Matches("one", Glob.of((Hole("two"),))), False)
    both = [(folder("one"), True), (folder("two"), True), differ]
    fences: list[Literal] = [(Matches("one", slash), False), (Matches("two", slash), False)]
    assert isinstance(solve_texts([*both, *fences]), Conflict)
    found = solve_texts(both)
    assert isinstance(found, dict)
    assert found["one"] != found["two"]
    assert all(true_of_text(atom, found) == truth for atom, truth in both)


def test_each_element_of_a_list_meets_what_all_must_meet() -> None:
    some_a, all_short = Some("tags", (Glob.parse("a*"),)), Some("tags", (Glob.parse("??*"),))
    assert solve_texts([(some_a, True), (all_short, False)]) == {"tags": ("a",)}
    assert isinstance(solve_texts([(Some("tags", (Glob.parse("aa*"),)), True), (all_short, False)]), Conflict)
