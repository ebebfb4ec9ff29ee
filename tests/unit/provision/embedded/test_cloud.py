"""The endpoint as the engine uses it."""

from dataclasses import replace

import pytest
from tests.fake_cloud import ENDPOINT, AwsSaidNo, Disk, Reversed, World

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.cloud import WAIT_SECONDS, Cloud, Places, ProviderSettings
from bucketpass.provision.embedded.state import Codec, ResourceState, StackState


class NotYet(AwsSaidNo):
    def __init__(self) -> None:
        super().__init__("MalformedPolicy")
        self.args = ("Invalid principal in policy",)


def test_what_is_not_known_everywhere_yet_is_tried_again() -> None:
    waits: list[float] = []
    answers: list[Exception | None] = [NotYet(), NotYet(), None]

    def call() -> str:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        return "made"

    assert Cloud(ENDPOINT, sleep=waits.append).patiently(call) == "made"
    assert waits == [0.5, 1.0]


def test_patience_ends() -> None:
    waits: list[float] = []

    def call() -> str:
        raise NotYet

    with pytest.raises(NotYet):
        Cloud(ENDPOINT, sleep=waits.append).patiently(call)
    assert tuple(waits) == WAIT_SECONDS


def test_any_other_answer_is_an_answer() -> None:
    def call() -> str:
        raise AwsSaidNo("AccessDenied")

    with pytest.raises(AwsSaidNo):
        Cloud(ENDPOINT, sleep=lambda seconds: pytest.fail("waited")).patiently(call)


def test_a_provider_says_where_its_resources_are_and_what_tags_they_get() -> None:
    assert ProviderSettings.of({}, "eu-central-1") == ProviderSettings("eu-central-1")
    given = {"region": "us-east-1", "defaultTags": '{"tags": {"team": "a"}}'}
    assert ProviderSettings.of(given, "eu-central-1") == ProviderSettings("us-east-1", {"team": "a"})


def test_resources_of_a_noted_provider_are_made_there_and_others_at_home() -> None:
    places = Places(Cloud(ENDPOINT), StackState(Disk(World()), Codec(Reversed())))
    places.note_provider(ResourceState("urn:p", "pulumi:providers:aws", "p", inputs={"region": "us-east-1"}))
    assert places.kind("aws:kms/key:Key", "urn:p").around.region == "us-east-1"
    assert places.kind("aws:kms/key:Key", "").around.region == "eu-central-1"


def test_an_unknown_type_names_the_known_ones() -> None:
    places = Places(Cloud(ENDPOINT), StackState(Disk(World()), Codec(Reversed())))
    with pytest.raises(ProvisionError, match=r"`aws:sqs/queue:Queue` is not supported.*`aws:iam/role:Role`"):
        places.kind("aws:sqs/queue:Queue", "")


@pytest.mark.parametrize(("dialect", "replaced"), [("aws", False), ("rgw", True)])
def test_what_an_endpoint_cannot_change_is_replaced(dialect: str, replaced: bool) -> None:
    places = Places(Cloud(replace(ENDPOINT, dialect=dialect)), StackState(Disk(World()), Codec(Reversed())))
    rules = {rule.name: rule for rule in places.kind("aws:iam/role:Role", "").rules}
    assert rules["maxSessionDuration"].replace is replaced
    assert not rules["assumeRolePolicy"].replace
