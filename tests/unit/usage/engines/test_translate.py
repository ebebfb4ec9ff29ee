"""One text for all engines."""

import pytest

from bucketpass.usage.engines.translate import translated


@pytest.mark.parametrize(("dialect", "function"), [("spark", "STARTSWITH"), ("trino", "STARTS_WITH"), ("athena", "STARTS_WITH")])
def test_functions_have_the_names_of_the_dialect(dialect: str, function: str) -> None:
    assert translated("SELECT starts_with(a, ?) FROM t", dialect) == f"SELECT {function}(a, ?) FROM t"
