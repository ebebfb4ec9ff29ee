import pytest

from bucketpass.issuers import PRESETS, Preset
from bucketpass.issuers.generic import PRESET


def test_a_format_is_taken_by_exactly_its_fields() -> None:
    assert PRESET.format_of({"subject": "x"}) is not None
    assert PRESET.format_of({"subject": "x", "other": "y"}) is None
    assert PRESET.format_of({}) is None


def test_no_subject_comes_from_fields_that_no_format_takes() -> None:
    with pytest.raises(KeyError, match="generic"):
        PRESET.subjects_of({})


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_format_of_every_preset_gives_a_subject_that_pins_each_field(preset: Preset) -> None:
    for known in preset.subjects:
        claims = {field: f"{field}1/{field}2" if field == "repository" else f"{field}1" for field in known.fields}
        subjects = preset.subjects_of(claims)
        assert len(set(subjects)) == len(known.templates)
        written = "".join(subjects)
        pinned_elsewhere = {preset.authorized_party} if preset.authorized_party else set()
        assert {field for field in known.fields if f"{field}1" not in written} <= pinned_elsewhere


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_field_of_a_format_is_explained(preset: Preset) -> None:
    assert {field for known in preset.subjects for field in known.fields} == set(preset.fields)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_takes_a_literal_subject_or_says_how_to_pin_it(preset: Preset) -> None:
    assert preset.subjects
    assert all(known.fields for known in preset.subjects)
