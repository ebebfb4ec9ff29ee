"""`bucketpass sandbox`: the embedded AWS, until Ctrl-C; `tail`: what one that runs is asked; `token`: of one of its services."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bucketpass.sandbox import Sandbox

HELP = "the embedded AWS, left running for other programs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("up", "tail", "token"),
        default="up",
        help="up (default): serve; tail: show each request; token: print a declared service's token, without a line break",
    )
    parser.add_argument("service", nargs="?", metavar="SERVICE", help="whose token")
    parser.add_argument("--access", type=Path, metavar="FILE", help="stand in for this declaration's issuers (default: access.yaml)")
    parser.add_argument("--port", type=int, default=0, help="the port for https and http (default: any free one)")
    parser.add_argument("--region", default="us-east-1", help="the Region (default: us-east-1)")
    parser.add_argument(
        "--administrator", metavar="ARN", help="whom the administrator's key belongs to (default: the first that the declaration names)"
    )
    parser.add_argument(
        "--min-session-seconds", type=int, default=900, metavar="N", help="the shortest session; AWS takes none below 900 (default)"
    )
    parser.add_argument("--persist", type=Path, metavar="DIR", help="keep what is deployed and stored here (default: nowhere)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of exports")


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM, or show what a sandbox that runs is asked."""
    from bucketpass.errors import MissingExtra

    try:
        match arguments.what:
            case "tail":
                return _tail(as_json=arguments.json)
            case "token":
                return _token(arguments.service)
            case _:
                return _up(arguments)
    except ModuleNotFoundError as missing:
        raise MissingExtra("sandbox", missing.name or "moto") from None


def _tail(*, as_json: bool) -> int:
    from bucketpass.sandbox.follow import follow

    for record in follow():
        print(json.dumps(record) if as_json else _as_line(record), flush=True)
    return 0


def _token(service: str | None) -> int:
    from bucketpass.errors import RequestError
    from bucketpass.sandbox.ask_token import token_of

    if service is None:
        raise RequestError("no service is named", remedy="bucketpass sandbox token SERVICE > token")
    # A line break at the end of a token file makes some clients fail.
    print(token_of(service).reveal(), end="", flush=True)
    return 0


def _as_line(record: Mapping[str, Any]) -> str:
    refused = record.get("errorCode")
    decisions = record["additionalEventData"]["decisions"]
    who = record["userIdentity"].get("arn", "anonymous").rpartition(":")[2]
    why = "; ".join(f"{one['action']}: {one['reason']}" for one in decisions)
    path = record["requestParameters"]["path"]
    return f"{record['eventTime'][11:19]} {refused or 'ok':<22} {record['eventName']:<26} {who:<44} {path}  {why}".rstrip()


def _up(arguments: argparse.Namespace) -> int:
    from bucketpass.cli.private_folder import make_private_folder
    from bucketpass.model import load_access
    from bucketpass.sandbox import Sandbox, SandboxOptions
    from bucketpass.sandbox.runfile import announced

    named: Path | None = arguments.access
    declared = named if named is not None or not Path("access.yaml").is_file() else Path("access.yaml")
    options = SandboxOptions(
        access=load_access(declared) if declared is not None else None,
        port=arguments.port,
        administrator=arguments.administrator,
        region=region_named(arguments.region) or "us-east-1",
        min_session_seconds=arguments.min_session_seconds,
        directory=arguments.persist,
    )
    make_private_folder(Path())
    ended = _ended_by_signal()
    with Sandbox(options) as sandbox, announced(sandbox) as file:
        print(_as_json(sandbox, file) if arguments.json else _as_exports(sandbox, file), flush=True)
        ended.wait()
    return 0


def _ended_by_signal() -> threading.Event:
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return ended


def _as_exports(sandbox: Sandbox, file: Path) -> str:
    from bucketpass.sandbox.runfile import PROFILE, profile_file

    issuers = [f"# {known.url} is stood in for at {sandbox.https_url}{known.path}" for known in sandbox.issuers.all]
    exports = [f"export {name}={shlex.quote(value)}" for name, value in sandbox.environment().items()]
    lines = [
        f"# bucketpass sandbox: {sandbox.https_url} and {sandbox.http_url}, account {sandbox.account}. Ctrl-C ends it.",
        *issuers,
        "# a service's token: bucketpass sandbox token SERVICE > token; what is asked and decided: bucketpass sandbox tail",
        f"# as the administrator: export AWS_CONFIG_FILE={shlex.quote(str(profile_file(file).resolve()))} AWS_PROFILE={PROFILE}",
        *exports,
    ]
    return "\n".join(lines)


def _as_json(sandbox: Sandbox, file: Path) -> str:
    issuers = {known.name: {"issuer": known.url, "url": f"{sandbox.https_url}{known.path}"} for known in sandbox.issuers.all}
    return json.dumps(
        {"url": sandbox.https_url, "http_url": sandbox.http_url, "file": str(file), "issuers": issuers, **sandbox.environment()}
    )
