"""Patterns against an independent matcher that walks all states, and the rules one by one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.policy.pattern import Part, Variable, Wildcard, compile_parts, escape_pattern, literal_head, parse_pattern


def units(text: str) -> list[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[index : index + 2], "little") for index in range(0, len(raw), 2)]


def slow_match(parts: tuple[Part, ...], text: str) -> bool:
    """A set of states over UTF-16 units: obvious, and nothing like the engine's way."""
    tokens: list[int | Wildcard] = []
    for part in parts:
        assert not isinstance(part, Variable)
        tokens.extend(units(part) if isinstance(part, str) else [part])

    def closure(states: set[int]) -> set[int]:
        grown = set(states)
        for state in sorted(states):
            following = state
            while following < len(tokens) and tokens[following] is Wildcard.ANY_TEXT:
                following += 1
                grown.add(following)
        return grown

    states = closure({0})
    for unit in units(text):
        moved = set()
        for state in states:
            token = tokens[state] if state < len(tokens) else None
            if token is Wildcard.ANY_TEXT:
                moved.add(state)
            elif token is Wildcard.ANY_UNIT or token == unit:
                moved.add(state + 1)
        states = closure(moved)
    return len(tokens) in states


def matches(pattern: str, text: str) -> bool:
    return compile_parts(parse_pattern(pattern))(text)


TEXTS = st.text(alphabet="ab/:\n.[\\\U0001f600", max_size=12)
PATTERNS = st.text(alphabet="ab/:\n.[\\\U0001f600**??", max_size=10)


@given(pattern=PATTERNS, text=TEXTS)
def test_the_engine_agrees_with_the_independent_matcher(pattern: str, text: str) -> None:
    parts = parse_pattern(pattern)
    assert compile_parts(parts)(text) == slow_match(parts, text)


@given(text=st.text(alphabet="ab*?$\\{}'\U0001f600", max_size=12))
def test_an_escaped_text_is_a_pattern_for_itself_alone(text: str) -> None:
    parts = parse_pattern(escape_pattern(text))
    assert parts == ((text,) if text else ())
    assert compile_parts(parts)(text)
    assert not compile_parts(parts)(text + "x")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("a*", "a/b\nc", True),
        ("a?c", "a\nc", True),
        ("a?c", "a\U0001f600c", False),
        ("a??c", "a\U0001f600c", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("a\\*", "a*", False),
        ("a\\*", "a\\b", True),
        ("*ab*ab*", "ab", False),
        ("ab*ba", "aba", False),
        ("A", "a", False),
        ("${*}${?}${$}", "*?$", True),
        ("${*}", "a", False),
        ("${unclosed", "${unclosed", True),
    ],
)
def test_a_pattern_matches_as_aws_does(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("home/${aws:username}/*", ("home/", Variable("aws:username"), "/", Wildcard.ANY_TEXT)),
        ("${aws:PrincipalTag/team, 'all hands'}", (Variable("aws:PrincipalTag/team", "all hands"),)),
        ("${k, '}'}x", (Variable("k", "}"), "x")),
        ("${k, ''}", (Variable("k", ""),)),
        ("${k, unquoted}", (Variable("k, unquoted"),)),
        ("a**b", ("a", Wildcard.ANY_TEXT, "b")),
        ("${}", (Variable(""),)),
    ],
)
def test_a_pattern_has_these_parts(pattern: str, parts: tuple[Part, ...]) -> None:
    assert parse_pattern(pattern) == parts


def test_without_variables_a_dollar_is_only_a_dollar() -> None:
    assert parse_pattern("a${aws:username}", variables=False) == ("a${aws:username}",)
    assert parse_pattern("${*}", variables=False) == ("${", Wildcard.ANY_TEXT, "}")


def test_a_variable_without_a_value_is_never_compiled() -> None:
    with pytest.raises(ValueError, match="no value yet"):
        compile_parts(("a", Variable("k"), Wildcard.ANY_UNIT))


def test_the_head_is_what_every_match_starts_with() -> None:
    assert literal_head(parse_pattern("raw/*.csv")) == "raw/"
    assert literal_head(parse_pattern("*")) == ""


@pytest.mark.parametrize("pattern", ["a*" * 20 + "b", "*a" * 20 + "b", "a?*" * 20 + "b", "*" + "?" * 20 + "b"])
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    matcher = compile_parts(parse_pattern(pattern))
    started = time.perf_counter()
    assert matcher("a" * 60) is False
    assert time.perf_counter() - started < 0.01


def test_a_long_text_takes_time_in_proportion() -> None:
    matcher = compile_parts(parse_pattern("*a*aa*aaa*aaaa*b"))
    started = time.perf_counter()
    assert matcher("a" * 1_000_000) is False
    assert time.perf_counter() - started < 1
