"""The events of Pulumi's engine as the steps and messages that the embedded engine has.

Source: `pulumi.automation.events`, and the engine's own names of operations there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pulumi.automation import EngineEvent, OpType
from pulumi.automation.events import DiagnosticEvent, DiffKind, PropertyDiff, StepEventMetadata

from bucketpass.digits import whole_number
from bucketpass.provision.embedded import Event, Listener, Message, Phase, PropertyChange, Step, StepOperation

__all__ = ["Translation"]

# Pulumi's operation -> ours. A replacement has several steps there; the one that makes the new resource stands for all.
OPERATIONS: Mapping[OpType, StepOperation] = {
    OpType.SAME: StepOperation.SAME,
    OpType.CREATE: StepOperation.CREATE,
    OpType.UPDATE: StepOperation.UPDATE,
    OpType.DELETE: StepOperation.DELETE,
    OpType.CREATE_REPLACEMENT: StepOperation.REPLACE,
    OpType.IMPORT_REPLACEMENT: StepOperation.REPLACE,
    OpType.READ: StepOperation.READ,
    OpType.READ_REPLACEMENT: StepOperation.READ,
    OpType.REFRESH: StepOperation.REFRESH,
    OpType.DISCARD: StepOperation.FORGET,
    OpType.IMPORT: StepOperation.IMPORT,
}
REPLACING = {DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE}
DEFAULT_PROVIDER = re.compile(r"(?:::|\$)pulumi:providers:[^:]+::default(?:_[^:]*)?$")
COLOUR = re.compile(r"<\{%[^%]*%\}>")
PLACE = re.compile(r"\[\"?([^\]\"]+)\"?\]|([^.\[]+)")


class Translation:
    """Hears the engine's events and tells `listener` ours; keeps the last step of each resource, and all messages."""

    def __init__(self, listener: Listener, *, dry_run: bool) -> None:
        self._listener = listener
        self._dry_run = dry_run
        self._reasons: dict[str, str] = {}
        self.steps: dict[str, Step] = {}
        self.messages: list[Message] = []

    def __call__(self, event: EngineEvent) -> None:
        """Report `event` if it is a diagnostic or a step of a resource."""
        if event.diagnostic_event is not None:
            self._diagnose(event.diagnostic_event)
        elif event.resource_pre_event is not None and event.resource_pre_event.metadata.op != OpType.REFRESH:
            self._step(event.resource_pre_event.metadata, Phase.PLANNED if self._dry_run else Phase.BEGUN)
        elif event.res_outputs_event is not None and _is_news(event.res_outputs_event.metadata, dry_run=self._dry_run):
            self._step(event.res_outputs_event.metadata, Phase.PLANNED if self._dry_run else Phase.DONE)
        elif event.res_op_failed_event is not None:
            self._step(event.res_op_failed_event.metadata, Phase.FAILED)

    def _diagnose(self, event: DiagnosticEvent) -> None:
        text = COLOUR.sub("", event.message).strip()
        severity = event.severity.partition("#")[0]
        if not text or event.ephemeral:
            return
        if severity == "error" and event.urn:
            self._reasons[event.urn] = " ".join(text.split())
        self._tell(Message(severity, text, event.urn or ""))

    def _step(self, metadata: StepEventMetadata, phase: Phase) -> None:
        operation = OPERATIONS.get(OpType(metadata.op))
        # Pulumi neither shows nor counts the providers that a program does not name.
        if operation is None or DEFAULT_PROVIDER.search(metadata.urn):
            return
        state = metadata.new or metadata.old
        self._tell(
            Step(
                operation,
                phase,
                metadata.urn,
                metadata.type,
                metadata.urn.rpartition("::")[2],
                parent=state.parent if state else "",
                changes=_changes(metadata),
                reason=self._reasons.get(metadata.urn, "") if phase is Phase.FAILED else "",
            )
        )

    def _tell(self, event: Event) -> None:
        if isinstance(event, Message):
            self.messages.append(event)
        else:
            self.steps[event.urn] = event
        self._listener(event)


def _is_news(metadata: StepEventMetadata, *, dry_run: bool) -> bool:
    """Whether a step's outputs say what was not said before it: each resource is refreshed, and few have drifted."""
    if metadata.op != OpType.REFRESH:
        return not dry_run
    old, new = metadata.old, metadata.new
    return old is None or new is None or old.inputs != new.inputs or old.outputs != new.outputs


def _changes(metadata: StepEventMetadata) -> tuple[PropertyChange, ...]:
    old = metadata.old.inputs if metadata.old else None
    new = metadata.new.inputs if metadata.new else None
    return tuple(_change(path, diff, old or {}, new or {}) for path, diff in sorted((metadata.detailed_diff or {}).items()))


def _change(path: str, diff: PropertyDiff, old: Mapping[str, Any], new: Mapping[str, Any]) -> PropertyChange:
    return PropertyChange(path, _at(old, path), _at(new, path), replaces=diff.diff_kind in REPLACING)


def _at(value: Any, path: str) -> Any:
    """What stands at `path`, such as `rules[0].status`; None where there is nothing."""
    for index, name in PLACE.findall(path):
        if isinstance(value, Mapping):
            value = value.get(name or index)
        elif isinstance(value, list) and (number := whole_number(index, len(value) - 1)) is not None:
            value = value[number]
        else:
            return None
    return value
