import pytest

from bucketpass.issuers.github import PRESET

URL = "https://token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"repository": "acme/eval", "environment": "production"}, ("repo:acme/eval:environment:production",)),
        ({"repository": "acme/eval", "branch": "main"}, ("repo:acme/eval:ref:refs/heads/main",)),
        ({"repository": "acme/eval", "tag": "v1"}, ("repo:acme/eval:ref:refs/tags/v1",)),
        ({"repository": "acme/eval", "event": "pull_request"}, ("repo:acme/eval:pull_request",)),
        ({"subject": "repo:acme/eval:job_workflow_ref:x"}, ("repo:acme/eval:job_workflow_ref:x",)),
    ],
)
def test_each_context_has_its_subject(claims: dict[str, str], expected: tuple[str, ...]) -> None:
    assert PRESET.subjects_of(claims, URL) == expected


def test_a_repository_with_numbers_is_trusted_in_both_of_githubs_formats() -> None:
    claims = {"repository": "acme/eval", "owner_id": "11", "repository_id": "22", "environment": "production"}
    assert PRESET.subjects_of(claims, URL) == ("repo:acme/eval:environment:production", "repo:acme@11/eval@22:environment:production")


def test_a_colon_inside_a_value_is_encoded_so_that_it_cannot_pretend_to_be_the_next_part() -> None:
    assert PRESET.subjects_of({"repository": "acme/eval", "environment": "a:b"}, URL) == ("repo:acme/eval:environment:a%3Ab",)


def test_a_repository_alone_has_no_subject_since_any_pull_request_would_carry_it() -> None:
    with pytest.raises(KeyError):
        PRESET.subjects_of({"repository": "acme/eval"}, URL)
