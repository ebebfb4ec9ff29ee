"""Property values, and Pulumi's way of writing them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.values import (
    UNKNOWN,
    Hidden,
    Properties,
    Value,
    asset_bytes,
    flag,
    from_struct,
    has_unknown,
    holds_asset,
    is_hidden,
    items,
    known,
    maybe_number,
    maybe_text,
    reveal,
    shown,
    table,
    text,
    texts,
    to_struct,
)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**50), 2**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just(UNKNOWN)
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(st.text(), VALUES | VALUES.map(Hidden), max_size=4))
def test_values_come_back_from_the_wire_as_they_were(properties: dict[str, Value]) -> None:
    assert from_struct(to_struct(properties)) == properties


def test_a_reference_to_a_resource_is_its_id_and_to_a_component_its_urn() -> None:
    mark = {"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e"}
    sent = to_struct({"custom": {**mark, "urn": "urn:a", "id": "i-1"}, "component": {**mark, "urn": "urn:b"}})
    assert from_struct(sent) == {"custom": "i-1", "component": "urn:b"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"value": "x"}, "x"), ({}, UNKNOWN), ({"value": "x", "secret": True}, Hidden("x")), ({"secret": True}, Hidden(UNKNOWN))],
)
def test_an_output_value_is_what_it_holds(fields: dict[str, Value], expected: Value) -> None:
    sent = to_struct({"a": {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", **fields}})
    assert from_struct(sent) == {"a": expected}


def test_a_text_or_file_is_known_by_its_digest_and_gives_its_content(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    mark = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}
    found = from_struct(to_struct({"text": {**mark, "text": "x"}, "file": {**mark, "path": str(tmp_path / "f")}}))
    digests = {table(found, name)["sha256"] for name in found}
    assert len(digests) == 1
    assert {asset_bytes(table(found, name)) for name in found} == {b"x"}
    assert holds_asset([found])
    assert not holds_asset({"text": ["x"]})


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ({"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "uri": "https://x"}, "remote assets"),
        ({"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "path": "/nowhere/x"}, "`/nowhere/x` cannot be read"),
        ({"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "assets": {}}, "archives are not supported"),
    ],
)
def test_what_cannot_be_uploaded_is_refused(inner: Properties, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        from_struct(to_struct({"source": inner}))


def test_a_secret_masks_itself_everywhere_but_in_reveal() -> None:
    secret = {"a": [Hidden({"b": "deep"})]}
    assert "deep" not in repr(secret)
    assert shown(secret) == {"a": ["[secret]"]}
    assert reveal(secret) == {"a": [{"b": "deep"}]}
    assert is_hidden(secret)
    assert not is_hidden({"a": ["open"]})


def test_an_unknown_is_found_however_deep() -> None:
    assert has_unknown({"a": [Hidden({"b": UNKNOWN})]})
    assert not has_unknown({"a": [None, 1]})
    assert shown([UNKNOWN]) == ["[unknown]"]


def test_known_leaves_out_what_is_absent() -> None:
    assert known({"a": None, "b": Hidden("x"), "c": False}) == {"b": "x", "c": False}


def test_readers_give_what_is_there() -> None:
    properties: dict[str, Value] = {"t": "x", "empty": "", "yes": True, "n": 3, "list": ["a"], "object": {"k": "v"}}
    assert (text(properties, "t"), maybe_text(properties, "empty"), maybe_text(properties, "none")) == ("x", None, None)
    assert (flag(properties, "yes"), flag(properties, "none")) == (True, False)
    assert (maybe_number(properties, "n"), maybe_number(properties, "none")) == (3, None)
    assert (texts(properties, "list"), list(items(properties, "none"))) == (["a"], [])
    assert (table(properties, "object"), table(properties, "none")) == ({"k": "v"}, {})


@pytest.mark.parametrize("reader", [text, flag, maybe_number, texts, table, items])
def test_readers_refuse_a_value_of_another_kind(reader: object) -> None:
    assert callable(reader)
    with pytest.raises(RequestError, match="property `x`"):
        reader({"x": 1.5}, "x")
