import pytest

from bucketpass.policy import Condition, Effect, PolicyDocument, Statement
from bucketpass.prove.shape import exactly, leaves_of, shape


def shape_of(value: object, *names: str) -> str | None:
    return shape(leaves_of(value), names)


def allow(*resources: str, **more: object) -> PolicyDocument:
    return PolicyDocument((Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=resources, **more),))  # type: ignore[arg-type]


def test_questions_that_differ_in_names_only_have_one_shape() -> None:
    one, other = (allow(f"arn:aws:s3:::{bucket}/{prefix}/*") for bucket, prefix in (("data", "raw"), ("lake", "bronze")))
    assert shape_of((one, "raw/"), "data", "raw/") == shape_of((other, "bronze/"), "lake", "bronze/")
    assert shape_of((one, "raw/"), "data", "raw/") != shape_of((other, "data/"), "lake", "bronze/")
    assert exactly(leaves_of(one)) != exactly(leaves_of(other))


def test_names_are_told_apart_from_each_other() -> None:
    same, different = allow("arn:aws:s3:::data/a1/*", "arn:aws:s3:::data/a1/*"), allow("arn:aws:s3:::data/a1/*", "arn:aws:s3:::data/b1/*")
    assert shape_of(same, "data", "a1/", "b1/") != shape_of(different, "data", "a1/", "b1/")


@pytest.mark.parametrize(
    ("pattern", "name", "left_out"),
    [
        ("arn:aws:s3:::data/raw/*", "raw", True),
        ("arn:aws:s3:::data/raw*", "raw", False),
        ("arn:aws:s3:::data/raw/x-*", "raw", True),
        ("arn:aws:s3:::data/raw/ra*", "raw", False),
        ("arn:aws:s3:::data/raw/*aw", "raw", False),
        ("arn:aws:s3:::data/raw/*a*", "raw", False),
        ("arn:aws:s3:::data/raw/?", "raw", False),
        ("arn:aws:s3:::data/raw/${aws:PrincipalTag/team}/*", "raw", True),
        ("arn:aws:s3:::data/raw/x${aws:PrincipalTag/team}/*", "raw", False),
        ("arn:aws:s3:::data/raw/${aws:PrincipalTag/team, 'raw'}/*", "raw", False),
        ("arn:aws:s3:::data/role/*", "role", False),
        ("arn:aws:s3:::data/2026/*", "2026", False),
        ("arn:aws:s3:::data/111122223333/*", "111122223333", False),
    ],
)
def test_a_name_is_left_out_only_where_it_can_be_nothing_else(pattern: str, name: str, left_out: bool) -> None:
    found = shape_of(allow(pattern), name)
    assert (found is not None and name not in found) is left_out


def test_what_stands_in_keys_actions_or_numbers_is_no_name() -> None:
    tag = allow("arn:aws:s3:::data/team/*", conditions=(Condition("StringEquals", "aws:PrincipalTag/team", ("x",)),))
    assert shape_of(tag, "team") is None
    address = allow("arn:aws:s3:::data/fe80/*", conditions=(Condition("IpAddress", "aws:SourceIp", ("fe80::1",)),))
    assert shape_of(address, "fe80") is None
    folded = allow("arn:aws:s3:::data/raw/*", conditions=(Condition("StringEqualsIgnoreCase", "s3:prefix", ("RAW",)),))
    assert shape_of(folded, "raw") is None


def test_what_is_written_is_told_apart_from_how_it_is_divided() -> None:
    texts = [("a", "b"), ("ab", ""), ("a", "", "b"), (("a",), "b"), ("a\x1f", "b")]
    assert len({exactly(leaves_of(text)) for text in texts}) == len(texts)
    assert exactly(leaves_of(allow("*"))) == exactly(leaves_of(allow("*", sid="Read")))


def test_a_question_cannot_depend_on_what_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        leaves_of([object()])
