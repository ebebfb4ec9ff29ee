"""What has been said of each resource in a run."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from bucketpass.provision.embedded.diff import PropertyChange
from bucketpass.provision.embedded.events import Listener, Message, Phase, Step, StepOperation
from bucketpass.provision.embedded.state import ResourceState

__all__ = ["Progress"]


# A resource can drift, be changed and then be deleted in one run: each of them has a last word of its own.
_GROUPS = {StepOperation.DELETE: "end", StepOperation.FORGET: "end", StepOperation.REFRESH: "drift"}


class Progress:
    """The latest step of each resource, reported to `listener` as it happens. Thread-safe."""

    def __init__(self, listener: Listener, *, dry_run: bool) -> None:
        self.dry_run = dry_run
        self._listener = listener
        self._lock = threading.Lock()
        self._steps: dict[tuple[str, str], Step] = {}
        self.failed = False  # something was refused; nothing new may begin

    @property
    def steps(self) -> tuple[Step, ...]:
        """The last word on each resource, in the order in which they came."""
        with self._lock:
            return tuple(self._steps.values())

    def report(
        self,
        state: ResourceState,
        operation: StepOperation,
        phase: Phase,
        changes: Sequence[PropertyChange] = (),
        *,
        reason: str = "",
        position: str = "",
    ) -> None:
        """Report the step. In a preview, it is reported as planned."""
        if self.dry_run and phase in {Phase.BEGUN, Phase.DONE}:
            phase = Phase.PLANNED
        step = Step(operation, phase, state.urn, state.type, state.name, state.parent, tuple(changes), reason, position)
        key = state.urn, _GROUPS.get(operation, "")
        with self._lock:
            before = self._steps.get(key)
            # Of two resources with one URN, the one that failed is what a person has to know.
            if before == step or (before is not None and before.phase is Phase.FAILED and phase is not Phase.FAILED):
                return
            self.failed = self.failed or phase is Phase.FAILED
            self._steps[key] = step
            self._listener(step)

    def warn(self, text: str, urn: str) -> None:
        """Report a warning. The run continues."""
        with self._lock:
            self._listener(Message("warning", text, urn))

    def refuse(self, state: ResourceState, reason: str, position: str = "") -> None:
        """The step that was begun for `state`, or that would have begun, has failed."""
        with self._lock:
            begun = self._steps.get((state.urn, ""))
        operation, changes = (StepOperation.CREATE, ()) if begun is None else (begun.operation, begun.changes)
        self.report(state, operation, Phase.FAILED, changes, reason=reason, position=position)
