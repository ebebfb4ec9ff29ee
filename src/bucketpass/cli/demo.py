"""`bucketpass demo`: the whole story on the sandbox, in seconds."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import ProgressLine, Styled, dim, line, style, table
from bucketpass.errors import MissingExtra

if TYPE_CHECKING:
    from bucketpass.demo import DemoRow, DemoUsage, SetupStep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def run(arguments: argparse.Namespace) -> int:
    """Run the story. The exit code is 1 if any row differs from what was predicted."""
    # A terminated demo ends like an interrupted one: everything that it started is stopped on the way out.
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    try:
        from bucketpass.demo import run_demo
    except ModuleNotFoundError as missing:
        raise MissingExtra("all", missing.name or "moto") from None
    if arguments.json:
        news: list[SetupStep | DemoRow | DemoUsage] = []
        rows = run_demo(news.append)
        grants = [grant for one in news for grant in getattr(one, "grants", ())]
        used = [{"path": one.path, "requests": one.requests, "status": one.status.value} for one in grants]
        print_json("demo", {"agreed": all(row.agreed for row in rows), "rows": [_as_object(row) for row in rows], "grants": used})
    else:
        with ProgressLine() as progress:
            screen = DemoScreen(progress)
            rows = run_demo(screen)
            screen.finish(rows, time.monotonic() - began)
    return 0 if all(row.agreed for row in rows) else 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _as_object(row: DemoRow) -> dict[str, object]:
    return {
        "tried": row.attempt.description,
        "proof": row.attempt.proof.value,
        "expected": _word(row.attempt.allowed),
        "predicted": _word(row.prediction.allowed),
        "reason": row.prediction.reason,
        "answered": _word(row.outcome.allowed),
        "answer": row.outcome.result,
        "agreed": row.agreed,
    }


def _word(allowed: bool) -> str:
    return "allowed" if allowed else "refused"


class DemoScreen:
    """Progress while the demo runs, and the table at its end."""

    def __init__(self, progress: ProgressLine) -> None:
        self._progress = progress
        self._progress.update("starting the embedded AWS")
        self._rows = 0
        self._usage: DemoUsage | None = None

    def __call__(self, news: SetupStep | DemoRow | DemoUsage) -> None:
        """Show what has just happened."""
        from bucketpass.demo import DemoUsage, SetupStep

        if isinstance(news, DemoUsage):
            self._usage = news
            return
        self._progress.clear()
        if isinstance(news, SetupStep):
            line(style("green", "✓"), f" {news.description} ", dim(f"({news.seconds:.1f} s)"))
            sys.stdout.flush()
            self._progress.update("running the Pulumi program through the embedded engine")
            return
        self._rows += 1
        self._progress.update(f"{self._rows} tried: {news.attempt.description}")

    def finish(self, rows: tuple[DemoRow, ...], seconds: float) -> None:
        """Print the table and the totals."""
        self._progress.clear()
        line()
        table(
            (
                (
                    style("green", "✓") if row.agreed else style("bold red", "✗"),
                    row.attempt.description,
                    (_allowed(row.prediction.allowed), f": {row.prediction.reason}"),
                    (_allowed(row.outcome.allowed), f": {row.outcome.result}"),
                )
                for row in rows
            ),
            headings=("", "tried", "decide predicted", "the sandbox answered"),
        )
        if self._usage is not None:
            line()
            unused = [grant.path for grant in self._usage.grants if not grant.requests]
            line(f"By the sandbox's CloudTrail records (bucketpass usage), unused grants: {', '.join(unused) or 'none'}")
            for grant in self._usage.grants:
                status = style("green" if grant.requests else "yellow", f"{grant.status.value}, {grant.requests} requests")
                line("  ", status, f"  {grant.path}  ", dim(grant.description))
        differing = sum(not row.agreed for row in rows)
        granted = sum(row.outcome.allowed for row in rows)
        counts = f"{granted} allowed, {len(rows) - granted} refused, {differing} other than predicted"
        line()
        line(style("bold red", "✗") if differing else style("green", "✓"), f" {counts}; {seconds:.1f} s. Nothing is left running.")


def _allowed(allowed: bool) -> Styled:
    return style("green" if allowed else "yellow", _word(allowed))
