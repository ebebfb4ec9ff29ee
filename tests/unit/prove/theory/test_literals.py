import pytest

from bucketpass.prove.theory.formula import Matches, Some
from bucketpass.prove.theory.glob import Glob, Hole
from bucketpass.prove.theory.literals import Literal, demands, globs_of, holes_of, minimal, true_of_text
from bucketpass.prove.theory.search import SearchTooLarge, shortest

A, B = Glob.parse("a*"), Glob.parse("*b")
HOME = Glob.of(("home/", Hole("user"), "/"))


def test_a_literal_is_true_of_texts_that_meet_it() -> None:
    assert true_of_text(Matches("key", A), {"key": "ab"})
    assert not true_of_text(Matches("key", A), {"key": "b"})
    assert true_of_text(Matches("key", HOME), {"key": "home/ann/", "user": "ann"})
    assert not true_of_text(Matches("key", HOME), {"key": "home/ann/", "user": "*"})


@pytest.mark.parametrize(
    ("atom", "elements", "expected"),
    [
        (Some("tags", (A, B)), ("x", "a"), True),
        (Some("tags", (A, B)), ("x",), False),
        (Some("tags", (A, B)), (), False),
        (Some("tags", (A, B), inside=False), ("a", "x"), True),
        (Some("tags", (A, B), inside=False), ("a", "b"), False),
        (Some("tags", (), inside=False), ("a",), True),
        (Some("tags", (), inside=False), (), False),
    ],
)
def test_a_literal_about_a_list_is_true_where_some_element_meets_it(atom: Some, elements: tuple[str, ...], expected: bool) -> None:
    assert true_of_text(atom, {"tags": elements}) == expected


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("truth", [True, False])
def test_what_a_literal_demands_of_an_element_decides_whether_it_holds(inside: bool, truth: bool) -> None:
    atom = Some("tags", (A, B), inside=inside)
    element = shortest(demands([(atom, truth)]))
    assert element is not None
    assert true_of_text(atom, {"tags": (element,)}) is truth


def test_globs_and_holes_of_a_literal() -> None:
    assert globs_of((Some("tags", (A, B)), True)) == (A, B)
    assert holes_of((Matches("key", HOME), False)) == {"user"}


def test_a_minimal_conflict_keeps_what_it_needs_and_no_more() -> None:
    literals: list[Literal] = [(Matches("key", Glob.literal(str(number))), True) for number in range(20)]
    needed = {literals[3], literals[17]}
    assert set(minimal(literals, lambda kept: needed <= set(kept))) == needed


def test_a_search_that_is_too_large_takes_nothing_out() -> None:
    def too_large(kept: object) -> bool:
        raise SearchTooLarge

    literals: list[Literal] = [(Matches("key", A), True), (Matches("key", B), True)]
    assert minimal(literals, too_large) == tuple(literals)
