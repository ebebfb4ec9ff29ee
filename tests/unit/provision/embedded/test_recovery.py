"""What an interrupted run left behind."""

from tests.fake_cloud import THING, FakePlaces, Laboratory

from bucketpass.provision.embedded.recovery import differences, outputs_of, recover
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Hidden

BEGUN = ResourceState("urn:a", THING, "a", inputs={"name": "a", "colour": "red", "tags": {"x": "1"}, "tagsAll": {"x": "1"}})


def test_what_is_just_what_was_asked_for_is_taken_over_without_its_late_properties() -> None:
    lab = Laboratory()
    lab.world.things["a"] = {"name": "a", "colour": "red"}
    found = recover(FakePlaces(lab.world, lab.state()).kind(THING, ""), BEGUN)
    assert found is not None
    assert (found.id, dict(found.inputs)) == ("a", {"name": "a", "colour": "red"})
    assert found.outputs["arn"] == "arn:a"


def test_what_is_not_there_or_is_somebody_elses_is_not_taken_over() -> None:
    lab = Laboratory()
    kind = FakePlaces(lab.world, lab.state()).kind(THING, "")
    assert recover(kind, BEGUN) is None
    lab.world.things["a"] = {"name": "a", "colour": "theirs"}
    assert recover(kind, BEGUN) is None
    assert [change.path for change in differences(kind, BEGUN.inputs, {"colour": "theirs"})] == ["colour"]


def test_outputs_keep_what_went_in_as_a_secret_secret() -> None:
    wanted = ResourceState("u", THING, "a", inputs={"colour": Hidden("red")}, secret_outputs=("arn",))
    assert outputs_of(wanted, {"colour": "red", "arn": "x", "id": "y"}) == {"colour": Hidden("red"), "arn": Hidden("x"), "id": "y"}
