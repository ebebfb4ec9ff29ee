"""The state, made to say what is really there."""

from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.fake_cloud import ENDPOINT, FakePlaces, Laboratory, Reversed, thing, urn
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.cloud import Cloud, Places
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.events import Phase, Step, StepOperation
from bucketpass.provision.embedded.journal import Scratch
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.refresh import OWNERSHIP, refresh
from bucketpass.provision.embedded.state import Codec, ResourceState, StackState
from bucketpass.provision.embedded.values import Hidden, Value


def refreshed(lab: Laboratory) -> tuple[Step, ...]:
    state = lab.state()
    progress = Progress(lab.events.append, dry_run=False)
    refresh(state, FakePlaces(lab.world, state), progress)
    return progress.steps


def test_what_is_as_it_was_is_not_spoken_of() -> None:
    lab = Laboratory()
    lab.run([thing("base", tags={"a": "1"}), thing("shelf", on="base")])
    before = dict(lab.disk.records)
    assert refreshed(lab) == ()
    assert {key: record["inputs"] for key, record in lab.disk.records.items() if "inputs" in record} == {
        key: record["inputs"] for key, record in before.items() if "inputs" in record
    }


def test_a_property_that_somebody_changed_is_told_and_put_right_by_the_next_run() -> None:
    lab = Laboratory()
    lab.run([thing("base", colour="red")])
    lab.world.things["base"]["colour"] = "blue"
    (step,) = refreshed(lab)
    assert (step.operation, [(c.path, c.old, c.new) for c in step.changes]) == (StepOperation.REFRESH, [("colour", "red", "blue")])
    assert lab.said(lab.run([thing("base", colour="red")])) == [("update", "done", "base")]
    assert lab.world.things["base"]["colour"] == "red"


def test_a_property_that_somebody_added_is_told_too() -> None:
    lab = Laboratory()
    lab.run([thing("base")])
    lab.world.things["base"]["policy"] = '{"Statement":[]}'
    (step,) = refreshed(lab)
    assert [change.path for change in step.changes] == ["policy"]


def test_what_somebody_deleted_is_forgotten_and_made_anew() -> None:
    lab = Laboratory()
    lab.run([thing("base")])
    lab.world.things.clear()
    (step,) = refreshed(lab)
    assert (step.phase, "gone" in step.reason) == (Phase.DONE, True)
    assert urn("base") not in lab.state().live
    assert lab.said(lab.run([thing("base")])) == [("create", "done", "base")]


def test_a_secret_stays_one() -> None:
    lab = Laboratory()
    lab.run([thing("base", colour=Hidden("ultraviolet"))])
    lab.world.things["base"]["colour"] = "infrared"
    (step,) = refreshed(lab)
    assert "infrared" not in repr(step)
    assert "infrared" not in str(lab.disk.records)


class MotoCloud(Cloud):
    def clients(self, region: str) -> RegionClients:
        return moto_clients(region)


@pytest.fixture
def moto() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.usefixtures("moto")
@pytest.mark.parametrize(("given", "told"), [({}, True), ({"acl": "public-read"}, False)])
def test_what_others_granted_by_acl_is_drift_unless_the_program_gives_an_acl(given: dict[str, Value], told: bool) -> None:
    s3 = moto_clients().s3
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}, ObjectOwnership="ObjectWriter")
    s3.put_bucket_acl(Bucket="data", ACL="public-read")
    bucket = ResourceState("urn:b", "aws:s3/bucket:Bucket", "data", id="data", inputs={"bucket": "data", **given})
    enforced: dict[str, Value] = {"bucket": "data", "rule": {"objectOwnership": "BucketOwnerEnforced"}}
    for owned in ((), (ResourceState("urn:o", OWNERSHIP, "data", id="data", inputs=enforced),)):
        state, progress = StackState(Scratch({}), Codec(Reversed())), Progress(lambda event: None, dry_run=True)
        for resource in (bucket, *owned):
            state.keep(resource)
        refresh(state, Places(MotoCloud(ENDPOINT), state), progress)
        changes = [change for step in progress.steps for change in step.changes if change.path == "acl"]
        assert [change.new for change in changes] == ["READ to http://acs.amazonaws.com/groups/global/AllUsers"] * told
