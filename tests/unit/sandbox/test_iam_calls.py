"""What a call of IAM is about."""

from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, inside

from bucketpass.requests.callers import ANONYMOUS, iam_user, role_session, root_user
from bucketpass.sandbox.iam_calls import locate, provider_path
from bucketpass.sandbox.wire_errors import AwsError

ROOT = root_user(ACCOUNT)
PREFIX = f"arn:aws:iam::{ACCOUNT}"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.form("iam", "CreateUser", UserName="Ann", Path="/dev/", Tags__member__1__Key="Team", Tags__member__1__Value="ml")
        yield world


def test_the_resource_is_the_entity_that_is_stored(world: Inside) -> None:
    located = locate(world.state, "PutUserPolicy", {"UserName": "ann", "Path": "/", "PermissionsBoundary": "arn:x"}, ROOT)
    (call,) = located.calls
    assert (call.resource, call.resource_tags, call.permissions_boundary) == (f"{PREFIX}:user/dev/Ann", {"Team": "ml"}, None)
    assert located.form["UserName"] == "Ann"


def test_what_is_made_has_the_path_tags_and_boundary_of_the_call(world: Inside) -> None:
    form = {"RoleName": "r", "Path": "/a/", "PermissionsBoundary": "arn:b", "Tags.member.2.Key": "y", "Tags.member.2.Value": "2",
            "Tags.member.1.Key": "x", "Tags.member.1.Value": "1"}  # fmt: skip
    call, tagging = locate(world.state, "CreateRole", form, ROOT).calls
    assert (call.resource, call.request_tags, call.permissions_boundary) == (f"{PREFIX}:role/a/r", {"x": "1", "y": "2"}, "arn:b")
    assert (tagging.operation, tagging.resource, list(tagging.request_tags)) == ("TagRole", f"{PREFIX}:role/a/r", ["x", "y"])


def test_calls_without_a_name_are_about_the_user_who_signs(world: Inside) -> None:
    assert locate(world.state, "ListAccessKeys", {}, iam_user(f"{PREFIX}:user/dev/Ann")).calls[0].resource == f"{PREFIX}:user/dev/Ann"
    assert locate(world.state, "GetUser", {}, ROOT).calls[0].resource == f"{PREFIX}:root"
    for caller in (role_session(f"{PREFIX}:role/r", "s"), ANONYMOUS):
        with pytest.raises(AwsError, match="Must specify userName"):
            locate(world.state, "GetUser", {}, caller)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example", "a.example"),
        ("https://a.example:443/x/", "a.example/x/"),
        ("https://a.example:8443/x", "a.example:8443/x"),
        ("https://a.example/x:443", "a.example/x:443"),
    ],
)
def test_a_providers_path_has_no_port_of_https(url: str, path: str) -> None:
    assert provider_path(url) == path


def test_a_role_that_goes_into_an_instance_profile_is_passed_to_ec2(world: Inside) -> None:
    form = {"InstanceProfileName": "p", "RoleName": "r"}
    call, passing = locate(world.state, "AddRoleToInstanceProfile", form, ROOT).calls
    assert (call.operation, call.resource) == ("AddRoleToInstanceProfile", f"{PREFIX}:instance-profile/p")
    assert (passing.operation, passing.resource, passing.passed_to_service) == ("PassRole", f"{PREFIX}:role/r", "ec2.amazonaws.com")
