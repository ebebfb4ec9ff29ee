"""The end of resources."""

from tests.fake_cloud import FakePlaces, Laboratory, provider, thing, urn

from bucketpass.provision.embedded.deletion import Deletion
from bucketpass.provision.embedded.events import Phase, StepOperation
from bucketpass.provision.embedded.progress import Progress


def deletion(lab: Laboratory, *, dry_run: bool = False) -> tuple[Deletion, Progress]:
    state = lab.state()
    progress = Progress(lab.events.append, dry_run=dry_run)
    return Deletion(state, FakePlaces(lab.world, state), progress), progress


def test_a_whole_stack_goes_users_first_and_the_stack_itself_last() -> None:
    lab = Laboratory()
    lab.run([provider("p"), thing("base"), thing("shelf", on="base")])
    lab.world.calls.clear()
    work, progress = deletion(lab)
    work.delete_all_but(frozenset())
    assert lab.world.calls == ["delete shelf", "delete base"]
    assert progress.steps[-1].name == "shop-dev"
    assert lab.disk.records == {}


def test_a_preview_of_deletions_deletes_nothing() -> None:
    lab = Laboratory()
    lab.run([thing("base")])
    work, progress = deletion(lab, dry_run=True)
    work.delete_all_but(frozenset())
    assert {(step.operation, step.phase) for step in progress.steps} == {(StepOperation.DELETE, Phase.PLANNED)}
    assert set(lab.world.things) == {"base"}


def test_what_is_gone_already_is_no_mistake() -> None:
    lab = Laboratory()
    lab.run([thing("base")])
    lab.world.things.clear()
    work, progress = deletion(lab)
    work.delete_all_but(frozenset())
    assert not progress.failed


def test_clearing_takes_what_is_tied_and_says_what_that_was() -> None:
    lab = Laboratory()
    lab.run([thing("base"), thing("shelf", on="base"), thing("lamp")])
    state = lab.state()
    work = Deletion(state, FakePlaces(lab.world, state), Progress(lab.events.append, dry_run=False))
    assert [tied.name for tied in work.clear(state.live[urn("base")])] == ["shelf"]
    assert set(lab.world.things) == {"lamp"}
