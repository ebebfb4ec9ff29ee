"""The arguments that are kept are those of the declaration."""

from pathlib import Path

import pytest

from bucketpass.provision.components import arguments
from bucketpass.provision.components.generate import ARGUMENTS, Arguments, arguments_text, fields_of


def test_the_module_that_is_kept_is_the_one_of_the_declaration() -> None:
    remedy = "python -m docs.check --write"
    assert Path(arguments.__file__).read_text() == arguments_text(), remedy


@pytest.mark.parametrize("its", ARGUMENTS, ids=lambda its: its.name)
def test_what_the_declaration_demands_is_demanded_here(its: Arguments) -> None:
    demanded = {one.name for one in fields_of(its) if one.required} | {name for name, kind, _ in its.before if "NotRequired" not in kind}
    assert getattr(arguments, its.name).__required_keys__ == demanded
