import inspect

import pytest

from bucketpass import errors
from bucketpass.errors import BucketpassError, DeclarationError, Diagnostic, MissingExtra, Place

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
