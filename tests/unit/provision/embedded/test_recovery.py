"""What an interrupted run left behind."""

from dataclasses import replace

from tests.fake_cloud import THING, FakePlaces, Laboratory, Thing, thing, urn

from bucketpass.provision.embedded.events import Message
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.recovery import recover
from bucketpass.provision.embedded.state import ResourceState, StackState

BEGUN = ResourceState(urn("a"), THING, "a", inputs={"name": "a", "colour": "red", "tags": {"x": "1"}, "tagsAll": {"x": "1"}})


def recovered(lab: Laboratory) -> StackState:
    state = lab.state()
    state.begin(BEGUN)
    recover(state, FakePlaces(lab.world, state), Progress(lab.events.append, dry_run=False))
    assert lab.state().pending_create == {}
    return lab.state()


def test_what_is_just_what_was_asked_for_is_taken_over_without_its_late_properties() -> None:
    lab = Laboratory()
    lab.world.things["a"] = {"name": "a", "colour": "red"}
    found = recovered(lab).live[urn("a")]
    assert (found.id, dict(found.inputs), found.outputs["arn"]) == ("a", {"name": "a", "colour": "red"}, "arn:a")


def test_what_was_made_in_the_place_of_another_condemns_that_other() -> None:
    lab = Laboratory()
    old = ResourceState(urn("a"), THING, "a", id="old")
    lab.state().keep(old)
    lab.world.things["a"] = {"name": "a", "colour": "red"}
    state = recovered(lab)
    assert (state.live[urn("a")].id, state.pending_replacement) == ("a", [old])


def test_what_is_not_there_or_is_somebody_elses_is_not_taken_over() -> None:
    lab = Laboratory()
    assert recovered(lab).live == {}
    lab.world.things["a"] = {"name": "a", "colour": "theirs"}
    assert recovered(lab).live == {}


def test_what_cannot_be_found_again_is_told() -> None:
    class Nameless(Thing):
        def find(self, aws: object, wanted: object) -> None:
            return None

    lab = Laboratory()
    state = lab.state()
    state.begin(BEGUN)
    places = FakePlaces(lab.world, state, Nameless(lab.world))
    recover(state, places, Progress(lab.events.append, dry_run=False))
    assert [event.text for event in lab.events if isinstance(event, Message)] == [
        f"the creation of `a` ({THING}) was interrupted; if the resource exists, it is not in the state"
    ]


def test_what_was_being_deleted_is_deleted() -> None:
    lab = Laboratory()
    lab.run([thing("a")])
    state = lab.state()
    state.let_go(state.live[urn("a")])
    lab.run([])
    assert (lab.world.things, lab.state().pending_delete) == ({}, [])


def test_a_deletion_that_is_refused_now_is_told_and_the_resource_counts_as_there() -> None:
    lab = Laboratory()
    lab.run([thing("a")])
    state = lab.state()
    state.let_go(state.live[urn("a")])
    lab.world.refused = {"delete a"}
    assert lab.said(lab.run([thing("a")])) == [("same", "done", "a")]
    assert any("could not be deleted" in event.text for event in lab.events if isinstance(event, Message))


def test_a_preview_deletes_nothing_of_what_was_being_deleted() -> None:
    lab = Laboratory()
    lab.run([thing("a")])
    state = lab.state()
    state.let_go(state.live[urn("a")])
    assert lab.said(lab.run([thing("a")], dry_run=True)) == [("create", "planned", "a")]
    assert set(lab.world.things) == {"a"}


def test_a_change_that_was_cut_short_is_looked_at_again() -> None:
    lab = Laboratory()
    lab.run([thing("a", colour="red")])
    state = lab.state()
    live = state.live[urn("a")]
    state.begin(replace(live, inputs={**live.inputs, "colour": "blue"}))
    lab.world.things["a"]["colour"] = "blue"
    assert lab.said(lab.run([thing("a", colour="red")])) == [("update", "done", "a")]
    assert lab.world.things["a"]["colour"] == "red"


def test_a_change_of_what_is_gone_meanwhile_ends_in_a_new_one() -> None:
    lab = Laboratory()
    lab.run([thing("a")])
    state = lab.state()
    state.begin(state.live[urn("a")])
    lab.world.things.clear()
    assert lab.said(lab.run([thing("a")])) == [("create", "done", "a")]
