"""`bucketpass serve`: an endpoint from which every S3 client of this machine has the service's credentials."""

from __future__ import annotations

import argparse
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.credential_options import add_credential_options, given_options

if TYPE_CHECKING:
    from bucketpass.credentials.adapters.container import Endpoint

ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options."""
    add_credential_options(parser)
    parser.add_argument(
        "--listen", default="127.0.0.1:0", metavar="ADDRESS", help="127.0.0.1:PORT, [::1]:PORT or unix:PATH (default: any port)"
    )
    parser.add_argument(
        "--endpoint-token-file", type=Path, metavar="PATH", help="where callers find its token (default: a private directory)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes; prints what clients need in their environment."""
    from bucketpass.credentials.adapters.container import start_endpoint
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.budgets import ENDPOINT_MARGIN_SECONDS
    from bucketpass.credentials.provider import provider_from

    # Blocked before any thread starts, which inherits that: the signal waits for `sigwait` below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    provider = provider_from(assemble(given_options(arguments), keep=ENDPOINT_MARGIN_SECONDS))
    endpoint = start_endpoint(provider, arguments.listen, arguments.endpoint_token_file)
    provider.start()
    try:
        print("\n".join(how_to_ask(endpoint)), flush=True)
        signal.sigwait(ENDING)
    finally:
        endpoint.stop()
        provider.close()
    return 0


def how_to_ask(endpoint: Endpoint) -> list[str]:
    """What clients need: exports for the AWS SDKs, or for a Unix socket, which none of them asks, a command."""
    path = endpoint.server.url.removeprefix("unix:")
    if path == endpoint.server.url:
        return [f"export {name}={shlex.quote(value)}" for name, value in endpoint.variables().items()]
    token = f'"Authorization: $(cat {shlex.quote(str(endpoint.token_file))})"'
    return [
        "# no AWS SDK asks a Unix socket by itself; a program of this user gets credentials with",
        f"#   curl --unix-socket {shlex.quote(path)} -H {token} http://localhost/credentials",
    ]
