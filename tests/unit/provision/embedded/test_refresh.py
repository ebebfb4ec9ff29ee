"""The state, made to say what is really there."""

from tests.fake_cloud import FakePlaces, Laboratory, thing, urn

from bucketpass.provision.embedded.events import Phase, Step, StepOperation
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.refresh import refresh
from bucketpass.provision.embedded.values import Hidden


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
