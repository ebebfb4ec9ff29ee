"""`bucketpass sandbox`: the embedded AWS, until Ctrl-C; `tail`: the requests to one that runs; `token`: a token of a service."""

from __future__ import annotations

import argparse
import shlex
import signal
import threading
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from bucketpass.cli import sandbox_tail, sandbox_token
from bucketpass.cli.json_output import print_json
from bucketpass.cli.region import region_named
from bucketpass.cli.show_error import show_error
from bucketpass.cli.terminal import line
from bucketpass.errors import MissingExtra

if TYPE_CHECKING:
    from bucketpass.model import Access
    from bucketpass.sandbox import Sandbox

DEFAULT_REGION = "us-east-1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("up", "tail", "token"),
        default="up",
        help="up (default): serve; tail: show each request; token: print a declared service's token, without a line break",
    )
    parser.add_argument("service", nargs="?", metavar="SERVICE", help="with token: the service whose token it is")
    parser.add_argument("--json", action="store_true", help="print JSON: one object, with tail one object a line")
    up = parser.add_argument_group("up")
    up.add_argument("--access", type=Path, metavar="FILE", help="play the issuers of this declaration (default: access.yaml)")
    up.add_argument(
        "--real-issuer",
        action="append",
        default=[],
        metavar="NAME",
        help="do not play this issuer of the declaration: read its own keys, and take tokens from it; repeat it",
    )
    up.add_argument("--port", type=int, default=0, help="the port for https and http (default: any free one)")
    up.add_argument("--region", help=f"the Region (default: AWS_REGION, AWS_DEFAULT_REGION, or {DEFAULT_REGION})")
    up.add_argument(
        "--administrator", metavar="ARN", help="the owner of the administrator's key (default: the first that the declaration names)"
    )
    up.add_argument(
        "--further-account", action="append", default=[], metavar="DIGITS", help="one more account, with a root user's key; repeat it"
    )
    up.add_argument(
        "--min-session-seconds", type=int, default=900, metavar="N", help="the shortest session; AWS takes none below 900 (default)"
    )
    up.add_argument("--persist", type=Path, metavar="DIR", help="keep what is deployed and stored here (default: nowhere)")
    up.add_argument("--trail", type=Path, metavar="DIR", help="write each request as CloudTrail's files here, for `bucketpass usage`")
    up.add_argument("--audit", action="store_true", help="decide and record each request, and let through what policies deny")
    sandbox_tail.add_arguments(parser.add_argument_group("tail"))
    sandbox_token.add_arguments(parser.add_argument_group("token"))


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM, or ask a sandbox that runs."""
    commands = {"up": _up, "tail": sandbox_tail.run, "token": sandbox_token.run}
    try:
        return commands[arguments.what](arguments)
    except ModuleNotFoundError as missing:
        raise MissingExtra("sandbox", missing.name or "moto") from None


def _up(arguments: argparse.Namespace) -> int:
    from bucketpass.cli.private_folder import make_private_folder
    from bucketpass.sandbox import Sandbox, SandboxOptions
    from bucketpass.sandbox.follow_declaration import follow_declaration, version_of
    from bucketpass.sandbox.runfile import announced

    named: Path | None = arguments.access
    followed = named or Path("access.yaml")
    seen = version_of(followed)  # before it is read: a change while the sandbox starts is one to follow
    declared = named if named is not None or not followed.is_file() else followed
    options = SandboxOptions(
        access=_load(declared) if declared is not None else None,
        real_issuers=tuple(arguments.real_issuer),
        port=arguments.port,
        administrator=arguments.administrator,
        further_accounts=tuple(arguments.further_account),
        region=region_named(arguments.region) or DEFAULT_REGION,
        min_session_seconds=arguments.min_session_seconds,
        directory=arguments.persist,
        trail=arguments.trail,
        audit=arguments.audit,
    )
    make_private_folder(Path())
    ended = _ended_by_signal()
    with Sandbox(options) as sandbox, announced(sandbox, declaration=followed) as file:
        if arguments.json:
            print_json("sandbox", _as_object(sandbox, file))
        else:
            _show_exports(sandbox, file, followed)
        follow_declaration(sandbox, followed, file, seen=seen, ended=ended, report=partial(show_error, as_json=False))
    return 0


def _load(declaration: Path) -> Access:
    # Here and not above: a sandbox without a declaration is ready sooner.
    from bucketpass.model import load_access

    return load_access(declaration)


def _ended_by_signal() -> threading.Event:
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return ended


def _show_exports(sandbox: Sandbox, file: Path, followed: Path) -> None:
    from bucketpass.sandbox.runfile import PROFILE, profile_file, profile_of

    as_it_is = partial(line, fold=False)
    as_it_is(f"# bucketpass sandbox: {sandbox.https_url} and {sandbox.http_url}, account {sandbox.account}. Ctrl-C ends it.")
    if sandbox.options.audit:
        as_it_is("# AUDIT MODE: nothing is enforced. What policies deny is recorded (bucketpass sandbox tail --denied) and let through.")
    else:
        owner = sandbox.admin.requester.arn
        as_it_is(f"# Policies are enforced for every key but the administrator's ({owner}), which only other policies than IAM's can deny.")
    if sandbox.access is None:
        as_it_is(f"# No declaration: no {followed} in {Path().resolve()}, so that no issuer is played until there is one.")
    for known in sandbox.issuers.all:
        as_it_is(f"# {known.url} is played at {sandbox.https_url}{known.path}")
    as_it_is("# a service's token: bucketpass sandbox token SERVICE > token; each request and its decision: bucketpass sandbox tail")
    as_it_is(f"# as the administrator: export AWS_CONFIG_FILE={shlex.quote(str(profile_file(file).resolve()))} AWS_PROFILE={PROFILE}")
    for account in sandbox.further_administrators:
        as_it_is(f"# as the root user of account {account}: AWS_PROFILE={profile_of(account)} with the same AWS_CONFIG_FILE")
    for name, value in sandbox.environment().items():
        as_it_is(f"export {name}={shlex.quote(value)}", flush=True)


def _as_object(sandbox: Sandbox, file: Path) -> dict[str, object]:
    issuers = {known.name: {"issuer": known.url, "url": f"{sandbox.https_url}{known.path}"} for known in sandbox.issuers.all}
    return {"url": sandbox.https_url, "http_url": sandbox.http_url, "file": str(file), "issuers": issuers, **sandbox.environment()}
