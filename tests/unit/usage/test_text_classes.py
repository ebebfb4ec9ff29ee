"""SQL tells apart what the patterns tell apart: held against the engine's own matcher."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from bucketpass.policy.pattern import compile_parts, parse_pattern
from bucketpass.usage.sql import joined
from bucketpass.usage.text_classes import object_classes, text_classes

PIECES = st.sampled_from(["a", "b", "/", "%", "_", "!", "'", "é", "😀", "*", "?", "raw/", "${*}"])
PATTERNS = st.lists(st.lists(PIECES, max_size=5).map("".join), min_size=1, max_size=6)
TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "/", "%", "_", "!", "'", "é", "😀", "raw/", "*"]), max_size=6).map("".join), min_size=2, max_size=12
)


def classes_of(texts: list[str], patterns: list[str], *, buckets: bool) -> list[tuple[object, ...]]:
    parsed = [parse_pattern(f"arn:aws:s3:::b/{text}" if buckets else text) for text in patterns]
    found = object_classes("bucket", "text", parsed, "aws", {}) if buckets else text_classes("text", parsed, {})
    if not found:
        return [()] * len(texts)
    expressions = joined(", ", found)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE texts (number INT, text VARCHAR, bucket VARCHAR)")
        connection.executemany("INSERT INTO texts VALUES (?, ?, 'b')", list(enumerate(texts)))
        return connection.execute(f"SELECT {expressions.text} FROM texts ORDER BY number", list(expressions.parameters)).fetchall()


@settings(max_examples=60, deadline=None)
@given(PATTERNS, TEXTS)
def test_texts_of_one_class_match_the_same_patterns(patterns: list[str], texts: list[str]) -> None:
    matchers = [compile_parts(parse_pattern(pattern)) for pattern in patterns]
    for buckets in (False, True):
        answers: dict[tuple[object, ...], list[bool]] = {}
        for text, found in zip(texts, classes_of(texts, patterns, buckets=buckets), strict=True):
            matched = [matches(text) for matches in matchers]
            assert answers.setdefault(found, matched) == matched


def test_a_head_that_ends_inside_a_name_is_a_class_of_its_own() -> None:
    one, ten, two = classes_of(["release/v1/a", "release/v10/b", "release/v2/c"], ["release/v1*", "release/v1/*"], buckets=True)
    assert len({one, ten, two}) == 3


def test_patterns_that_no_key_can_match_make_no_class() -> None:
    others = [
        parse_pattern(text)
        for text in ("arn:aws:s3:::b", "arn:aws:s3:::*", "*", "arn:aws:kms:us-east-1:111122223333:key/x", "arn:aws:s3:::team-*")
    ]
    assert object_classes("bucket", "text", others, "aws", {}) == []
