"""`bucketpass demo`: the whole story on the sandbox, in seconds."""

from __future__ import annotations

import argparse
import json
import signal
import time
from types import FrameType
from typing import TYPE_CHECKING

from bucketpass.errors import MissingExtra

if TYPE_CHECKING:
    from bucketpass.demo import Act, Row

HELP = "the whole story on the sandbox, in seconds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(arguments: argparse.Namespace) -> int:
    """Play the story. The exit code is 1 if any row differs from what was predicted."""
    # A terminated demo ends like an interrupted one: everything that it started is stopped on the way out.
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    try:
        from bucketpass.demo import play
    except ModuleNotFoundError as missing:
        raise MissingExtra("all", missing.name or "moto") from None
    if arguments.json:
        rows = play(lambda _: None)
        print(json.dumps({"agreed": all(row.agreed for row in rows), "rows": [_as_object(row) for row in rows]}))
    else:
        screen = Screen()
        rows = play(screen)
        screen.finish(rows, time.monotonic() - began)
    return 0 if all(row.agreed for row in rows) else 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _as_object(row: Row) -> dict[str, object]:
    return {
        "tried": row.attempt.words,
        "proof": row.attempt.proof.value,
        "expected": _word(row.attempt.allowed),
        "predicted": _word(row.prediction.allowed),
        "reason": row.prediction.reason,
        "answered": _word(row.answer.allowed),
        "answer": row.answer.words,
        "agreed": row.agreed,
    }


def _word(allowed: bool) -> str:
    return "allowed" if allowed else "refused"


class Screen:
    """Progress while the demo plays, and the table at its end."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)
        self._status = self._console.status("starting the embedded AWS")
        self._status.start()
        self._rows = 0

    def __call__(self, news: Act | Row) -> None:
        """Show what has just happened."""
        from bucketpass.demo import Act

        if isinstance(news, Act):
            self._console.print(f"[green]✓[/] {news.words} [dim]({news.seconds:.1f} s)[/]")
            self._status.update("running the Pulumi program through the embedded engine")
            return
        self._rows += 1
        self._status.update(f"{self._rows} tried: {news.attempt.words}")

    def finish(self, rows: tuple[Row, ...], seconds: float) -> None:
        """Print the table and what it comes to."""
        from rich import box
        from rich.markup import escape
        from rich.table import Table

        self._status.stop()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("")
        for heading, ratio in (("tried", 3), ("decide predicted", 4), ("the sandbox answered", 3)):
            table.add_column(heading, overflow="fold", ratio=ratio)
        for row in rows:
            mark = "[green]✓[/]" if row.agreed else "[bold red]✗[/]"
            prediction = f"{_coloured(row.prediction.allowed)}: {escape(row.prediction.reason)}"
            table.add_row(mark, escape(row.attempt.words), prediction, f"{_coloured(row.answer.allowed)}: {escape(row.answer.words)}")
        self._console.print(table)
        differing = sum(not row.agreed for row in rows)
        verdict = "[bold red]✗" if differing else "[green]✓"
        granted = sum(row.answer.allowed for row in rows)
        counts = f"{granted} allowed, {len(rows) - granted} refused, {differing} other than predicted"
        self._console.print(f"{verdict}[/] {counts}; {seconds:.1f} s. Nothing is left running.")


def _coloured(allowed: bool) -> str:
    return "[green]allowed[/]" if allowed else "[yellow]refused[/]"
