import pytest

from bucketpass.cli.sandbox_token import changed_claims
from bucketpass.errors import RequestError

NOW = 1_800_000_000


def test_nothing_is_changed_where_nothing_is_asked_for() -> None:
    assert changed_claims(None, None, None, expired=False, now=NOW) == {}


def test_what_is_named_wins_over_the_claims() -> None:
    changed = changed_claims('{"sub": "a", "team": "x"}', "b", "other", expired=True, now=NOW)
    assert changed == {"sub": "b", "aud": "other", "team": "x", "iat": NOW - 7200, "exp": NOW - 3600}


@pytest.mark.parametrize("text", ["{", "[]", "1", "x"])
def test_claims_that_are_not_an_object_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="expected a JSON object"):
        changed_claims(text, None, None, expired=False, now=NOW)
