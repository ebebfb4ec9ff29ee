"""What has been said of each resource."""

from bucketpass.provision.embedded.events import Event, Phase, Step, StepOperation
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.state import ResourceState

ROLE = ResourceState("urn:a", "t", "a")


def test_everything_is_told_and_the_last_word_is_kept() -> None:
    heard: list[Event] = []
    progress = Progress(heard.append, dry_run=False)
    progress.report(ROLE, StepOperation.CREATE, Phase.BEGUN)
    progress.report(ROLE, StepOperation.CREATE, Phase.DONE)
    assert [event.phase for event in heard if isinstance(event, Step)] == [Phase.BEGUN, Phase.DONE]
    assert [step.phase for step in progress.steps] == [Phase.DONE]


def test_a_preview_only_plans() -> None:
    heard: list[Event] = []
    progress = Progress(heard.append, dry_run=True)
    progress.report(ROLE, StepOperation.DELETE, Phase.BEGUN)
    progress.report(ROLE, StepOperation.DELETE, Phase.DONE)
    assert [step.phase for step in progress.steps] == [Phase.PLANNED]
    assert len(heard) == 1  # beginning and end are one plan


def test_a_refusal_is_of_the_operation_that_was_begun() -> None:
    progress = Progress(lambda event: None, dry_run=False)
    progress.report(ROLE, StepOperation.UPDATE, Phase.BEGUN)
    assert not progress.failed
    progress.refuse(ROLE, "no")
    assert progress.failed
    assert [(step.operation, step.phase, step.reason) for step in progress.steps] == [(StepOperation.UPDATE, Phase.FAILED, "no")]


def test_the_end_of_a_replaced_resource_does_not_overwrite_the_replacement() -> None:
    progress = Progress(lambda event: None, dry_run=False)
    progress.report(ROLE, StepOperation.REPLACE, Phase.DONE)
    progress.report(ROLE, StepOperation.DELETE, Phase.DONE)
    assert [step.operation for step in progress.steps] == [StepOperation.REPLACE, StepOperation.DELETE]
