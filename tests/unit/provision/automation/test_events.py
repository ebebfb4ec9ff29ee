"""What Pulumi's engine says, in the words of the embedded engine."""

from typing import Any

import pytest
from pulumi.automation import EngineEvent, OpType

from bucketpass.provision.automation.events import OPERATIONS, Translation
from bucketpass.provision.embedded import Event, Message, Phase, PropertyChange, Step, StepOperation

URN = "urn:pulumi:dev::ai::bucketpass:index:FederatedAccess$aws:iam/role:Role::ai-trainer"
PARENT = "urn:pulumi:dev::ai::bucketpass:index:FederatedAccess::ai"
UNSEEN = {OpType.REPLACE, OpType.DELETE_REPLACED, OpType.DISCARD_REPLACED, OpType.REMOVE_PENDING_REPLACE}


def metadata(op: str, **more: Any) -> dict[str, Any]:
    state = {"type": "aws:iam/role:Role", "urn": URN, "parent": PARENT}
    old, new = more.pop("old", {}), more.pop("new", {})
    return {
        "metadata": {
            "op": op,
            "urn": URN,
            "type": "aws:iam/role:Role",
            "provider": "",
            "old": {**state, "inputs": old},
            "new": {**state, "inputs": new},
            **more,
        }
    }


def heard(*events: dict[str, Any], dry_run: bool = False) -> tuple[list[Event], Translation]:
    told: list[Event] = []
    translation = Translation(told.append, dry_run=dry_run)
    for number, event in enumerate(events):
        translation(EngineEvent.from_json({"sequence": number, "timestamp": 0, **event}))
    return told, translation


def step(operation: StepOperation, phase: Phase, **more: Any) -> Step:
    return Step(operation, phase, URN, "aws:iam/role:Role", "ai-trainer", PARENT, **more)


def test_a_resource_that_is_made_is_told_twice_and_counted_once() -> None:
    told, translation = heard({"resourcePreEvent": metadata("create")}, {"resOutputsEvent": metadata("create")})
    assert told == [step(StepOperation.CREATE, Phase.BEGUN), step(StepOperation.CREATE, Phase.DONE)]
    assert list(translation.steps.values()) == [step(StepOperation.CREATE, Phase.DONE)]


def test_in_a_preview_everything_is_planned() -> None:
    told, _ = heard({"resourcePreEvent": metadata("create")}, {"resOutputsEvent": metadata("create")}, dry_run=True)
    assert told == [step(StepOperation.CREATE, Phase.PLANNED)]


def test_a_failure_has_the_reason_that_was_said_before_it() -> None:
    diagnostic = {"message": "<{%reset%}>creating role:\n  AccessDenied<{%reset%}>", "severity": "error", "urn": URN}
    told, translation = heard({"diagnosticEvent": diagnostic}, {"resOpFailedEvent": metadata("create") | {"status": 1, "steps": 0}})
    assert told[1] == step(StepOperation.CREATE, Phase.FAILED, reason="creating role: AccessDenied")
    assert translation.messages == [Message("error", "creating role:\n  AccessDenied", URN)]


def test_a_refresh_reports_what_has_drifted_alone() -> None:
    same = metadata("refresh", old={"path": "/"}, new={"path": "/"})
    drifted = metadata("refresh", old={"path": "/"}, new={"path": "/x/"})
    gone = metadata("refresh")
    gone["metadata"]["new"] = None
    for dry_run, phase in ((True, Phase.PLANNED), (False, Phase.DONE)):
        told, _ = heard({"resourcePreEvent": same}, {"resOutputsEvent": same}, dry_run=dry_run)
        assert told == []
        for event in (drifted, gone):
            ((found,), _) = heard({"resourcePreEvent": event}, {"resOutputsEvent": event}, dry_run=dry_run)
            assert isinstance(found, Step) and (found.operation, found.phase) == (StepOperation.REFRESH, phase)


def test_a_provider_that_no_program_names_is_no_step() -> None:
    for name, number in (("default_7_51_1", 0), ("default", 0), ("elsewhere", 1)):
        event = metadata("create")
        event["metadata"]["urn"] = f"urn:pulumi:dev::ai::pulumi:providers:aws::{name}"
        assert len(heard({"resOutputsEvent": event})[0]) == number


def test_a_replacement_is_one_step() -> None:
    told, _ = heard(*({"resOutputsEvent": metadata(op)} for op in ("create-replacement", "replace", "delete-replaced")))
    assert told == [step(StepOperation.REPLACE, Phase.DONE)]


@pytest.mark.parametrize("op", OpType)
def test_every_operation_of_the_engine_is_known(op: OpType) -> None:
    assert (op in OPERATIONS) is (op not in UNSEEN)


def test_differences_have_what_was_and_what_will_be_at_their_paths() -> None:
    diff = {
        "tags.team": {"diffKind": "update"},
        "rules[0].status": {"diffKind": "add"},
        "name": {"diffKind": "update-replace"},
        "gone.deeply[3].x": {"diffKind": "delete"},
    }
    old = {"tags": {"team": "a"}, "name": "x"}
    new = {"tags": {"team": "b"}, "rules": [{"status": "Enabled"}], "name": "y"}
    told, _ = heard({"resourcePreEvent": metadata("update", old=old, new=new, detailedDiff=diff)})
    assert isinstance(told[0], Step)
    assert told[0].changes == (
        PropertyChange("gone.deeply[3].x", None, None),
        PropertyChange("name", "x", "y", replaces=True),
        PropertyChange("rules[0].status", None, "Enabled"),
        PropertyChange("tags.team", "a", "b"),
    )


@pytest.mark.parametrize(
    "diagnostic",
    [{"message": "  \n", "severity": "info"}, {"message": "working ...", "severity": "info", "ephemeral": True}],
)
def test_what_says_nothing_is_not_told(diagnostic: dict[str, Any]) -> None:
    assert heard({"diagnosticEvent": diagnostic})[0] == []


def test_a_program_that_prints_to_its_error_stream_is_heard_as_information() -> None:
    assert heard({"diagnosticEvent": {"message": "hello", "severity": "info#err"}})[0] == [Message("info", "hello")]
