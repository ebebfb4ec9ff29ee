"""Folders by several session tags: by real boto3 at the sandbox."""

from collections.abc import Iterator

import pytest
from tests.sandboxes import SandboxWorld, outcome, sandbox_world

from bucketpass.decide.web_identity import TAGS_CLAIM

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  models: {}
services:
  app:
    identity: {issuer: okta, subject: 0oa1app}
    grants: {bucket: models, prefix: t/, access: [read, write], per: "{tenant}/in/{team}"}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(ACCESS) as world:
        yield world


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
