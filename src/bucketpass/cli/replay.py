"""`bucketpass replay LOGS --to new.yaml`: what a change of policies does to the requests that were really made."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.declared import add_target, target_of
from bucketpass.cli.logs import EXIT_UNREAD, add_logs, opened, report_counts
from bucketpass.cli.policy_files import with_aws_managed
from bucketpass.cli.review import SOURCES, inventory_of_account, resources_of_file, resources_of_program
from bucketpass.cli.terminal import Styled, bold, line, style, table
from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import Deployment, deployment_of
from bucketpass.findings.text import counted
from bucketpass.model import load_access
from bucketpass.review import inventory_of

if TYPE_CHECKING:
    from bucketpass.usage.replay import Replay, ReplayEffect

EXIT_BREAKS = 2
# Keys of a template, of a plan and of a preview, which no declaration has.
_POLICIES = re.compile(r"""(^|[{,]\s*)["']?(Resources|planned_values|terraform_version|steps)["']?\s*:""", re.MULTILINE)
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_logs(parser)
    add_target(parser)
    parser.add_argument("--to", required=True, metavar="WHAT", help=f"the changed policies: a declaration, {SOURCES}; or `deployed`")
    parser.add_argument(
        "--deployed", metavar="WHERE", default="aws", help="where `--to deployed` looks: sandbox, aws (default), or the URL of an endpoint"
    )
    parser.add_argument("--access", type=Path, metavar="FILE", help="the declaration that was in force when the logs were written")
    parser.add_argument("--since", metavar="DAYS", help="only the period that ends with the latest record, as 90d")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Read, replay and print. The exit code is 2 where anything would break."""
    from bucketpass.usage.period import read_since
    from bucketpass.usage.replay import ReplayEffect, replay
    from bucketpass.usage.report import replay_object

    target = target_of(arguments)
    new = with_aws_managed(_changed(arguments, target))
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
        if found.of(ReplayEffect.BREAKS) or found.of(ReplayEffect.NOT_FOUND_IS_REFUSED):
            return EXIT_BREAKS
        return EXIT_UNREAD if arguments.strict and store.counts.unread else 0


def _deployment(path: Path, target: Target) -> Deployment:
    return deployment_of(compile_access(load_access(path), target))


def _changed(arguments: argparse.Namespace, target: Target) -> Deployment:
    """The policies that `--to` names. Raises `InvalidInput` where it names none."""
    path = Path(arguments.to)
    if arguments.to == "deployed" and not path.exists():
        return _deployed(arguments, target)
    if path.is_dir():
        return inventory_of(resources_of_program(path, "dev", target)[0], target).deployment()
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if _POLICIES.search(text) or (path.suffix == ".json" and text and '"services"' not in text):
        return inventory_of(resources_of_file(path, target), target).deployment()
    return _deployment(path, target)


def _deployed(arguments: argparse.Namespace, target: Target) -> Deployment:
    """What stands under the names of the declaration that was in force; without one, the whole account."""
    if arguments.access is None:
        return inventory_of_account(arguments.deployed, arguments.region).deployment()
    from bucketpass.deployment.endpoint import read_plan
    from bucketpass.provision.clients import clients_of

    with clients_of(arguments.deployed, target.region, os.environ) as clients:
        return read_plan(clients, compile_access(load_access(arguments.access), target))


def _show(found: Replay, *, redact: bool) -> None:
    from bucketpass.usage.replay import ReplayEffect

    _show_kind(found, ReplayEffect.BREAKS, style("bold red", "would break"), redact=redact)
    _show_kind(
        found, ReplayEffect.NOT_FOUND_IS_REFUSED, style("bold red", "for keys that did not exist would get 403, not 404"), redact=redact
    )
    _show_kind(found, ReplayEffect.NEWLY_ALLOWED, style("yellow", "would newly be allowed"), redact=redact)
    _show_kind(found, ReplayEffect.UNTOLD, style("magenta", "cannot be told from the logs"), redact=redact)
    _show_kind(found, ReplayEffect.CONTRADICTS, style("magenta", "contradict the declaration that was in force"), redact=redact)
    line(f"{counted(found.requests(ReplayEffect.SAME), 'request')} as before")


def _show_kind(found: Replay, kind: ReplayEffect, title: Styled, *, redact: bool) -> None:
    from bucketpass.usage.period import time_text
    from bucketpass.usage.report import reason_of, request_text

    rows = found.of(kind)
    if not rows:
        return
    line(bold(f"{counted(found.requests(kind), 'request')} "), title)
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
        line(f"  and {counted(len(rows) - SHOWN, 'more kind')} of requests; --json has all")
