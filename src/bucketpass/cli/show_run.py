"""A run of the embedded engine on a person's screen, in the way of Pulumi's own."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from bucketpass.cli.act import Act
from bucketpass.provision.embedded import Event, Message, Operation, Phase, PropertyChange, Result, Step, shown

__all__ = ["Screen"]

# Operation: sign, colour, to do, done.
LOOKS = {
    Operation.SAME: (" ", "dim", "same", "unchanged"),
    Operation.CREATE: ("+", "green", "create", "created"),
    Operation.UPDATE: ("~", "yellow", "update", "updated"),
    Operation.REPLACE: ("+-", "magenta", "replace", "replaced"),
    Operation.DELETE: ("-", "red", "delete", "deleted"),
    Operation.READ: (">", "cyan", "read", "read"),
    Operation.IMPORT: ("=", "cyan", "import", "imported"),
    Operation.FORGET: ("-", "dim", "leave as it is", "left as it is"),
    Operation.REFRESH: ("~", "yellow", "refresh", "refreshed"),
}
NOTE = "embedded engine: AWS's real provider was not involved; its defaults and checks may differ"
LONGEST_VALUE = 400
AFTER_A_FAILURE = {
    Act.PREVIEW: "Nothing was made or changed: mend the cause and look again.",
    Act.UP: "What was made is in the state: mend the cause and run it again, and it goes on from here.",
    Act.DOWN: "What is left is in the state: mend the cause and run it again, and it goes on from here.",
}


class Screen:
    """Prints each step when it has ended, and at the end what came of it all."""

    def __init__(self, act: Act, stack: str, url: str, console: Console | None = None, *, note: str = NOTE) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._depth: dict[str, int] = {}
        self._act = act
        self._console.print(f"{act.value} [bold]{escape(stack)}[/] at {escape(url)}")
        self._console.print(f"[dim]{note}[/]\n")

    def __call__(self, event: Event) -> None:
        """`event` is on the screen, if a person wants to see it."""
        if isinstance(event, Message):
            self._message(event)
        elif event.phase is not Phase.BEGUN:
            self._step(event)

    def _message(self, message: Message) -> None:
        if message.severity != "debug":
            colour = {"warning": "yellow", "error": "red"}.get(message.severity, "default")
            self._console.print(f"[{colour}]{escape(message.text)}[/]")

    def _step(self, step: Step) -> None:
        depth = self._depth[step.urn] = self._depth.get(step.parent, -1) + 1
        sign, colour, plan, done = LOOKS[step.operation]
        words = {Phase.PLANNED: plan, Phase.DONE: done, Phase.NOT_MADE: f"{plan}: not begun"}.get(step.phase, f"{plan}: {step.phase.value}")
        if step.phase is Phase.FAILED:
            colour = "bold red"
        self._console.print(f"[{colour}] {sign:<2} {'  ' * depth}{_short_type(step.type)} [bold]{escape(step.name)}[/] {words}[/]")
        if step.reason:
            self._console.print(f"      {'  ' * depth}[red]{escape(step.reason)}[/]")
        for line in _differences(step.changes):
            self._console.print(f"      {'  ' * depth}{line}")

    def _words(self, operation: Operation) -> str:
        plan, done = LOOKS[operation][2:]
        return done if operation is Operation.SAME or self._act is not Act.PREVIEW else f"to {plan}"

    def finish(self, result: Result) -> None:
        """The outputs and the sums are on the screen."""
        if result.outputs:
            self._console.print("\n[bold]Outputs[/]")
            for name, value in sorted(result.outputs.items()):
                self._console.print(f"    {escape(name)}: {escape(json.dumps(shown(value)))}")
        sums = [f"{count} {self._words(operation)}" for operation, count in result.counts.items()]
        sums += [f"{len(steps)} {words}" for steps, words in ((result.failed, "failed"), (result.not_made, "not begun")) if steps]
        self._console.print(f"\n[bold]Resources[/]  {', '.join(sums) or 'none'}")
        if result.error:
            self._console.print(f"[bold red]{escape(result.error)}[/]")
        if result.failed or result.not_made:
            self._console.print(AFTER_A_FAILURE[self._act])


def _short_type(token: str) -> str:
    """`aws:iam/role:Role` as `aws:iam:Role`, which is how Pulumi prints it."""
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    return escape(f"{package}:{module.split('/')[0]}:{name}")


def _differences(changes: Iterable[PropertyChange]) -> Iterable[str]:
    for change in changes:
        sign, colour = ("+", "green") if change.old is None else ("-", "red") if change.new is None else ("~", "yellow")
        values = " => ".join(escape(_short(value)) for value in (shown(change.old), shown(change.new)) if value is not None)
        yield f"[{colour}]{sign} {escape(change.path)}: {values}{' (replaces)' if change.replaces else ''}[/]"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
