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
    from bucketpass.credentials.client_file import ClientSettings
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
        "--clients",
        type=Path,
        metavar="FILE",
        help="the clients of a whole host: a section for each, with `user` and its own role-arn and token-file or source",
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
    clients = clients_of(given_options(arguments), arguments.client, arguments.clients)
    providers = providers_of(clients)
    users = {name: client.user for name, client in clients.items() if client.user is not None}
    endpoint = start_endpoint(providers, arguments.listen, arguments.endpoint_token_file, operations=arguments.operations, users=users)
    for provider in providers.values():
        provider.start()
    try:
        print("\n".join(line for name, client in clients.items() for line in how_to_ask(endpoint, name, client.user)), flush=True)
        signal.sigwait(ENDING)
    finally:
        endpoint.stop()
        for provider in providers.values():
            provider.close()
    return 0


def clients_of(values: dict[str, str], narrower: list[str], file: Path | None) -> dict[str, ClientSettings]:
    """The clients by name: those of the file, those that reach a prefix only, or the role's own with an empty name. Raises InvalidInput."""
    from bucketpass.credentials.client_file import ClientSettings, read_clients

    if file is not None and narrower:
        raise InvalidInput("--client and --clients are both given", remedy="give the file's clients a `prefix` of their own")
    if file is not None:
        try:
            return read_clients(file.read_text(), str(file), values)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"cannot read `{file}`: {error}", remedy="see the file's name and mode") from None
    asked = {name: ClientSettings({**values, **own}) for name, own in map(client_of, narrower)}
    if len(asked) != len(narrower):
        raise InvalidInput("two --client have one name", remedy="give each a name of its own")
    return asked or {"": ClientSettings(values)}


def providers_of(clients: Mapping[str, ClientSettings]) -> dict[str, Provider]:
    """A provider for each client by its name. Raises InvalidInput or IdentityError."""
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.budgets import ENDPOINT_MARGIN_SECONDS
    from bucketpass.credentials.provider import provider_from

    return {name: provider_from(assemble(client.values, keep=ENDPOINT_MARGIN_SECONDS)) for name, client in clients.items()}


def client_of(text: str) -> tuple[str, dict[str, str]]:
    """The name and the options of `NAME=BUCKET/PREFIX[:ACCESS]`. Raises InvalidInput."""
    name, _, place = text.partition("=")
    prefix, _, levels = place.removeprefix("s3://").partition(":")
    if not name or not prefix or not name.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(f"`{text}` is not a client", remedy="expected NAME=BUCKET/PREFIX:ACCESS, such as agent=datasets/raw/:read")
    return name, {"prefix": prefix, "access": levels or "read"}


def how_to_ask(endpoint: CredentialEndpoint, client: str = "", user: int | None = None) -> list[str]:
    """What a client needs: exports for the AWS SDKs; for a Unix socket, which none of them asks, a line for a profile or a command."""
    from bucketpass.credentials.endpoint import CREDENTIALS_PATH, PROCESS_PATH

    head = [f"# client {client}"] if client else []
    path = endpoint.url.removeprefix("unix:")
    if path == endpoint.url:
        return [*head, *(f"export {name}={shlex.quote(value)}" for name, value in endpoint.variables(client).items())]
    curl = f"--unix-socket {shlex.quote(path)}"
    if user is not None:
        return [
            *head,
            f"# the SDKs of the user {user} get credentials by this line in a profile:",
            f"credential_process = curl --fail --silent --show-error {curl} http://localhost{PROCESS_PATH}",
        ]
    token = f'"Authorization: $(cat {shlex.quote(str(endpoint.token_files[client]))})"'
    return [
        *head,
        "# no AWS SDK asks a Unix socket by itself; a program of this user gets credentials with",
        f"#   curl {curl} -H {token} http://localhost{CREDENTIALS_PATH}",
    ]
