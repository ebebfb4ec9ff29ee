from bucketpass.decide import PrincipalKind
from bucketpass.policy import Condition, parse_pattern
from bucketpass.prove.keys import present
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Unmodelled, negation
from bucketpass.prove.theory.glob import STAR, Hole
from bucketpass.prove.variables import substitute
from bucketpass.prove.vocabulary import Vocabulary

WHO = SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::1:user/ann", "1")
LINES = [
    Condition("Null", key, ("true",)) for key in ("aws:PrincipalTag/t", "aws:TagKeys", "aws:SecureTransport", "aws:userid", "aws:username")
]


def request() -> SymbolicRequest:
    return SymbolicRequest.of(WHO, ("s3:GetObject",), Vocabulary.of([], LINES), {"aws:userid": "AIDA", "aws:username": None})


def cases(pattern: str) -> object:
    return substitute(parse_pattern(pattern), request())


def test_a_pattern_without_variables_is_one_case() -> None:
    assert cases("a/*") == [(TRUE, ("a/", STAR))]


def test_a_free_key_leaves_a_hole_where_it_is_there() -> None:
    there = present(request().key("aws:PrincipalTag/t"))
    assert cases("a/${aws:PrincipalTag/t}/*") == [(there, ("a/", "", Hole("aws:principaltag/t"), "/", STAR))]


def test_a_default_stands_where_the_key_is_not_there() -> None:
    state = request().key("aws:PrincipalTag/t")
    found = substitute(parse_pattern("${aws:PrincipalTag/t, 'none'}"), request())
    assert [(str(when), pieces) for when, pieces in found] == [
        (str(present(state)), ("", Hole("aws:principaltag/t"))),
        (str(negation(present(state))), ("none",)),
    ]


def test_a_fixed_key_is_its_text_and_an_absent_one_matches_nothing() -> None:
    assert cases("${aws:userid}/*") == [(TRUE, ("AIDA", "/", STAR))]
    assert cases("${aws:username}/*") == []
    assert cases("${aws:username, 'x'}") == [(TRUE, ("x",))]


def test_a_key_with_several_values_has_no_value_even_with_a_default() -> None:
    found = substitute(parse_pattern("${aws:TagKeys, 'x'}"), request())
    assert [str(when) for when, _ in found] == [str(negation(present(request().key("aws:TagKeys"))))]


def test_a_variable_that_is_no_text_is_not_modelled() -> None:
    [(_, pieces)] = substitute(parse_pattern("${aws:SecureTransport}"), request())
    assert isinstance(pieces, Unmodelled)
    assert "aws:SecureTransport" in pieces.what
