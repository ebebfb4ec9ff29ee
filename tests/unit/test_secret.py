import copy
import pickle

import pytest

from bucketpass.secret import Secret, same_text

SECRET = Secret("eyJhbGciOi")


@pytest.mark.parametrize("shown", [repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET:>10}", repr([SECRET]), f"{SECRET!r}", "%s" % SECRET])  # noqa: UP031
def test_a_secret_is_masked_wherever_python_shows_it(shown: str) -> None:
    assert "***" in shown
    assert "eyJ" not in shown


def test_reveal_gives_the_text() -> None:
    assert SECRET.reveal() == "eyJhbGciOi"


@pytest.mark.parametrize("take_away", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_cannot_be_pickled_or_copied(take_away: object) -> None:
    assert callable(take_away)
    with pytest.raises(TypeError, match="cannot be pickled"):
        take_away(SECRET)


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret("eyJhbGciOi") == SECRET
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") != "a"


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert SECRET


def test_two_random_secrets_differ() -> None:
    assert Secret.random() != Secret.random()


@pytest.mark.parametrize("shown", ["", "eyJ", "\u00e9", "\ud800", "eyJhbGciOi\0"])
def test_any_text_can_be_compared_with_a_secret_one(shown: str) -> None:
    assert not same_text("eyJhbGciOi", shown)
    assert same_text(shown, shown)
    assert Secret(shown) == Secret(shown)
    assert Secret(shown) != SECRET
