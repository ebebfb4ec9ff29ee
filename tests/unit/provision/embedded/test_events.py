"""What a run tells, and its result."""

from bucketpass.provision.embedded.diff import PropertyChange
from bucketpass.provision.embedded.events import Message, Phase, RunResult, Step, StepOperation
from bucketpass.provision.embedded.values import Hidden

DONE = Step(StepOperation.CREATE, Phase.DONE, "urn:a", "t", "a", changes=(PropertyChange("key", None, Hidden("swordfish")),))
FAILED = Step(StepOperation.UPDATE, Phase.FAILED, "urn:b", "t", "b", reason="no")
LEFT = Step(StepOperation.CREATE, Phase.NOT_MADE, "urn:c", "t", "c")


def test_a_result_is_good_only_if_nothing_failed() -> None:
    assert RunResult((DONE,), {}).ok
    assert not RunResult((DONE, FAILED, LEFT), {}).ok
    assert not RunResult((DONE,), {}, error="the program ended").ok


def test_a_result_counts_what_was_done_and_names_what_was_not() -> None:
    result = RunResult((DONE, FAILED, LEFT), {})
    assert dict(result.counts) == {StepOperation.CREATE: 1}
    assert (result.failed, result.not_made) == ((FAILED,), (LEFT,))


def test_the_exit_code_is_the_programs_where_it_has_one() -> None:
    assert RunResult((), {}).exit_code == 0
    assert RunResult((FAILED,), {}).exit_code == 1
    assert RunResult((), {}, error="bad declaration", code=3).exit_code == 3
    assert RunResult((), {}, error="killed", code=-9).exit_code == 1


def test_the_object_for_json_holds_no_secret() -> None:
    told = RunResult((DONE,), {"token": Hidden("swordfish"), "arn": "a"}, (Message("info", "hello"),)).as_object()
    assert "swordfish" not in repr(told)
    assert told["outputs"] == {"token": "[secret]", "arn": "a"}
