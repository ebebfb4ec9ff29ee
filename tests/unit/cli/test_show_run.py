"""A run on a person's screen."""

import io
from contextlib import redirect_stdout

import pytest

from bucketpass.cli.act import Act
from bucketpass.cli.show_run import NOTE, RunScreen
from bucketpass.provision.embedded import NOTHING_CHANGED, Event, Message, Phase, PropertyChange, RunResult, Step, StepOperation
from bucketpass.provision.embedded.values import UNKNOWN, Hidden


def seen(*events: Event, outputs: dict[str, object] | None = None, error: str = "", act: Act = Act.UP, show_unchanged: bool = False) -> str:
    page = io.StringIO()
    with redirect_stdout(page):
        screen = RunScreen(act, "dev", "http://127.0.0.1:1", show_unchanged=show_unchanged)
        for event in events:
            screen(event)
        steps = tuple(event for event in events if isinstance(event, Step) and event.phase is not Phase.BEGUN)
        screen.finish(RunResult(steps, outputs or {}, error=error))  # type: ignore[arg-type]
    return page.getvalue()


def step(operation: StepOperation, phase: Phase, name: str = "trainer", **more: object) -> Step:
    return Step(operation, phase, f"urn:{name}", "aws:iam/role:Role", name, **more)  # type: ignore[arg-type]


def test_every_run_says_that_awss_provider_was_not_involved() -> None:
    assert NOTE in seen()
    assert "AWS's real provider was not involved" in NOTE


def test_a_step_is_shown_once_when_it_has_ended_with_its_differences() -> None:
    changes = (
        PropertyChange("tags.team", "a", None),
        PropertyChange("path", "/", "/x/", replaces=True),
        PropertyChange("k", None, Hidden("swordfish")),
    )
    page = seen(step(StepOperation.REPLACE, Phase.BEGUN), step(StepOperation.REPLACE, Phase.DONE, changes=changes))
    assert page.count("trainer") == 1
    assert "+- aws:iam:Role trainer replaced" in page
    assert '- tags.team: "a"' in page
    assert '~ path: "/" => "/x/" (replaces)' in page
    assert '+ k: "[secret]"' in page
    assert "swordfish" not in page


def test_children_are_indented_below_their_parents() -> None:
    page = seen(step(StepOperation.CREATE, Phase.DONE, "outer"), step(StepOperation.CREATE, Phase.DONE, "inner", parent="urn:outer"))
    outer, inner = (next(line for line in page.splitlines() if name in line) for name in ("outer", "inner"))
    assert inner.index("aws:") == outer.index("aws:") + 2


def test_a_preview_speaks_of_what_is_to_be_done_and_a_run_of_what_was() -> None:
    assert "1 to create" in seen(step(StepOperation.CREATE, Phase.PLANNED), act=Act.PREVIEW)
    assert "1 created" in seen(step(StepOperation.CREATE, Phase.DONE))
    assert "1 unchanged" in seen(step(StepOperation.SAME, Phase.PLANNED), act=Act.PREVIEW)


def test_a_failure_has_its_reason_and_what_to_do_next() -> None:
    page = seen(step(StepOperation.CREATE, Phase.FAILED, reason="AccessDenied [odd]"), step(StepOperation.CREATE, Phase.NOT_MADE, "later"))
    assert "AccessDenied [odd]" in page
    assert "later create: not begun" in page
    assert "1 failed, 1 not begun" in page
    assert "What was made is in the state. Remove the cause and run `up` again" in page


def test_a_run_that_changed_nothing_speaks_of_no_state() -> None:
    page = seen(step(StepOperation.CREATE, Phase.FAILED, reason="exists"), error=NOTHING_CHANGED)
    assert "Remove the cause and run `up` again." in page
    assert "in the state" not in page


def test_a_failed_preview_does_not_speak_of_what_was_made() -> None:
    page = seen(step(StepOperation.CREATE, Phase.FAILED, reason="unsupported"), act=Act.PREVIEW)
    assert "Nothing was made or changed. Remove the cause and preview again." in page
    assert "in the state" not in page


def test_a_failed_removal_speaks_of_what_is_left() -> None:
    assert "What is left is in the state" in seen(step(StepOperation.DELETE, Phase.FAILED, reason="BucketNotEmpty"), act=Act.DOWN)


def test_outputs_show_no_secret_and_what_is_unknown() -> None:
    page = seen(outputs={"token": Hidden("swordfish"), "arn": UNKNOWN})
    assert 'token: "[secret]"' in page
    assert 'arn: "[unknown]"' in page


def test_the_programs_own_words_are_shown_as_they_are_and_debug_words_are_not() -> None:
    page = seen(Message("info", "[bold]hello"), Message("debug", "noise"))
    assert "[bold]hello" in page
    assert "noise" not in page


def test_unchanged_resources_are_counted_and_listed_only_when_asked_for() -> None:
    same = step(StepOperation.SAME, Phase.DONE, "steady")
    assert "steady" not in seen(same)
    assert "1 unchanged" in seen(same)
    assert "steady unchanged" in seen(same, show_unchanged=True)


class ReaderGone(io.StringIO):
    """Standard output of `| head`: the second line has no reader."""

    def write(self, text: str, /) -> int:
        if self.getvalue().count("\n") > 1:
            raise BrokenPipeError
        return super().write(text)


def test_a_reader_that_goes_away_does_not_stop_the_run_and_is_reported_at_its_end() -> None:
    with redirect_stdout(ReaderGone()):
        screen = RunScreen(Act.UP, "dev", "http://127.0.0.1:1")
        for name in ("one", "two", "three"):
            screen(step(StepOperation.CREATE, Phase.DONE, name))
        with pytest.raises(BrokenPipeError):
            screen.finish(RunResult((), {}))


def test_notes_come_after_the_resources_and_errors_at_once() -> None:
    events = (step(StepOperation.CREATE, Phase.DONE, "first"), Message("info", "a note"), Message("error", "an error"))
    page = seen(Message("info", "before"), *events, step(StepOperation.CREATE, Phase.DONE, "second"), outputs={"arn": "x"})
    found = [page.index(words) for words in ("before", "first", "an error", "second", "a note", "Outputs")]
    assert found == sorted(found)
