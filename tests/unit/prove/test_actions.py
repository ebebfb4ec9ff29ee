from bucketpass.prove.actions import UNLISTED, matching, one_of, open_patterns, unlisted_names
from bucketpass.prove.theory.formula import FALSE, TRUE, Among, Matches, conjunction
from bucketpass.prove.theory.glob import EVERYTHING, Glob
from bucketpass.prove.theory.solver import Satisfied, Unsatisfiable, solve

ASKED = ("s3:GetObject", "s3:PutObject", UNLISTED)


def test_all_actions_together_need_no_atom() -> None:
    assert one_of("action", frozenset(ASKED), ASKED) == TRUE
    assert one_of("action", frozenset({"s3:ListBucket"}), ASKED) == FALSE
    assert one_of("action", frozenset({"s3:GetObject"}), ASKED) == Among("action", frozenset({"s3:GetObject"}))


def test_patterns_match_listed_actions_in_any_case() -> None:
    assert matching(("S3:get*",), ASKED) == {"s3:GetObject"}
    assert matching(("*",), ASKED) == {"s3:GetObject", "s3:PutObject"}


def test_patterns_of_the_service_are_open_to_names_that_are_not_listed() -> None:
    assert open_patterns(("s3:*",), ASKED) == (EVERYTHING,)
    assert open_patterns(("kms:*", "s3:GetObject"), ASKED) == ()
    assert [str(glob) for glob in open_patterns(("s3:Init*",), ASKED)] == ["s3:init*"]


def test_a_name_that_is_not_listed_is_none_of_those_that_are() -> None:
    names = unlisted_names("name", ASKED, ("s3:Get*",), "aws")
    assert isinstance(solve(names), Satisfied)
    assert isinstance(solve(conjunction(names, *(Matches("name", Glob.parse(text)) for text in ("s3:getobject",)))), Unsatisfiable)
