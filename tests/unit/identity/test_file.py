"""Tokens in files."""

import pytest
from tests.fake_machine import fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.file import FileSource, detect
from bucketpass.identity.interface import NotHere


def no_time(seconds: float) -> None:
    return


def test_the_token_is_read_anew_at_each_fetch_and_has_no_line_break() -> None:
    files = {"/run/token": "first\n"}
    source = FileSource(fake_machine(files=files), "/run/token", sleep=no_time)
    assert source.fetch().reveal() == "first"
    files["/run/token"] = "second\r\n"
    assert source.fetch().reveal() == "second"


@pytest.mark.parametrize(("files", "says"), [({}, "No such file"), ({"/run/token": " \n"}, "is empty")])
def test_a_missing_or_empty_file_is_an_error_with_the_path(files: dict[str, str], says: str) -> None:
    with pytest.raises(IdentityError, match=says) as caught:
        FileSource(fake_machine(files=files), "/run/token", sleep=no_time).fetch()
    assert "/run/token" in str(caught.value)


def test_a_token_that_is_just_being_written_is_read_when_it_is_whole() -> None:
    files: dict[str, str] = {}
    steps = iter(["", "eyJ.eyJ", "eyJ.eyJ.sig"])
    source = FileSource(fake_machine(files=files), "/run/token", sleep=lambda seconds: files.update({"/run/token": next(steps)}))
    assert source.fetch().reveal() == "eyJ.eyJ.sig"


def test_our_variable_comes_before_awss() -> None:
    machine = fake_machine({"AWS_WEB_IDENTITY_TOKEN_FILE": "/aws", "BUCKETPASS_TOKEN_FILE": "/ours"})
    found = detect(machine, None, None)
    assert not isinstance(found, NotHere)
    assert found.describe() == "file /ours"


def test_without_a_variable_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
