"""What a run tells while it goes on, and its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from bucketpass.provision.embedded.diff import PropertyChange
from bucketpass.provision.embedded.values import Properties, shown

__all__ = ["NOTHING_CHANGED", "Event", "Listener", "Message", "Phase", "RunResult", "Step", "StepOperation", "ignore"]


NOTHING_CHANGED = "the program cannot be made as it is, and nothing was changed"
INVALID_INPUT = 3  # the exit code of a `BucketpassError` for what a person gave


class StepOperation(Enum):
    """What happens to a resource. `FORGET`: it leaves the stack, but not the cloud."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    IMPORT = "import"
    FORGET = "forget"
    REFRESH = "refresh"


class Phase(Enum):
    """How far a step is. `PLANNED` is all that a preview says; `NOT_MADE`: an earlier failure was in the way."""

    PLANNED = "planned"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    NOT_MADE = "not made"


@dataclass(frozen=True, slots=True)
class Step:
    """One resource's step. `reason` says why it failed, or what else a person should know.

    position: file and line of the program, for a step that failed.
    """

    operation: StepOperation
    phase: Phase
    urn: str
    type: str
    name: str
    parent: str = ""
    changes: tuple[PropertyChange, ...] = ()
    reason: str = ""
    position: str = ""

    def as_object(self) -> dict[str, object]:
        """The step as `--json` prints it."""
        return {
            "operation": self.operation.value,
            "phase": self.phase.value,
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "reason": self.reason,
            "position": self.position,
            "changes": [
                {"path": change.path, "old": shown(change.old), "new": shown(change.new), "replaces": change.replaces}
                for change in self.changes
            ],
        }


@dataclass(frozen=True, slots=True)
class Message:
    """A line from the program or the engine. `severity`: debug, info, warning or error."""

    severity: str
    text: str
    urn: str = ""


Event = Step | Message
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Nothing is done with `event`."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `outputs` are the program's exports, secrets still hidden; `steps` the last word on each resource."""

    steps: tuple[Step, ...]
    outputs: Properties
    messages: tuple[Message, ...] = ()
    error: str = ""
    code: int = 0  # the program's own exit code

    @property
    def exit_code(self) -> int:
        """0 where all is as asked for; 3 where the program says that its input is wrong; else 1."""
        return 0 if self.ok else self.code if self.code == INVALID_INPUT else 1

    @property
    def ok(self) -> bool:
        """Everything that the program asked for is so (or, in a preview, could be)."""
        return not self.error and not self.failed

    @property
    def failed(self) -> tuple[Step, ...]:
        """The steps that AWS or the engine refused."""
        return tuple(step for step in self.steps if step.phase is Phase.FAILED)

    @property
    def not_made(self) -> tuple[Step, ...]:
        """The steps that a failure was in the way of."""
        return tuple(step for step in self.steps if step.phase is Phase.NOT_MADE)

    def as_object(self, *, secrets: bool = False) -> dict[str, object]:
        """The result as `--json` prints it: no secret in it, unless a person asked for `secrets`."""
        return {
            "engine": "embedded",
            "ok": self.ok,
            "error": self.error,
            "counts": {operation.value: count for operation, count in self.counts.items()},
            "steps": [step.as_object() for step in self.steps],
            "outputs": {name: shown(value, secrets=secrets) for name, value in self.outputs.items()},
            "messages": [{"severity": message.severity, "text": message.text} for message in self.messages],
        }

    @property
    def counts(self) -> Mapping[StepOperation, int]:
        """How many resources were (or, in a preview, would be) created, updated and so on."""
        return Counter(step.operation for step in self.steps if step.phase in {Phase.DONE, Phase.PLANNED})
