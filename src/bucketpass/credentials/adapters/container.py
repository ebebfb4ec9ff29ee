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
from bucketpass.credentials.outranking import OUTRANKING_VARIABLES, outranking_files
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.server import EndpointServer, listen
from bucketpass.credentials.service import service_provider
from bucketpass.errors import InvalidInput
from bucketpass.identity.interface import read_file
from bucketpass.secret import Secret

__all__ = ["Endpoint", "container_environment", "start_endpoint", "use_container_environment"]

LOOPBACK = "127.0.0.1"
URI, TOKEN_FILE = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
# SECURITY: clients that fail here go on to the machine's metadata service, and would work as the node. obstore and polars
# ignore AWS_EC2_METADATA_DISABLED; the discard port answers nobody.
NO_METADATA = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_METADATA_ENDPOINT": "http://127.0.0.1:9"}


class Endpoint(NamedTuple):
    """An endpoint that a thread of this process serves. Callers find its token in `token_file`."""

    server: EndpointServer
    thread: threading.Thread
    token_file: Path
    private: Path | None

    def variables(self) -> dict[str, str]:
        """What a child process needs in its environment."""
        return {URI: self.server.url, TOKEN_FILE: str(self.token_file), **NO_METADATA}

    def stop(self) -> None:
        """Nobody listens any more, and the token is gone."""
        self.server.stop()
        self.thread.join()
        self.token_file.unlink(missing_ok=True)
        if self.private is not None:
            remove(self.private, os.getpid())


def start_endpoint(provider: Provider, address: str = f"{LOOPBACK}:0", token_file: Path | None = None) -> Endpoint:
    """An endpoint for this process, its children, and whoever can read its token. Raises InvalidInput."""
    listener = listen(address)
    private = None
    if token_file is None:
        private = private_directory()
        token_file = private / "token"
    token = Secret.random()
    write_token(token_file, token)
    server = EndpointServer(provider, listener, token)
    thread = threading.Thread(target=server.run, name="bucketpass-endpoint", daemon=True)
    thread.start()
    return Endpoint(server, thread, token_file, private)


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


def write_token(path: Path, token: Secret) -> None:
    """The file holds the token, for this user only. Raises InvalidInput."""
    try:
        path.unlink(missing_ok=True)
        # SECURITY: O_EXCL: not through a link, and not into a file that somebody else has open already.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise InvalidInput(
            f"cannot write the endpoint's token to `{path}`: {error.strerror}", remedy="choose another --endpoint-token-file"
        ) from None
    with os.fdopen(descriptor, "w") as file:
        # No line break at the end: some clients panic on it.
        file.write(token.reveal())


def container_environment(environment: MutableMapping[str, str], endpoint: Endpoint) -> None:
    """`environment` leads every client to the endpoint, and to nothing else."""
    nothing = dict.fromkeys(outranking_files(environment, read_file), os.devnull)
    for name in OUTRANKING_VARIABLES:
        environment.pop(name, None)
    environment.update(endpoint.variables() | nothing | past_proxies(environment))


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which no client asks a proxy for the endpoint."""
    # SECURITY: where HTTP_PROXY is set, Rust and CRT clients would show the endpoint's token to that proxy.
    changed = {}
    for name, other in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        hosts = [host for host in (environment.get(name) or environment.get(other, "")).split(",") if host]
        changed[name] = ",".join(hosts if {"*", LOOPBACK}.intersection(hosts) else [*hosts, LOOPBACK])
    return changed


def use_container_environment(provider: Provider | None = None) -> Endpoint:
    """This process's own environment leads to an endpoint in it, until it ends: call it before the client's first use."""
    endpoint = start_endpoint(provider or service_provider())
    container_environment(os.environ, endpoint)
    return endpoint
