"""What a look at the endpoint says of a resource."""

from tests.fake_cloud import THING, FakePlaces, Laboratory, urn

from bucketpass.provision.embedded.found import as_found, differences, outputs_of
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Hidden

BEGUN = ResourceState(urn("a"), THING, "a", inputs={"name": "a", "colour": "red", "tags": {"x": "1"}, "tagsAll": {"x": "1", "team": "t"}})


def test_what_was_found_takes_the_place_of_what_was_asked_for() -> None:
    lab = Laboratory()
    kind = FakePlaces(lab.world, lab.state()).kind(THING, "")
    seen = as_found(kind, BEGUN, {"colour": "blue", "arn": "arn:a", "tagsAll": {"x": "2", "team": "t"}})
    assert seen.inputs == {"name": "a", "colour": "blue", "tags": {"x": "2"}, "tagsAll": {"x": "2", "team": "t"}}
    assert seen.outputs["arn"] == "arn:a"


def test_a_look_tells_only_what_it_can_see() -> None:
    lab = Laboratory()
    kind = FakePlaces(lab.world, lab.state()).kind(THING, "")
    assert [change.path for change in differences(kind, BEGUN.inputs, {"colour": "theirs"})] == ["colour"]
    assert differences(kind, BEGUN.inputs, {}) == ()


def test_outputs_keep_what_went_in_as_a_secret_secret() -> None:
    wanted = ResourceState("u", THING, "a", inputs={"colour": Hidden("red")}, secret_outputs=("arn",))
    assert outputs_of(wanted, {"colour": "red", "arn": "x", "id": "y"}) == {"colour": Hidden("red"), "arn": Hidden("x"), "id": "y"}
