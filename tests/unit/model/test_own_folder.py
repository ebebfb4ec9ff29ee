import re

import pytest

from bucketpass.model.own_folder import OWN_FOLDER, own_folder, own_tags


@pytest.mark.parametrize(
    ("per", "tags", "folder"),
    [
        (None, (), ""),
        ("tenant", ("tenant",), "<tenant>/"),
        ("a/b", ("a/b",), "<a/b>/"),  # a tag may have a slash in its name
        ("{tenant}", ("tenant",), "<tenant>/"),
        ("{tenant}/{team}", ("tenant", "team"), "<tenant>/<team>/"),
        ("in/{tenant}/models/{https://acme/team}/", ("tenant", "https://acme/team"), "in/<tenant>/models/<https://acme/team>/"),
    ],
)
def test_a_template_has_a_folder_for_each_tag(per: str | None, tags: tuple[str, ...], folder: str) -> None:
    assert (own_tags(per), own_folder(per, "<{}>".format)) == (tags, folder)
    assert per is None or re.fullmatch(OWN_FOLDER, per)


@pytest.mark.parametrize("per", ["{a}{b}", "{a}-{b}", "x{a}", "{}", "/{a}", "{a}//{b}", "{a}/*", "{a}/$", "{a", "a}", "", "{a}/b c"])
def test_what_would_let_two_tenants_share_a_folder_is_no_template(per: str) -> None:
    assert not re.fullmatch(OWN_FOLDER, per)
