"""`bucketpass serve`: an endpoint from which every S3 client of this machine has the service's credentials."""

from __future__ import annotations

import argparse
import shlex
import signal
from pathlib import Path

from bucketpass.cli.credential_options import add_credential_options, given_options

HELP = "serve credentials to this machine's S3 clients, on loopback or a Unix socket"
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
    from bucketpass.credentials.provider import Provider

    # Blocked before any thread starts, which inherits that: the signal waits for `sigwait` below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    provider = Provider(assemble(given_options(arguments), keep=ENDPOINT_MARGIN_SECONDS).obtain)
    endpoint = start_endpoint(provider, arguments.listen, arguments.endpoint_token_file)
    provider.start()
    try:
        for name, value in endpoint.variables().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        signal.sigwait(ENDING)
    finally:
        endpoint.stop()
        provider.close()
    return 0
