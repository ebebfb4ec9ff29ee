import ast
import re
from pathlib import Path

import pytest

import bucketpass
from bucketpass.errors import BucketpassError
from bucketpass.findings.registry import CODES, TOPICS, Code

SOURCE = Path(bucketpass.__file__).parent


def test_each_code_stands_once() -> None:
    assert len(CODES) == sum(map(len, TOPICS.values()))


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_an_entry_is_whole_and_in_its_form(code: Code) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.name)
    assert code.title and not code.title.endswith(".") and not code.title.startswith(("The ", "A "))
    assert code.explanation.endswith(".") and code.explanation[0].isupper()
    assert code.remedy
    assert not code.link or code.link.startswith("https://")


def kinds(error: type[BucketpassError]) -> list[type[BucketpassError]]:
    return [error, *(each for kind in error.__subclasses__() for each in kinds(kind))]


@pytest.mark.parametrize("error", kinds(BucketpassError))
def test_each_error_has_an_entry_that_says_its_exit_code(error: type[BucketpassError]) -> None:
    assert f"Exit code {error.exit_code}." in CODES[error.code].explanation


def test_each_code_is_raised_somewhere() -> None:
    modules = [path for path in SOURCE.rglob("*.py") if path.parent.name != "findings"]
    written = {
        node.value
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CODES) - written == set()
