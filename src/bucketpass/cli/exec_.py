"""`bucketpass exec -- COMMAND`: a command whose S3 clients all have the service's credentials, for as long as it runs."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from bucketpass.cli.credential_options import add_credential_options, given_options
from bucketpass.digits import duration_seconds
from bucketpass.errors import InvalidInput

if TYPE_CHECKING:
    from bucketpass.credentials.renewals import RenewalStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options, and the command after `--`."""
    add_credential_options(parser)
    parser.add_argument(
        "--min-remaining",
        metavar="DURATION",
        help="keep credentials with so much life, where the session is more than twice as long: for presigned URLs (such as 30m)",
    )
    parser.add_argument("--env-keys", action="store_true", help="give the command keys in its environment, which end with the session")
    parser.add_argument(
        "--restart-before-expiry", action="store_true", help="with --env-keys: end the command before its keys do, and start it again"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command and its arguments")


def run(arguments: argparse.Namespace) -> int:
    """Run the command beside an endpoint on loopback; the value is the command's own exit code."""
    from bucketpass.credentials.adapters.container import container_environment, start_endpoint
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.budgets import ENDPOINT_MARGIN_SECONDS
    from bucketpass.credentials.child import run_command
    from bucketpass.credentials.provider import provider_from
    from bucketpass.identity import this_machine

    words = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not words:
        raise InvalidInput("no command", remedy="bucketpass exec -- python train.py")
    values = given_options(arguments)
    if arguments.restart_before_expiry and not arguments.env_keys:
        raise InvalidInput("--restart-before-expiry is given without --env-keys", remedy="leave it out: an endpoint always has new keys")
    wanted = seconds_of(arguments.min_remaining)
    exchanger = assemble(values, keep=max(ENDPOINT_MARGIN_SECONDS, wanted))
    provider = provider_from(exchanger)
    credentials = provider.current()  # a service that is refused learns it now, not at its first request
    if wanted >= (life := credentials.expires - credentials.issued) / 2:
        longer = "a longer --duration, which the role's own maximum allows, or a shorter --min-remaining"
        raise InvalidInput(f"a session of {life:,.0f} s cannot always have {wanted:,.0f} s left", remedy=longer)
    _warn_of_expired_token(provider.status(), credentials.expires, time.time() - credentials.skew)
    if "prefix" in values and "declaration" not in values:
        from bucketpass.credentials.data import refuse_what_the_role_lacks

        refuse_what_the_role_lacks(
            values["prefix"], values.get("access"), credentials, exchanger.role, this_machine(None, values.get("ca-bundle"))
        )
    if arguments.env_keys:
        from bucketpass.credentials.env_keys import run_with_keys

        return run_with_keys(words, os.environ, provider, restart=arguments.restart_before_expiry)
    endpoint = start_endpoint(provider)
    environment = dict(os.environ)
    container_environment(environment, endpoint)
    try:
        return run_command(words, environment)
    finally:
        endpoint.stop()
        provider.close()


def _warn_of_expired_token(status: RenewalStatus, session_ends: float, now: float) -> None:
    """Say that the session is the cache's alone, where the token at hand would not get one any more. Times in seconds since 1970."""
    if not 0 < status.token_expires <= now:
        return
    from bucketpass.cli.terminal import show_finding
    from bucketpass.findings import Finding

    seen = f"the token expired {now - status.token_expires:,.0f} s ago: the session is from this host's cache"
    rest = f"it ends in {session_ends - now:,.0f} s, and this token gets no other"
    show_finding(Finding("renewal-fails", f"{seen}, {rest}", "Renew the token where it comes from."), file=sys.stderr)


def seconds_of(text: str | None) -> float:
    """The seconds of a duration such as `90s`, `30m`, `2h` or `1800`; 0 for None. Raises InvalidInput."""
    if text is None:
        return 0.0
    seconds = duration_seconds(text)
    if seconds is None:
        raise InvalidInput(f"`{text}` is not a duration", remedy="expected seconds, or a number with s, m or h, such as 30m")
    return float(seconds)
