"""`bucketpass serve`: an endpoint from which every S3 client of this machine has the service's credentials."""

from __future__ import annotations

import argparse
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.credential_options import add_credential_options, given_options
from bucketpass.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bucketpass.credentials.adapters.container import CredentialEndpoint
    from bucketpass.credentials.provider import Provider

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
    parser.add_argument(
        "--client",
        action="append",
        default=[],
        metavar="NAME=BUCKET/PREFIX[:ACCESS]",
        help="a client with a token of its own, in a file that ends with -NAME, whose session reaches that prefix only; may be repeated",
    )
    parser.add_argument(
        "--operations",
        metavar="ADDRESS:PORT",
        help="serve /metrics, /health and /ready here, without credentials, for Prometheus and kubelet (such as 0.0.0.0:9464)",
    )
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="lines for people, or one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes; prints what clients need in their environment."""
    from bucketpass.credentials.adapters.container import start_endpoint
    from bucketpass.credentials.log_format import log_to_standard_error

    # Blocked before any thread starts, which inherits that: the signal waits for `sigwait` below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    log_to_standard_error(arguments.log_format)
    providers = providers_of(given_options(arguments), arguments.client)
    endpoint = start_endpoint(providers, arguments.listen, arguments.endpoint_token_file, operations=arguments.operations)
    for provider in providers.values():
        provider.start()
    try:
        print("\n".join(line for name in providers for line in how_to_ask(endpoint, name)), flush=True)
        signal.sigwait(ENDING)
    finally:
        endpoint.stop()
        for provider in providers.values():
            provider.close()
    return 0


def providers_of(values: Mapping[str, str], clients: list[str]) -> dict[str, Provider]:
    """A provider for each client by its name; without clients the role's own, with an empty name. Raises InvalidInput."""
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.budgets import ENDPOINT_MARGIN_SECONDS
    from bucketpass.credentials.provider import provider_from

    asked = {"": dict(values)} if not clients else {name: {**values, **narrower} for name, narrower in map(client_of, clients)}
    if clients and len(asked) != len(clients):
        raise InvalidInput("two --client have one name", remedy="give each a name of its own")
    return {name: provider_from(assemble(own, keep=ENDPOINT_MARGIN_SECONDS)) for name, own in asked.items()}


def client_of(text: str) -> tuple[str, dict[str, str]]:
    """The name and the options of `NAME=BUCKET/PREFIX[:ACCESS]`. Raises InvalidInput."""
    name, _, place = text.partition("=")
    prefix, _, levels = place.removeprefix("s3://").partition(":")
    if not name or not prefix or not name.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(f"`{text}` is not a client", remedy="expected NAME=BUCKET/PREFIX:ACCESS, such as agent=datasets/raw/:read")
    return name, {"prefix": prefix, "access": levels or "read"}


def how_to_ask(endpoint: CredentialEndpoint, client: str = "") -> list[str]:
    """What clients need: exports for the AWS SDKs, or for a Unix socket, which none of them asks, a command."""
    head = [f"# client {client}"] if client else []
    path = endpoint.url.removeprefix("unix:")
    if path == endpoint.url:
        return [*head, *(f"export {name}={shlex.quote(value)}" for name, value in endpoint.variables(client).items())]
    token = f'"Authorization: $(cat {shlex.quote(str(endpoint.token_files[client]))})"'
    return [
        *head,
        "# no AWS SDK asks a Unix socket by itself; a program of this user gets credentials with",
        f"#   curl --unix-socket {shlex.quote(path)} -H {token} http://localhost/credentials",
    ]
