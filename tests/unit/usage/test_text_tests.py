"""SQL answers what the engine's own matcher answers."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from bucketpass.policy.pattern import compile_parts, parse_pattern
from bucketpass.usage.text_tests import TextTest, any_of, text_test

PIECES = st.sampled_from(["a", "b", "/", "%", "_", "!", "'", "é", "😀", "*", "?", "raw/", "${*}"])
PATTERNS = st.lists(PIECES, max_size=5).map("".join)
TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "/", "%", "_", "!", "'", "é", "😀", "raw/", "*"]), max_size=6).map("".join), min_size=2, max_size=12
)
VARIABLES = {"aws:principaltag/t": "session_classes.variable_0"}


def answers(test: TextTest, texts: list[str], session: tuple[str | None, str | None] = (None, None)) -> list[int]:
    perhaps = f"WHEN {test.perhaps.text} THEN 1" if test.perhaps is not None else ""
    parameters = [*test.holds.parameters, *(test.perhaps.parameters if test.perhaps is not None else ())]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE session_classes (access_key_id VARCHAR, variable_0 VARCHAR)")
        connection.execute("INSERT INTO session_classes VALUES (?, ?)", session)
        connection.execute("CREATE TABLE texts (number INT, text VARCHAR)")
        connection.executemany("INSERT INTO texts VALUES (?, ?)", list(enumerate(texts)))
        query = f"SELECT CASE WHEN {test.holds.text} THEN 2 {perhaps} ELSE 0 END FROM texts, session_classes ORDER BY number"
        return [number for (number,) in connection.execute(query, parameters).fetchall()]


@settings(max_examples=80, deadline=None)
@given(PATTERNS, TEXTS)
def test_a_text_that_the_pattern_matches_and_no_other(pattern: str, texts: list[str]) -> None:
    test, matches = text_test("text", parse_pattern(pattern), {}), compile_parts(parse_pattern(pattern))
    if test is not None:
        assert answers(test, texts) == [2 if matches(text) else 0 for text in texts]


def test_only_what_sql_counts_otherwise_is_left_open() -> None:
    assert [text for text in ("a*", "*a*", "a?*", "a", "a?", "??*", "a?b") if text_test("text", parse_pattern(text), {}) is None] == [
        "a?",
        "??*",
        "a?b",
    ]


def test_a_variable_has_the_sessions_value_and_is_any_text_where_the_session_is_not_known() -> None:
    for pattern in ("t/${aws:PrincipalTag/t}/*", "*/${aws:PrincipalTag/t}/*"):
        test = text_test("text", parse_pattern(pattern), VARIABLES)
        assert test is not None
        texts = ["t/a%/x", "t/abc/x", "t/a%", "u"]
        assert answers(test, texts, ("ASIA1", "a%")) == [2, 0, 0, 0]
        assert answers(test, texts, ("ASIA1", None)) == [0, 0, 0, 0]
        assert answers(test, texts) == [1, 1, 0, 0]
    assert text_test("text", parse_pattern("${aws:username}/*"), VARIABLES) is None


def test_any_of_several() -> None:
    tests = [one for text in ("a*", "b", "${aws:PrincipalTag/t}") if (one := text_test("text", parse_pattern(text), VARIABLES)) is not None]
    assert answers(any_of(tests), ["ax", "b", "bx", "c"]) == [2, 2, 1, 1]
