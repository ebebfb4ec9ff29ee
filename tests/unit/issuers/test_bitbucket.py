from bucketpass.issuers.bitbucket import PRESET, prepare


def test_uuids_have_braces_however_they_were_written() -> None:
    assert prepare({"repository_uuid": "{a}", "step_uuid": "b", "subject": "c"}) == {
        "repository_uuid": "{a}",
        "step_uuid": "{b}",
        "subject": "c",
    }
    assert PRESET.subjects_of({"repository_uuid": "a", "step_uuid": "{b}"}, "") == ("{a}:{b}",)
