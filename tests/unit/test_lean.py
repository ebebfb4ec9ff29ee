"""Named tuples and JSON, against the standard library's."""

import json
import math
import pickle
import subprocess
import sys
import typing
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass import lean

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Ours(lean.NamedTuple):
    """A point."""

    x: int
    y: int = 2

    def total(self) -> int:
        return self.x + self.y


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: int = 2

    def total(self) -> int:
        return self.x + self.y


class Empty(lean.NamedTuple):
    """Nothing."""


def test_it_is_no_named_tuple_of_the_standard_library_at_run_time() -> None:
    assert not hasattr(Ours, "_asdict")


@pytest.mark.parametrize("make", [lambda kind: kind(1), lambda kind: kind(1, 3), lambda kind: kind(y=4, x=3), lambda kind: kind(1, y=5)])
def test_it_is_made_read_compared_and_shown_like_theirs(make: typing.Callable[[typing.Any], typing.Any]) -> None:
    ours, theirs = make(Ours), make(Theirs)
    assert ours == theirs
    assert (ours.x, ours.y, ours.total(), hash(ours), len(ours)) == (theirs.x, theirs.y, theirs.total(), hash(theirs), 2)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._replace(y=9) == theirs._replace(y=9)
    assert isinstance(ours._replace(y=9), Ours)


@pytest.mark.parametrize(
    ("positional", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((), {"y": 1}), ((1, 2), {"y": 3})]
)
def test_what_theirs_refuses_is_refused(positional: tuple[int, ...], named: Mapping[str, int]) -> None:
    for kind in (Theirs, Ours):
        with pytest.raises(TypeError):
            kind(*positional, **named)


def test_it_cannot_be_changed() -> None:
    point = Ours(1)
    for name in ("x", "z"):
        with pytest.raises(AttributeError):
            setattr(point, name, 5)
    with pytest.raises(TypeError):
        point._replace(z=1)  # type: ignore[call-arg]


def test_it_matches_by_position() -> None:
    match Ours(7):
        case Ours(x, y):
            assert (x, y) == (7, 2)
    match typing.cast("object", Empty()):
        case Empty():
            pass
        case _:
            pytest.fail("it should match its own class")


def test_it_goes_into_a_pickle_and_back() -> None:
    again = pickle.loads(pickle.dumps(Ours(1, 2)))
    assert (type(again), again) == (Ours, (1, 2))


@given(VALUES, st.sampled_from([None, 2]))
def test_json_is_read_as_theirs_reads_it(value: object, indent: int | None) -> None:
    assert lean.parse_json(f" \n{json.dumps(value, indent=indent)}\t") == value


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\u\x00') | st.text())
def test_what_is_no_json_is_refused_where_theirs_refuses_it(text: str) -> None:
    def read(loads: typing.Callable[[str], object]) -> object:
        try:
            value = loads(text)
        except ValueError as error:
            return type(error)
        return "NaN" if isinstance(value, float) and math.isnan(value) else value

    assert read(lean.parse_json) == read(json.loads)


def test_json_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(RecursionError):
        lean.parse_json("[" * 100_000)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)))
def test_an_object_is_written_as_theirs_writes_it(members: dict[str, str | float]) -> None:
    assert lean.json_object(members) == json.dumps(members).encode()


@pytest.mark.parametrize("text", ["", "{", "[1,]", '"', "1 2", "nul"])
def test_what_is_no_json_is_refused_also_before_json_was_ever_imported(text: str) -> None:
    code = f"""
import sys
sys.path[:] = {sys.path!r}
from bucketpass.lean import parse_json
assert parse_json('[1]') == [1] and "json" not in sys.modules
try:
    parse_json({text!r})
except ValueError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


def test_a_credential_process_without_a_cache_imports_none_of_what_is_slow() -> None:
    slow = {"typing", "re", "enum", "functools", "collections", "contextlib", "json", "socket", "ssl", "urllib.parse"}
    code = f"""
import sys
sys.path[:] = {sys.path!r}
import bucketpass.credentials.assemble, bucketpass.credentials.process
print(*sorted({slow} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
