import random

from tests.unit.prove.theory.small import all_texts, literals

from bucketpass.prove.theory.formula import Matches
from bucketpass.prove.theory.glob import STAR, Glob, Hole, Repeat, Units
from bucketpass.prove.theory.literals import Conflict, Literal, Undecided, true_of_text
from bucketpass.prove.theory.texts import solve_texts


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


def test_what_follows_a_beginning_in_common_is_compared_alone() -> None:
    """Whatever `tenant` is, and if it has a slash: below `t/${tenant}/` a name without a slash is not below a folder."""
    below = Matches("key", Glob.of(("t/", Hole("tenant"), "/", Hole("team"), "/", STAR)))
    within = Matches("key", Glob.of(("t/", Hole("tenant"), "/", Repeat(Units(frozenset("/"), negated=True)))))
    found = solve_texts([(below, True), (within, True)])
    assert isinstance(found, Conflict)
    assert set(found.literals) == {(below, True), (within, True)}
    other = Matches("key", Glob.of(("t/", Hole("other"), "/", Repeat(Units(frozenset("/"), negated=True)))))
    assert not isinstance(solve_texts([(below, True), (other, True)]), Conflict)  # `other` may be `${tenant}/${team}`
