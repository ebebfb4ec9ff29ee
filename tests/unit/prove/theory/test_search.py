import random

import pytest
from tests.unit.prove.theory.small import all_texts, matches, pattern

from bucketpass.prove.theory.glob import STAR, Glob, Hole
from bucketpass.prove.theory.search import (
    Clause,
    SearchTooLarge,
    excluded,
    included,
    inclusions,
    inside,
    outside,
    shortest,
)


def meets(text: str, wanted: list[tuple[list[str], list[str]]]) -> bool:
    return all(any(matches(one, text) for one in inside) or any(not matches(one, text) for one in outside) for inside, outside in wanted)


def test_the_shortest_text_of_any_combination_is_what_trying_all_texts_finds() -> None:
    chance = random.Random(2)
    for _ in range(400):
        wanted = [
            ([pattern(chance) for _ in range(chance.randint(0, 2))], [pattern(chance) for _ in range(chance.randint(0, 2))])
            for _ in range(chance.randint(1, 3))
        ]
        found = shortest([Clause(tuple(map(Glob.parse, inside)), tuple(map(Glob.parse, outside))) for inside, outside in wanted])
        tried = next((text for text in all_texts(6) if meets(text, wanted)), None)
        if found is None:
            assert tried is None
        else:
            assert meets(found, wanted)
            assert tried is None or len(found) == len(tried)


def test_what_is_included_is_what_trying_all_texts_finds() -> None:
    chance = random.Random(3)
    for _ in range(250):
        one, other = pattern(chance, 3), pattern(chance, 3)
        texts = all_texts(6)
        assert included(Glob.parse(one), Glob.parse(other)) == all(matches(other, text) for text in texts if matches(one, text))


def test_inclusions_found_by_reading_globs_as_words_are_inclusions() -> None:
    chance = random.Random(4)
    globs = [Glob.parse(pattern(chance)) for _ in range(40)]
    found = inclusions(globs, globs)
    assert len(found) > len(globs)
    assert all(shortest((inside(globs[narrow]), outside(globs[wide]))) is None for narrow, wide in found)


def test_a_text_is_never_half_a_character() -> None:
    assert shortest((inside(Glob.parse("😀?")),)) == "😀x"
    assert shortest((inside(Glob.parse("??")), outside(Glob.parse("😀")))) == "😁"
    assert shortest((inside(Glob.of(("\ud83d", STAR))), outside(Glob.parse("😀*")))) not in (None, "\ud83d")


def test_a_search_that_grows_too_large_is_stopped_and_says_so() -> None:
    clauses = [inside(Glob.parse(f"*{letter}{'?' * 12}")) for letter in "abcdefgh"]
    with pytest.raises(SearchTooLarge):
        shortest(clauses, limit=1000)


def template(before: str, after: str) -> Glob:
    return Glob.of([*Glob.parse(before).parts(), Hole("v"), *Glob.parse(after).parts()])


def test_a_template_is_included_in_another_where_it_is_whatever_stands_in_the_hole() -> None:
    assert included(template("tenants/", "/x/*"), template("tenants/", "/*"))
    assert not included(template("tenants/", "*"), template("tenants/", "/*"))
    assert included(template("tenants/", "/*"), Glob.parse("tenants/*"))
    assert not included(template("tenants/", ""), Glob.parse("tenants/?"))


def test_excluded_templates_have_no_text_in_common_for_any_text_in_the_hole() -> None:
    chance = random.Random(5)
    proved = 0
    for _ in range(400):
        base = template(pattern(chance, 2), pattern(chance, 2))
        refused = template(pattern(chance, 2), pattern(chance, 2)) if chance.random() < 0.5 else Glob.parse(pattern(chance, 3))
        also = Glob.parse(pattern(chance, 3))
        if excluded([inside(base), outside(refused)], [inside(also)]):
            proved += 1
            for value in all_texts(2):
                filled, without, too = (glob.fill({"v": value}) for glob in (base, refused, also))
                assert not any(filled.matches(text) and too.matches(text) and not without.matches(text) for text in all_texts(4))
    assert proved > 20
