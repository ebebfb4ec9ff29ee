"""Which keys a grant is for: patterns below a prefix, and folders by several session tags, by real boto3 at the sandbox."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of, outcome, sandbox_world

from bucketpass.decide.web_identity import TAGS_CLAIM

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  lake: {}
  models: {}
services:
  reader:
    identity: {issuer: okta, subject: 0oa1reader}
    grants: {bucket: lake, prefix: raw/, access: read, keys: ["*.csv", "2026/"], exclude: private/}
  writer:
    identity: {issuer: okta, subject: 0oa1writer}
    grants: {bucket: lake, prefix: raw/, access: [write, delete], exclude: [private/, "*.lock"]}
  app:
    identity: {issuer: okta, subject: 0oa1app}
    grants: {bucket: models, prefix: t/, access: [read, write], per: "{tenant}/in/{team}"}
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


def keys_of(world: SandboxWorld, **tags: str) -> str:
    claims = {TAGS_CLAIM: {"principal_tags": {name: [value] for name, value in tags.items()}}}
    return outcome(world.assume, service="app", token=world.sandbox.mint("app", claims=claims))


def test_a_session_reaches_the_folder_of_both_its_tags(world: SandboxWorld) -> None:
    claims = {TAGS_CLAIM: {"principal_tags": {"tenant": ["acme"], "team": ["vision"]}}}
    s3 = world.service("app", token=world.sandbox.mint("app", claims=claims))
    folders = ("t/acme/in/vision/", "t/acme/in/speech/", "t/acme/in/vision2/", "t/other/in/vision/", "t/acme/vision/", "t/acme/in/", "t/")
    puts = [outcome(s3.put_object, Bucket="models", Key=f"{folder}1", Body=b"x") for folder in folders]
    lists = [outcome(s3.list_objects_v2, Bucket="models", Prefix=folder) for folder in folders]
    assert puts == lists == ["done", *["AccessDenied"] * (len(folders) - 1)]


@pytest.mark.parametrize(
    "tags", [{}, {"tenant": "acme"}, {"tenant": "acme", "team": "a/b"}, {"tenant": "", "team": "a"}, {"tenant": "*", "team": "a"}]
)
def test_a_token_without_both_tags_gets_no_session(world: SandboxWorld, tags: dict[str, str]) -> None:
    assert keys_of(world, **tags) == "AccessDenied"
