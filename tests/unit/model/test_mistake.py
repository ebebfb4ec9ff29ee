import pytest

from bucketpass.errors import Diagnostic, Place
from bucketpass.model.mistake import mistake, unwritable


def test_a_mistake_has_its_path_and_remedy() -> None:
    assert mistake("a.b", "wrong", "Correct it.") == Diagnostic("declaration", "wrong", "Correct it.", Place(path="a.b"))


def test_what_is_told_is_one_line_that_moves_no_cursor() -> None:
    assert mistake("a", "got `\x1b[2Jx\ny`").message == "got `\\x1b[2Jx\\ny`"


@pytest.mark.parametrize(
    ("text", "is_so"), [("", False), ("a ÿ~", False), ("\n", True), ("日本/\U00010400", False), ("a\x1f", True), ("\ud800", True)]
)
def test_control_characters_cannot_be_written(text: str, is_so: bool) -> None:
    assert unwritable(text) is is_so
