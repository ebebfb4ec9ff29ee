"""`bucketpass sandbox tail`: the requests to a sandbox that runs, as they happen, each with the reason of its decision."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bucketpass.aws.arn import Arn
from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import bold, dim, line, style
from bucketpass.errors import RequestError

__all__ = ["add_arguments", "run", "selected", "show", "since_time"]

Record = Mapping[str, Any]
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
RESULT_WIDTH = len("InvalidIdentityToken")
OPERATION_WIDTH = len("AssumeRoleWithWebIdentity")
REASON_INDENT = len("00:00:00 ")


def add_arguments(group: argparse._ArgumentGroup) -> None:
    """The options of `tail`."""
    group.add_argument("--denied", action="store_true", help="only requests that were refused")
    group.add_argument("--service", dest="of_service", metavar="SERVICE", help="only requests of this service's role")
    group.add_argument("--since", metavar="TIME", help="only requests since then: 5m, 2h, or a time such as 2026-01-31T12:00:00Z")
    group.add_argument("--no-follow", action="store_true", help="show the requests so far, and end")
    group.add_argument("--all", action="store_true", help="the administrator's requests too")


def run(arguments: argparse.Namespace) -> int:
    """Print the requests until Ctrl-C, or those so far."""
    from bucketpass.sandbox.follow import follow
    from bucketpass.sandbox.runfile import known

    since = since_time(arguments.since, datetime.now(UTC)) if arguments.since else None
    here = known()
    administrator = None if arguments.all else here["access_key_id"]
    declared = {client["client_id"] for client in here["clients"]} | here.get("real_issuers", {}).keys()
    if arguments.of_service is not None and declared:
        _check_service(arguments.of_service, declared, follow(endless=False))
    records: Iterator[Record] = follow(endless=not arguments.no_follow)
    for record in filter(
        selected(denied=arguments.denied, service=arguments.of_service, since=since, administrator=administrator), records
    ):
        if arguments.json:
            print_json("sandbox-tail", record)
        else:
            show(record)
    return 0


def _check_service(service: str, declared: Iterable[str], so_far: Iterable[Record]) -> None:
    """Raise RequestError for a service that is neither declared in the sandbox nor has sent it a request: its name may be mistyped."""
    from bucketpass.model.notes import nearest

    if service not in declared and not any(_is_of(service, record) for record in so_far):
        message = f"no service `{service}` is declared in the sandbox that runs here, and none has sent a request"
        raise RequestError(message, remedy=nearest(service, sorted(declared)))


def since_time(text: str, now: datetime) -> datetime:
    """The moment that `text` names: a duration before `now`, or a time. Raises RequestError."""
    if found := re.fullmatch(r"([0-9]{1,6})([smhd])", text):
        return now - timedelta(**{UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(f"got --since `{text}`", remedy="Write a duration such as 5m, or a time such as 2026-01-31T12:00:00Z.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def selected(*, denied: bool, service: str | None, since: datetime | None, administrator: str | None) -> Callable[[Record], bool]:
    """Return whether a record is to be shown. `administrator`: the access key ID whose requests are left out."""

    def is_selected(record: Record) -> bool:
        identity = record["userIdentity"]
        return (
            (not denied or "errorCode" in record)
            and (service is None or _is_of(service, record))
            and (since is None or datetime.fromisoformat(record["eventTime"]) >= since)
            and (administrator is None or identity.get("accessKeyId") != administrator)
        )

    return is_selected


def _is_of(service: str, record: Record) -> bool:
    """True for a session of the role that a declaration's service has, and for who asks for one: `NAME`, or `PREFIX-NAME`, with a number
    where it has several.
    """
    session = record["userIdentity"].get("arn", "").partition(":assumed-role/")[2].partition("/")[0]
    role = session or str(record.get("requestParameters", {}).get("roleArn", "")).rpartition("/")[2]
    return re.fullmatch(rf"(.*-)?{re.escape(service)}(-[0-9]+)?", role) is not None


def show(record: Record) -> None:
    """Print one request."""
    refused = record.get("errorCode")
    decisions = record["additionalEventData"]["decisions"]
    deciding = [one for one in decisions if not one["allowed"]] or decisions
    reasons = "; ".join(f"{one['action']}: {one['reason']}" for one in deciding) or record.get("errorMessage", "")
    reasons += f" ({note})" if (note := record["additionalEventData"].get("note")) else ""
    rest = (f"  {_principal(record['userIdentity'])}", dim(f"  {reasons}" if reasons else ""))
    below = sys.stdout.isatty()  # where there is little room beside the address; elsewhere a request is one line, to be searched
    line(
        dim(record["eventTime"][11:19]),
        " ",
        style("bold red" if refused else "green", f"{refused or 'ok':<{RESULT_WIDTH}} "),
        bold(f"{record['eventName']:<{OPERATION_WIDTH}}"),
        f" {_address(record)}",
        *(() if below else rest),
        flush=True,
    )
    if below:
        line(f"{'':<{REASON_INDENT - 2}}", *rest, flush=True)


def _address(record: Record) -> str:
    """What the request is about: the role, or the path with the prefix of a listing."""
    asked = record["requestParameters"]
    prefix = f"?prefix={asked['prefix']}" if asked.get("prefix") else ""
    return str(asked.get("roleArn") or f"{record['additionalEventData']['path']}{prefix}")


def _principal(identity: Mapping[str, Any]) -> str:
    arn = Arn.parse(identity.get("arn", ""))
    return arn.resource if arn is not None else str(identity.get("userName", "anonymous"))
