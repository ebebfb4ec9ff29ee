"""A run of the embedded engine on a person's screen, in the way of Pulumi's own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

from bucketpass.cli.act import Act
from bucketpass.cli.terminal import ProgressLine, Styled, bold, dim, line, style
from bucketpass.provision.embedded import NOTHING_CHANGED, Event, Message, Phase, PropertyChange, RunResult, Step, StepOperation, shown

__all__ = ["RunScreen"]

# Operation: sign, colour, to do, done.
LOOKS = {
    StepOperation.SAME: (" ", "dim", "same", "unchanged"),
    StepOperation.CREATE: ("+", "green", "create", "created"),
    StepOperation.UPDATE: ("~", "yellow", "update", "updated"),
    StepOperation.REPLACE: ("+-", "magenta", "replace", "replaced"),
    StepOperation.DELETE: ("-", "red", "delete", "deleted"),
    StepOperation.READ: (">", "cyan", "read", "read"),
    StepOperation.IMPORT: ("=", "cyan", "import", "imported"),
    StepOperation.FORGET: ("-", "dim", "leave as it is", "left as it is"),
    StepOperation.REFRESH: ("!", "yellow", "drift", "drift: changed by others"),
}
NOTE = "embedded engine: AWS's real provider was not involved; its defaults and checks may differ"
LONGEST_VALUE = 400
AFTER_A_FAILURE = {
    Act.PREVIEW: "Nothing was made or changed. Remove the cause and preview again.",
    Act.UP: "What was made is in the state. Remove the cause and run `up` again: it continues from here.",
    Act.DOWN: "What is left is in the state. Remove the cause and run `down` again: it continues from here.",
}
NOTHING_MADE = "Remove the cause and run `up` again."


class RunScreen:
    """Print each step when it has ended, and at the end the messages, outputs and totals.

    Unchanged resources are counted alone, unless asked for.

    A reader that goes away (`| head`) or a full disk stops the screen, never the run: `finish` raises the error once all is done.
    """

    def __init__(
        self, act: Act, stack: str, target: str, *, note: str = NOTE, show_unchanged: bool = False, show_secrets: bool = False
    ) -> None:
        self._show_unchanged = show_unchanged
        self._show_secrets = show_secrets
        self._progress = ProgressLine()
        self._unwritable: OSError | None = None
        self._ended = 0
        self._began = time.monotonic()
        self._depth: dict[str, int] = {}
        self._messages: list[Message] = []  # for the end: between two resources they would tear the tree
        self._act = act
        self._head: tuple[tuple[Styled | str, ...], ...] = ((f"{act.value} ", bold(stack), f" at {target}"), (dim(note),), ())
        self._progress.update(f"{act.value} {stack} at {target}")

    def __call__(self, event: Event) -> None:
        """Show `event`, if a person wants to see it and the output can still be written."""
        if self._unwritable is None:
            try:
                self._show(event)
            except OSError as error:
                self._unwritable = error

    def _show(self, event: Event) -> None:
        self._open()
        if isinstance(event, Message):
            if self._ended and event.severity != "error":
                self._messages.append(event)
            else:
                self._message(event)
        elif event.phase is Phase.BEGUN:
            seconds = time.monotonic() - self._began
            self._progress.update(f"{self._ended} done, {seconds:.0f} s: {event.operation.value} {event.name}")
        else:
            self._ended += 1
            self._step(event)

    def _open(self) -> None:
        """Show the head before the first line; a run that cannot begin has none."""
        self._progress.clear()
        for parts in self._head:
            line(*parts)
        self._head = ()

    def _message(self, message: Message) -> None:
        if message.severity != "debug":
            colour = {"warning": "yellow", "error": "red"}.get(message.severity, "")
            for text in message.text.splitlines():
                line(style(colour, text), fold=False)

    def _step(self, step: Step) -> None:
        depth = self._depth[step.urn] = self._depth.get(step.parent, -1) + 1
        if step.operation is StepOperation.SAME and step.phase is not Phase.FAILED and not step.reason and not self._show_unchanged:
            return
        sign, colour, plan, done = LOOKS[step.operation]
        words = {Phase.PLANNED: plan, Phase.DONE: done, Phase.NOT_MADE: f"{plan}: not begun"}.get(step.phase, f"{plan}: {step.phase.value}")
        if step.phase is Phase.FAILED:
            colour = "bold red"
        indent = "  " * depth
        where = f" ({step.position})" if step.position else ""
        line(style(colour, f" {sign:<2} {indent}{_short_type(step.type)} "), bold(step.name), style(colour, f" {words}{where}"))
        for reason in step.reason.splitlines():
            line(f"      {indent}", style("red" if step.phase is Phase.FAILED else "dim", reason))
        for difference in _differences(step.changes, self._show_secrets):
            line(f"      {indent}", difference)

    def _words(self, operation: StepOperation) -> str:
        plan, done = LOOKS[operation][2:]
        if operation is StepOperation.REFRESH:
            return "with drift"
        return done if operation is StepOperation.SAME or self._act is not Act.PREVIEW else f"to {plan}"

    def finish(self, result: RunResult) -> None:
        """Show the outputs and the totals. Raises the `OSError` that kept a step from being shown."""
        if self._unwritable is not None:
            raise self._unwritable
        self._open()
        for message in self._messages:
            self._message(message)
        if result.outputs:
            line()
            line(bold("Outputs"))
            for name, value in sorted(result.outputs.items()):
                line(f"    {name}: {json.dumps(shown(value, secrets=self._show_secrets))}", fold=False)
        sums = [f"{count} {self._words(operation)}" for operation, count in result.counts.items()]
        sums += [f"{len(steps)} {words}" for steps, words in ((result.failed, "failed"), (result.not_made, "not begun")) if steps]
        line()
        line(bold("Resources"), f"  {', '.join(sums) or 'none'}")
        for text in result.error.splitlines():
            line(style("bold red", text))
        if result.failed or result.not_made:
            line(NOTHING_MADE if result.error == NOTHING_CHANGED else AFTER_A_FAILURE[self._act])


def _short_type(token: str) -> str:
    """`aws:iam/role:Role` as `aws:iam:Role`, which is how Pulumi prints it."""
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    return f"{package}:{module.split('/')[0]}:{name}"


def _differences(changes: Iterable[PropertyChange], show_secrets: bool) -> Iterable[Styled]:
    for change in changes:
        sign, colour = ("+", "green") if change.old is None else ("-", "red") if change.new is None else ("~", "yellow")
        values = " => ".join(
            _short(value)
            for value in (shown(change.old, secrets=show_secrets), shown(change.new, secrets=show_secrets))
            if value is not None
        )
        yield style(colour, f"{sign} {change.path}: {values}{' (replaces)' if change.replaces else ''}")


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
