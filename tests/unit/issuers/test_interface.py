import re

import pytest

from bucketpass.issuers import PRESETS, Evidence, Preset
from bucketpass.issuers.generic import PRESET
from bucketpass.issuers.url import fits_form, normalise_url, url_mistake


def test_a_format_is_taken_by_exactly_its_fields() -> None:
    assert PRESET.format_of({"subject": "x"}) is not None
    assert PRESET.format_of({"subject": "x", "other": "y"}) is None
    assert PRESET.format_of({}) is None


def test_no_subject_comes_from_fields_that_no_format_takes() -> None:
    with pytest.raises(KeyError, match="generic"):
        PRESET.subjects_of({}, "https://issuer.example.com")


def url_of(preset: Preset) -> str:
    form = preset.urls[0] if preset.urls else "https://issuer.example.com"
    return re.sub(r"\{(\w+)[^}]*\}", r"\1", form)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_format_of_every_preset_gives_a_subject_that_pins_each_field(preset: Preset) -> None:
    for known in preset.subjects:
        claims = {field: f"{field}1/{field}2" if field == "repository" else f"{field}1" for field in known.fields}
        subjects = preset.subjects_of(claims, url_of(preset))
        assert len(set(subjects)) == len(known.templates)
        written = "".join(subjects)
        pinned_elsewhere = {preset.authorized_party} if preset.authorized_party else set()
        assert {field for field in known.fields if f"{field}1" not in written} <= pinned_elsewhere


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_form_of_an_issuer_is_one_that_iam_takes(preset: Preset) -> None:
    url = url_of(preset)
    assert url_mistake(url) is None
    assert fits_form(preset.urls, url)
    assert normalise_url(url, preset.trailing_slash) == url


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_that_is_known_in_part_says_what_is_not_confirmed(preset: Preset) -> None:
    assert preset.evidence is Evidence.SEEN or any("not confirmed" in note for note in preset.notes)


def test_an_audience_may_follow_from_the_issuer() -> None:
    assert PRESETS["circleci"].audience_of("https://oidc.circleci.com/org/o1") == "o1"
    assert PRESETS["vercel"].audience_of("https://oidc.vercel.com") is None


def test_a_subject_may_take_pieces_of_the_issuer() -> None:
    subjects = PRESETS["circleci"].subjects_of({"project": "p", "user": "u"}, "https://oidc.circleci.com/org/o1")
    assert subjects == ("org/o1/project/p/user/u",)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_field_of_a_format_is_explained(preset: Preset) -> None:
    assert {field for known in preset.subjects for field in known.fields} == set(preset.fields)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_takes_a_literal_subject_or_says_how_to_pin_it(preset: Preset) -> None:
    assert preset.subjects
    assert all(known.fields for known in preset.subjects)
