import pytest

from bucketpass.issuers import PRESETS, preset


def test_presets_are_found_by_their_own_names() -> None:
    assert {name: known.name for name, known in PRESETS.items()} == {name: name for name in PRESETS}


def test_an_unknown_preset_is_an_error() -> None:
    with pytest.raises(KeyError):
        preset("okat")
