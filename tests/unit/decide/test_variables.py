"""Variables and their values."""

import pytest

from bucketpass.decide.variables import has_variables, substitute
from bucketpass.policy.pattern import Part, Wildcard, parse_pattern
from bucketpass.requests.request import ContextValue


@pytest.mark.parametrize(
    ("pattern", "context", "expected"),
    [
        ("a/${k}/*", {"k": "x"}, ("a/x/", Wildcard.ANY_TEXT)),
        ("a/${K}", {"k": "*${k}?"}, ("a/*${k}?",)),
        ("${k}", {"k": ""}, ()),
        ("${k, 'd'}", {}, ("d",)),
        ("${k, 'd'}", {"k": "x"}, ("x",)),
        ("${k}", {}, None),
        ("${k, 'd'}", {"k": ("x",)}, None),
        ("${k}", {"k": ()}, None),
    ],
)
def test_a_variable_is_replaced_once_and_never_a_wildcard(
    pattern: str, context: dict[str, ContextValue], expected: tuple[Part, ...] | None
) -> None:
    assert substitute(parse_pattern(pattern), context) == expected


def test_literal_variables_are_no_variables() -> None:
    assert not has_variables(parse_pattern("${*}a*"))
    assert has_variables(parse_pattern("${a}"))
