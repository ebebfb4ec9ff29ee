"""Small things around a call."""

import pytest
from tests.fake_cloud import AwsSaidNo

from bucketpass.provision.embedded.resources.calls import error_code, ignoring, key_values, plain_tags, tag_changes, unless


def refuse() -> str:
    raise AwsSaidNo("NoSuchEntity")


def test_an_answer_that_was_expected_is_no_error() -> None:
    assert unless(("NoSuchEntity",), refuse) is None
    assert unless(("NoSuchEntity",), lambda: "found") == "found"
    with ignoring("NoSuchEntity"):
        refuse()


def test_any_other_error_goes_on_its_way() -> None:
    with pytest.raises(AwsSaidNo):
        unless(("Other",), refuse)
    with pytest.raises(AwsSaidNo), ignoring("Other"):
        refuse()
    assert error_code(ValueError("no answer")) == ""


def test_tags_there_and_back_without_awss_own() -> None:
    assert key_values({"tagsAll": {"b": "2", "a": "1"}}) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert plain_tags([{"Key": "a", "Value": "1"}, {"Key": "aws:x", "Value": "2"}]) == {"a": "1"}
    assert tag_changes({"tagsAll": {"a": "1", "b": "1"}}, {"tagsAll": {"b": "2"}}) == (["a"], True)
    assert tag_changes({"tagsAll": {"a": "1"}}, {"tagsAll": {"a": "1"}}) == ([], False)
