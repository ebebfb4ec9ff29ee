"""What is remembered, and for how long."""

from bucketpass.memo import Memo, once


def test_a_value_is_made_once_for_one_object_and_again_for_an_equal_one() -> None:
    calls: list[list[int]] = []

    def make(key: list[int]) -> int:
        calls.append(key)
        return len(calls)

    remember = Memo(make, size=8)
    key, equal = [1], [1]
    assert (remember(key), remember(key), remember(equal)) == (1, 1, 2)


def test_the_oldest_is_forgotten_when_there_are_too_many() -> None:
    calls: list[str] = []

    def make(key: str) -> str:
        calls.append(key)
        return key

    remember = Memo(make, size=2)
    keys = ["a", "b", "c"]
    for key in (*keys, keys[2], keys[0]):
        remember(key)
    assert calls == ["a", "b", "c", "a"]


class Counted:
    """Counts how often its attribute is computed."""

    calls = 0

    @once
    def value(self) -> int:
        """The number of the computation."""
        self.calls += 1
        return self.calls


def test_an_attribute_is_computed_once_for_each_object() -> None:
    one, other = Counted(), Counted()
    assert (one.value, one.value, other.value) == (1, 1, 1)
    assert Counted.value.__doc__ == "The number of the computation."
