"""`bucketpass usage LOGS`: which grants were used, by which principals, and what could be narrower."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.declared import add_access, add_target, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.logs import EXIT_UNREAD, add_logs, opened, report_counts
from bucketpass.cli.terminal import bold, dim, line, style, table
from bucketpass.compile import Target
from bucketpass.digits import whole_number
from bucketpass.errors import InvalidInput
from bucketpass.findings.text import counted
from bucketpass.model import Access, load_access, parse_access

if TYPE_CHECKING:
    from bucketpass.usage.decisions import UsageDecision
    from bucketpass.usage.engines.interface import QueryEngine
    from bucketpass.usage.grants import Usage
    from bucketpass.usage.narrow import NarrowerGrant
    from bucketpass.usage.reduce import RequestClass
    from bucketpass.usage.store import LogStore

SHORT_DAYS = 30
STYLES = {"used": "green", "unused": "yellow", "not covered": "dim", "cannot tell": "magenta"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_logs(parser)
    add_access(parser)
    add_target(parser)
    parser.add_argument("--since", metavar="DAYS", help="the period that ends with the latest record, as 90d (default: all of the logs)")
    parser.add_argument("--complete", action="store_true", help="the logs are complete: a day without a record is a day without requests")
    parser.add_argument(
        "--propose", action="store_true", help="print a narrower declaration, proved to only narrow and to break no logged request"
    )
    parser.add_argument("--strangers", action="store_true", help="who else touched the declared buckets")
    parser.add_argument("--denied", action="store_true", help="refused requests, and the statement that refuses them")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    setup = parser.add_argument_group("usage setup: what AWS has to be told first")
    setup.add_argument("--requests-per-month", type=_count, metavar="N", help="estimate what data events of so many requests cost")
    setup.add_argument("--location", metavar="S3_URI", default="s3://TRAIL-BUCKET/AWSLogs", help="the trail's folder, for Athena's table")


def _count(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"got `{text}`, expected a number of requests")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Read, answer and print. The exit code is 1 with --strict where a file could not be read."""
    from bucketpass.usage.grants import usage_of
    from bucketpass.usage.narrow import proposals
    from bucketpass.usage.period import read_since
    from bucketpass.usage.report import usage_object

    access, target = load_access(arguments.access), target_of(arguments)
    if arguments.logs == ["setup"] and not Path("setup").exists():
        return _setup(arguments, access, target)
    since = read_since(arguments.since) if arguments.since else None
    with opened(arguments) as (engine, store):
        found = usage_of(access, target, engine, store, since=since, complete=arguments.complete)
        changes = proposals(found, engine, complete=arguments.complete) if arguments.propose else None
        report_counts(store.counts)
        if arguments.json:
            print(json.dumps(usage_object(found, store.counts, changes, redact=arguments.redact), ensure_ascii=False))
        elif arguments.strangers:
            _show_requests(found.undeclared, "nobody else touched the declared buckets", redact=arguments.redact)
        elif arguments.denied:
            _show_requests(found.refusals, "no request was refused", redact=arguments.redact)
        elif changes is None:
            _show(found, redact=arguments.redact)
        if changes is not None:
            missing = len(found.coverage.missing)
            if missing and not arguments.complete:
                print(
                    f"no records of {counted(missing, 'day')} of the period: what was not logged is not proposed (--since, --complete)",
                    file=sys.stderr,
                )
            text = _narrower(arguments, changes, engine, store, since=found.coverage.since)
            _explain_proposal(found, changes, complete=arguments.complete)
            if not arguments.json:
                print(text, end="")
        return EXIT_UNREAD if arguments.strict and store.counts.unread else 0


def _setup(arguments: argparse.Namespace, access: Access, target: Target) -> int:
    from bucketpass.compile.names import Names
    from bucketpass.usage.setup import event_selectors, monthly_cost, table_definition

    names = Names(access, target)
    selectors = event_selectors([names.bucket(name) for name in access.buckets], target.partition)
    table_text = table_definition(arguments.location, target.account, [target.region], "2026/01/01")
    cost = monthly_cost(arguments.requests_per_month) if arguments.requests_per_month is not None else None
    if arguments.json:
        print_json("usage-setup", {"event_selectors": selectors, "table": table_text, "dollars_per_month": cost})
        return 0
    line(
        bold("1. The trail logs these events"),
        dim("  (aws cloudtrail put-event-selectors --trail-name NAME --advanced-event-selectors FILE)"),
    )
    print(json.dumps(selectors, indent=2))
    line(bold("2. Athena's table"), dim("  (only where logs are read by Athena; `bucketpass usage s3://...` reads the files themselves)"))
    print(table_text)
    if cost is not None:
        line(f"{arguments.requests_per_month:,} data events a month cost about {cost:,.2f} US dollars, and what storing them costs.")
    return 0


