"""`bucketpass replay LOGS --to new.yaml`: what a change of policies does to the requests that were really made."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.declared import add_target, target_of
from bucketpass.cli.logs import EXIT_UNREAD, add_logs, opened, report_counts
from bucketpass.cli.terminal import Styled, bold, line, style, table
from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import Deployment, deployment_of
from bucketpass.model import load_access

if TYPE_CHECKING:
    from bucketpass.usage.replay import Replay, ReplayEffect

EXIT_BREAKS = 2
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_logs(parser)
    add_target(parser)
    parser.add_argument("--to", required=True, metavar="FILE", help="the changed declaration")
    parser.add_argument("--access", type=Path, metavar="FILE", help="the declaration that was in force when the logs were written")
    parser.add_argument("--since", metavar="DAYS", help="only the period that ends with the latest record, as 90d")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Read, replay and print. The exit code is 2 where anything would break."""
    from bucketpass.usage.period import read_since
    from bucketpass.usage.replay import ReplayEffect, replay
    from bucketpass.usage.report import replay_object

    target = target_of(arguments)
    new = _deployment(Path(arguments.to), target)
    old = _deployment(arguments.access, target) if arguments.access is not None else None
    length = read_since(arguments.since) if arguments.since else None
    with opened(arguments) as (engine, store):
        since = None if length is None or store.last is None else store.last + 1 - length
        found = replay(engine, store, new, old, since=since)
        report_counts(store.counts)
        if arguments.json:
            print(json.dumps(replay_object(found, store.counts, redact=arguments.redact), ensure_ascii=False))
        else:
            _show(found, redact=arguments.redact)
        if found.of(ReplayEffect.BREAKS):
            return EXIT_BREAKS
        return EXIT_UNREAD if arguments.strict and store.counts.faults else 0


def _deployment(path: Path, target: Target) -> Deployment:
    return deployment_of(compile_access(load_access(path), target))


def _show(found: Replay, *, redact: bool) -> None:
    from bucketpass.usage.replay import ReplayEffect

    _show_kind(found, ReplayEffect.BREAKS, style("bold red", "would break"), redact=redact)
    _show_kind(found, ReplayEffect.NEWLY_ALLOWED, style("yellow", "would newly be allowed"), redact=redact)
    _show_kind(found, ReplayEffect.UNTOLD, style("magenta", "cannot be told from the logs"), redact=redact)
    _show_kind(found, ReplayEffect.CONTRADICTS, style("magenta", "contradict the declaration that was in force"), redact=redact)
    line(f"{found.requests(ReplayEffect.SAME):,} requests stay as they are")


def _show_kind(found: Replay, kind: ReplayEffect, title: Styled, *, redact: bool) -> None:
    from bucketpass.usage.period import time_text
    from bucketpass.usage.report import reason_of, request_text

    rows = found.of(kind)
    if not rows:
        return
    line(bold(f"{found.requests(kind):,} requests "), title)
    table(
        [
            (
                f"{row.found.requests:,}",
                row.service or "",
                time_text(row.found.last),
                request_text(row.found, redact=redact),
                reason_of(row.new),
            )
            for row in rows[:SHOWN]
        ],
        headings=("requests", "service", "last", "example", "reason"),
        indent="  ",
    )
    if len(rows) > SHOWN:
        line(f"  and {len(rows) - SHOWN} more kinds of requests; --json has all")
