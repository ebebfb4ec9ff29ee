"""Clients that take no provider: they ask a local endpoint, as they do in a container on AWS.

`container_environment` starts the endpoint in this process, in a thread. boto3, the CRT (s3torchconnector, pyarrow's own
S3FileSystem), obstore, polars, DuckDB's credential chain and every child process find it by two variables.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import NamedTuple

from bucketpass.credentials.budgets import FILE_MODE
from bucketpass.credentials.endpoint_services import CredentialService, EndpointClient, OperationsService
from bucketpass.credentials.outranking import OUTRANKING_VARIABLES, outranking_files, region_variables
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.server import EndpointServer, addresses, listen, listen_for_operations
from bucketpass.credentials.service import service_provider
from bucketpass.errors import InvalidInput
from bucketpass.identity.interface import read_file
from bucketpass.secret import Secret

__all__ = ["CredentialEndpoint", "container_environment", "start_endpoint", "use_container_environment"]

LOOPBACK = "127.0.0.1"
URI, TOKEN_FILE = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
# SECURITY: clients that fail here go on to the machine's metadata service, and would work as the node. obstore and polars
# ignore AWS_EC2_METADATA_DISABLED; the discard port answers nobody.
NO_METADATA = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_METADATA_ENDPOINT": "http://127.0.0.1:9"}


class CredentialEndpoint(NamedTuple):
    """An endpoint that threads of this process serve. Its clients find their tokens in `token_files`, by name."""

    servers: tuple[EndpointServer, ...]
    threads: tuple[threading.Thread, ...]
    token_files: Mapping[str, Path]
    private: Path | None

    @property
    def url(self) -> str:
        """Where the SDKs find it."""
        return self.servers[0].url

    @property
    def token_file(self) -> Path:
        """The token's file of the only client, or of the first."""
        return next(iter(self.token_files.values()))

    def variables(self, client: str | None = None) -> dict[str, str]:
        """What a client's process needs in its environment."""
        file = self.token_file if client is None else self.token_files[client]
        return {URI: self.url, TOKEN_FILE: str(file), **NO_METADATA}

    def stop(self) -> None:
        """Nobody listens any more, and the tokens are gone."""
        for server, thread in zip(self.servers, self.threads, strict=True):
            server.stop()
            thread.join()
        for file in self.token_files.values():
            file.unlink(missing_ok=True)
        if self.private is not None:
            remove(self.private, os.getpid())


def start_endpoint(
    providers: Provider | Mapping[str, Provider],
    address: str = f"{LOOPBACK}:0",
    token_file: Path | None = None,
    *,
    operations: str | None = None,
    users: Mapping[str, int] | None = None,
) -> CredentialEndpoint:
    """An endpoint for this process, its children, and whoever can read a client's token. Raises InvalidInput.

    Several providers are clients by name, each with a token of its own in `<token_file>-<name>`. At `operations`, any address of this
    machine, metrics and health are served without credentials. `users` has the user ID of clients that are other users: on a Unix
    socket their processes need no token; on loopback their tokens' files are given to them, where this process may do so.
    """
    named = {"": providers} if isinstance(providers, Provider) else providers
    users = users or {}
    listener = listen(address, for_users=bool(users))
    private = None
    if token_file is None:
        private = private_directory()
        token_file = private / "token"
    files = {name: token_file.with_name(f"{token_file.name}-{name}") if name else token_file for name in named}
    clients = {name: EndpointClient(provider, Secret.random(), users.get(name)) for name, provider in named.items()}
    for name, client in clients.items():
        write_token(files[name], client.token, client.user)
    service = CredentialService(clients, addresses(listener)[1])
    servers = [EndpointServer(service, listener)]
    if operations is not None:
        servers.append(EndpointServer(OperationsService(clients, service.answered), listen_for_operations(operations)))
    threads = tuple(threading.Thread(target=server.run, name="bucketpass-endpoint", daemon=True) for server in servers)
    for thread in threads:
        thread.start()
    return CredentialEndpoint(tuple(servers), threads, files, private)


def private_directory() -> Path:
    """A directory for this user only, which goes when this process ends."""
    path = Path(tempfile.mkdtemp(prefix="bucketpass-"))
    # Not a TemporaryDirectory: that would go with the last reference to it, or with a forked child, and its endpoint still serves.
    atexit.register(remove, path, os.getpid())
    return path


def remove(directory: Path, owner: int) -> None:
    """The directory is gone, if this process is the one that made it."""
    if os.getpid() == owner:
        shutil.rmtree(directory, ignore_errors=True)


def write_token(path: Path, token: Secret, user: int | None = None) -> None:
    """The file holds the token, for this user only; for another `user` where this process may give files away. Raises InvalidInput."""
    try:
        path.unlink(missing_ok=True)
        # SECURITY: O_EXCL: not through a link, and not into a file that somebody else has open already.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise InvalidInput(
            f"cannot write the endpoint's token to `{path}`: {error.strerror}", remedy="choose another --endpoint-token-file"
        ) from None
    with os.fdopen(descriptor, "w") as file:
        if user is not None and os.geteuid() == 0:
            os.fchown(file.fileno(), user, -1)
        # No line break at the end: some clients panic on it.
        file.write(token.reveal())


def container_environment(environment: MutableMapping[str, str], endpoint: CredentialEndpoint) -> None:
    """`environment` leads every client to the endpoint, and to nothing else."""
    instead = dict.fromkeys(outranking_files(environment, read_file), os.devnull) | region_variables(environment, read_file)
    for name in OUTRANKING_VARIABLES:
        environment.pop(name, None)
    environment.update(endpoint.variables() | instead | past_proxies(environment))


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which no client asks a proxy for the endpoint."""
    # SECURITY: where HTTP_PROXY is set, Rust and CRT clients would show the endpoint's token to that proxy.
    changed = {}
    for name, other in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        hosts = [host for host in (environment.get(name) or environment.get(other, "")).split(",") if host]
        changed[name] = ",".join(hosts if {"*", LOOPBACK}.intersection(hosts) else [*hosts, LOOPBACK])
    return changed


def use_container_environment(provider: Provider | None = None) -> CredentialEndpoint:
    """This process's own environment leads to an endpoint in it, until it ends: call it before the client's first use."""
    endpoint = start_endpoint(provider or service_provider())
    container_environment(os.environ, endpoint)
    return endpoint
