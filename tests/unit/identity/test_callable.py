"""Tokens from functions."""

import pytest

from bucketpass.errors import IdentityError
from bucketpass.identity.callable import CallableSource
from bucketpass.secret import Secret


@pytest.mark.parametrize("value", ["token\n", Secret("token")])
def test_the_answer_is_the_token(value: object) -> None:
    assert CallableSource(lambda: value).fetch().reveal() == "token"


@pytest.mark.parametrize("value", [None, b"token", "", " \n"])
def test_anything_else_is_an_error_that_does_not_show_it(value: object) -> None:
    with pytest.raises(IdentityError, match=f"returned `{type(value).__name__}`"):
        CallableSource(lambda: value).fetch()
