"""What a run tells, and its result."""

from bucketpass.provision.embedded.diff import PropertyChange
from bucketpass.provision.embedded.events import Message, Operation, Phase, Result, Step
from bucketpass.provision.embedded.values import Hidden

DONE = Step(Operation.CREATE, Phase.DONE, "urn:a", "t", "a", changes=(PropertyChange("key", None, Hidden("swordfish")),))
FAILED = Step(Operation.UPDATE, Phase.FAILED, "urn:b", "t", "b", reason="no")
LEFT = Step(Operation.CREATE, Phase.NOT_MADE, "urn:c", "t", "c")


def test_a_result_is_good_only_if_nothing_failed() -> None:
    assert Result((DONE,), {}).ok
    assert not Result((DONE, FAILED, LEFT), {}).ok
    assert not Result((DONE,), {}, error="the program ended").ok


def test_a_result_counts_what_was_done_and_names_what_was_not() -> None:
    result = Result((DONE, FAILED, LEFT), {})
    assert dict(result.counts) == {Operation.CREATE: 1}
    assert (result.failed, result.not_made) == ((FAILED,), (LEFT,))


def test_the_exit_code_is_the_programs_where_it_has_one() -> None:
    assert Result((), {}).exit_code == 0
    assert Result((FAILED,), {}).exit_code == 1
    assert Result((), {}, error="bad declaration", code=3).exit_code == 3
    assert Result((), {}, error="killed", code=-9).exit_code == 1


def test_the_object_for_json_holds_no_secret() -> None:
    told = Result((DONE,), {"token": Hidden("swordfish"), "arn": "a"}, (Message("info", "hello"),)).as_object()
    assert "swordfish" not in repr(told)
    assert told["outputs"] == {"token": "[secret]", "arn": "a"}
