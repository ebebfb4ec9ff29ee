import ast
import inspect
import tomllib
from pathlib import Path

import pytest

from bucketpass import errors
from bucketpass.errors import BucketpassError, DeclarationError, Diagnostic, MissingExtra, Place

ROOT = Path(__file__).parents[2]
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BucketpassError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_tree_that_the_module_draws(kind: type[BucketpassError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__name__ in errors.__all__


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_an_error_says_where_what_and_the_remedy() -> None:
    error = DeclarationError(
        "got `reed`, expected one of read, write", remedy="write `read`", place=Place("access.yaml", 7, 3, "services.a")
    )
    assert str(error) == "access.yaml:7:3 services.a: got `reed`, expected one of read, write (write `read`)"
    assert error.exit_code == 3


def test_an_error_keeps_all_its_diagnostics_in_order() -> None:
    found = (Diagnostic("a", "first"), Diagnostic("b", "second"))
    error = DeclarationError(diagnostics=found)
    assert error.diagnostics() == found
    assert str(error) == "first\nsecond"


def test_a_missing_extra_says_how_to_install_it() -> None:
    assert str(MissingExtra("prove", "z3")) == "`z3` is not installed (pip install '.[prove]', in a clone of bucketpass)"


def test_every_missing_extra_is_an_extra_of_the_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    raised = [
        call.args[0].value
        for path in (ROOT / "src" / "bucketpass").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "MissingExtra"
        and isinstance(call.args[0], ast.Constant)
    ]
    assert len(raised) > 10
    assert set(raised) <= set(extras)
