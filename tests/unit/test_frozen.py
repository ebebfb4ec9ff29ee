from dataclasses import FrozenInstanceError, dataclass, replace
from inspect import signature

import pytest

from bucketpass.frozen import quickly_made


@dataclass(frozen=True, slots=True)
class Usual:
    first: str
    second: tuple[str, ...] = ()
    third: int | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    first: str
    second: tuple[str, ...] = ()
    third: int | None = None


def test_it_is_made_as_a_dataclass_is() -> None:
    assert Quick("a", third=3) == Quick("a", (), 3) != Quick("a")
    assert repr(Quick("a", ("b",))) == repr(Usual("a", ("b",))).replace("Usual", "Quick")
    assert hash(Quick("a", ("b",))) == hash(Usual("a", ("b",)))
    assert replace(Quick("a"), second=("c",)) == Quick("a", ("c",))
    assert list(signature(Quick).parameters) == list(signature(Usual).parameters)


def test_it_stays_frozen_and_demands_its_fields() -> None:
    with pytest.raises(FrozenInstanceError):
        Quick("a").first = "b"  # type: ignore[misc]
    with pytest.raises(TypeError, match="first"):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="other"):
        Quick("a", other=1)  # type: ignore[call-arg]
