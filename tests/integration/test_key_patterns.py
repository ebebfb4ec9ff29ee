"""`keys` and `exclude`: patterns of keys below a prefix, by real boto3 at the sandbox."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of, sandbox_world

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  lake: {}
services:
  reader:
    identity: {issuer: okta, subject: 0oa1reader}
    grants: {bucket: lake, prefix: raw/, access: read, keys: ["*.csv", "2026/"], exclude: private/}
  writer:
    identity: {issuer: okta, subject: 0oa1writer}
    grants: {bucket: lake, prefix: raw/, access: [write, delete], exclude: [private/, "*.lock"]}
"""
KEYS = ("raw/1.csv", "raw/x/2.csv", "raw/2026/3", "raw/4.tmp", "raw/private/5.csv", "other/6.csv")


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(ACCESS) as world:
        for key in KEYS:
            world.s3().put_object(Bucket="lake", Key=key, Body=b"x")
        yield world


def is_refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        assert code_of(error) in {"AccessDenied", "403"}
        return True
    return False


def test_what_matches_a_pattern_is_read_and_nothing_else(world: SandboxWorld) -> None:
    s3 = world.service("reader")
    read = [key for key in KEYS if not is_refused(lambda key=key: s3.get_object(Bucket="lake", Key=key))]  # type: ignore[misc]
    assert read == ["raw/1.csv", "raw/x/2.csv", "raw/2026/3"]


def test_a_listing_shows_all_names_below_the_prefix(world: SandboxWorld) -> None:
    listed = world.service("reader").list_objects_v2(Bucket="lake", Prefix="raw/")["Contents"]
    assert {stored["Key"] for stored in listed} == {key for key in KEYS if key.startswith("raw/")}
    assert is_refused(lambda: world.service("reader").list_objects_v2(Bucket="lake", Prefix="other/"))


@pytest.mark.parametrize("key", ["raw/private/new", "raw/x/new.lock"])
def test_what_is_excluded_is_not_written_in_any_way(world: SandboxWorld, key: str) -> None:
    s3 = world.service("writer")
    calls: tuple[Callable[[], Any], ...] = (
        lambda: s3.put_object(Bucket="lake", Key=key, Body=b"x"),
        lambda: s3.create_multipart_upload(Bucket="lake", Key=key),
        lambda: s3.delete_object(Bucket="lake", Key=key),
    )
    assert all(map(is_refused, calls))
    answer = s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": key}, {"Key": "raw/nothing"}]})
    assert [error["Key"] for error in answer["Errors"]] == [key]


def test_what_is_not_excluded_is_written(world: SandboxWorld) -> None:
    s3 = world.service("writer")
    s3.put_object(Bucket="lake", Key="raw/privately", Body=b"x")
    s3.delete_object(Bucket="lake", Key="raw/privately")