def _show(usage: Usage, *, redact: bool) -> None:
    from bucketpass.usage.period import day_text, time_text
    from bucketpass.usage.report import reason_of, request_text

    coverage = usage.coverage
    if not coverage.days:
        line("no request of S3 in the logs: nothing can be said of the grants")
        return
    line(bold(f"{day_text(coverage.first)} to {day_text(coverage.last)}"), dim(f"  {counted(len(coverage.days), 'day')} with records"))
    if coverage.missing:
        line(style("yellow", f"no records of {counted(len(coverage.missing), 'day')}: what was not logged does not count as unused"))
    for bucket in sorted({grant.bucket for grant in usage.grants} - coverage.reads - coverage.writes):
        line(style("yellow", f"no record of `{bucket}` in the logs: are they of another bucket, or of other events?"))
    rows = [
        (
            grant.path,
            grant.description,
            style(STYLES[grant.status.value], grant.status.value),
            f"{grant.requests:,}",
            f"{grant.sessions:,}",
            time_text(grant.last) if grant.last is not None else "",
            ", ".join(
                [*(f"{level.value} not used" for level in grant.unused_levels), *(["versions not used"] if grant.unused_versions else [])]
            )
            if grant.requests
            else "",
        )
        for grant in usage.grants
    ]
    table(rows, headings=("grant", "what", "status", "requests", "sessions", "last", "wider than used"))
    for words, them in (
        ("allowed though the declaration refuses it (drift, or another policy)", usage.contradictions),
        ("refused; see --denied", usage.refusals),
        ("by principals that are not declared; see --strangers", usage.undeclared),
        ("not decidable from the logs", usage.untold),
    ):
        if them:
            line(f"{counted(sum(found.requests for found, _ in them), 'request')} {words}")
    for found, answer in usage.contradictions:
        line(dim(f"  {request_text(found, redact=redact)}: {reason_of(answer)}"))


def _show_requests(them: Sequence[tuple[RequestClass, UsageDecision]], nothing: str, *, redact: bool) -> None:
    from bucketpass.usage.period import time_text
    from bucketpass.usage.report import request_text

    rows = [
        (f"{found.requests:,}", time_text(found.last), request_text(found, redact=redact), answer.verdict.value, _refusal(answer))
        for found, answer in sorted(them, key=lambda one: -one[0].requests)
    ]
    table(rows, headings=("requests", "last", "example", "by the declaration", "reason")) if rows else line(nothing)


def _refusal(answer: UsageDecision) -> str:
    from bucketpass.usage.decisions import LogVerdict
    from bucketpass.usage.report import reason_of

    if answer.verdict is LogVerdict.ALLOWED:
        return "not by what is declared: a control policy, an endpoint's policy, the key, an ACL, or drift"
    return reason_of(answer)


def _explain_proposal(usage: Usage, changes: Sequence[NarrowerGrant], *, complete: bool) -> None:
    """Say on standard error what is not proposed, where the period is too short to conclude from, and which services have no grant left."""
    from bucketpass.usage.narrow import withheld

    staying = withheld(usage, changes)
    for grant in staying:
        kinds = " and ".join(level.value for level in grant.grant.access)
        print(
            f"{grant.path}: unused, and stays: the logs have no record of {kinds} in `{grant.bucket}` by anybody, so they may leave it out."
            " Give --complete, if they do not.",
            file=sys.stderr,
        )
    if not changes and not staying:
        print("nothing to narrow: every grant that the logs cover is used to its full extent", file=sys.stderr)
    days = usage.coverage.last - usage.coverage.first + 1
    gone = {one.grant.path for one in changes if one.field is None}
    if gone and days < SHORT_DAYS and not complete:
        print(
            f"warning: the logs are of {counted(days, 'day')}: what is needed once a month counts as unused. Give logs of {SHORT_DAYS}.",
            file=sys.stderr,
        )
    services = {grant.service for grant in usage.grants} - {grant.service for grant in usage.grants if grant.path not in gone}
    for service in sorted(services):
        print(f"services.{service}: no grant is left. Remove the service, if it is not needed any more.", file=sys.stderr)


def _narrower(arguments: argparse.Namespace, changes: Sequence[NarrowerGrant], engine: QueryEngine, store: LogStore, *, since: int) -> str:
    """The narrower declaration. Raises `InvalidInput` where it cannot be proved to only narrow, or would break a logged request."""
    from bucketpass.usage.narrow import checked, edited

    path: Path = arguments.access
    old = path.read_text(encoding="utf-8")
    if not changes:
        return old
    for one in changes:
        print(
            f"{one.grant.path}: {one.field or 'removed'}{'' if one.field is None else f' -> {one.value}'} ({one.reason})", file=sys.stderr
        )
    new = edited(old, changes)
    faults = checked(parse_access(old), parse_access(new), target_of(arguments), engine, store, since=since)
    if faults:
        raise InvalidInput(f"the narrower declaration is not printed: {faults[0]}", remedy="Narrow the grants by hand, and run replay.")
    return new
