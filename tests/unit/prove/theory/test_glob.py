import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.prove.theory.small import all_texts, matches, pattern

from bucketpass.prove.theory.glob import ANY, NOT_COLON, STAR, Glob, Hole, Repeat, Units, code_units

PATTERNS = st.text(alphabet="ab?*", max_size=7)
TEXTS = st.text(alphabet="abx:/\n", max_size=9)


@given(PATTERNS, TEXTS)
def test_a_glob_matches_what_the_obvious_matcher_matches(written: str, text: str) -> None:
    assert Glob.parse(written).matches(text) == matches(written, text)


@given(PATTERNS)
def test_the_parts_of_a_glob_make_the_same_glob(written: str) -> None:
    assert Glob.of(Glob.parse(written).parts()) == Glob.parse(written)


@given(PATTERNS, TEXTS)
def test_a_matching_text_has_the_literal_prefix_and_suffix(written: str, text: str) -> None:
    glob = Glob.parse(written)
    if glob.matches(text):
        assert text.startswith(glob.literal_prefix())
        assert text[::-1].startswith(glob.literal_suffix())
        assert not glob.is_literal or text == glob.literal_prefix()


@given(PATTERNS, st.sampled_from("abx"), st.integers(0, 2))
def test_filling_the_wildcards_gives_a_text_that_matches(written: str, filler: str, repeat: int) -> None:
    glob = Glob.parse(written)
    assert glob.matches(glob.shortest_fill(filler, repeat))


def test_a_star_crosses_slashes_and_newlines() -> None:
    assert Glob.parse("a*b").matches("a/\n/b")


def test_a_question_mark_is_one_utf_16_unit() -> None:
    assert not Glob.parse("?").matches("😀")
    assert Glob.parse("??").matches("😀")
    assert Glob.parse("é?").matches("éé")
    assert code_units("a😀") == "a\ud83d\ude00"


@pytest.mark.parametrize("character", "[].\\^$+(){}|")
def test_no_other_character_is_special(character: str) -> None:
    assert Glob.parse(character).matches(character)
    assert not Glob.parse(character).matches("x")


def test_a_star_before_a_question_mark_is_the_same_glob_as_after_it() -> None:
    assert Glob.parse("a*??") == Glob.parse("a??*") == Glob.parse("a?*?")


def test_a_repeat_of_some_units_stops_at_the_others() -> None:
    glob = Glob.of(("a:", Repeat(NOT_COLON), ":b"))
    assert glob.matches("a:xx:b")
    assert not glob.matches("a:x:x:b")
    assert not glob.matches("a:x:x:b:b")


def test_a_set_of_units_matches_each_of_them() -> None:
    glob = Glob.of((Units(frozenset("kK\u212a")), ANY))
    assert [glob.matches(text) for text in ("kx", "Kx", "\u212ax", "x", "xx")] == [True, True, True, False, False]


def test_a_template_is_filled_with_literal_characters() -> None:
    template = Glob.of(("tenants/", Hole("team"), "/", STAR))
    filled = template.fill({"team": "*"})
    assert filled.matches("tenants/*/key")
    assert not filled.matches("tenants/other/key")
    assert str(template) == "tenants/${team}/*"


def test_a_widened_template_matches_whatever_it_matches_filled() -> None:
    chance = random.Random(1)
    for _ in range(200):
        template = Glob.of([*Glob.parse(pattern(chance)).parts(), Hole("v"), *Glob.parse(pattern(chance)).parts()])
        filled, widened = template.fill({"v": chance.choice(["", "a", "ba"])}), template.widen()
        assert all(widened.matches(text) for text in all_texts(4) if filled.matches(text))
