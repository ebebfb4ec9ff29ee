"""Fly.io: the machine's own API, on a Unix socket, gives tokens.

See: Fly.io, "OpenID Connect".
"""

from __future__ import annotations

import json
from typing import NamedTuple

from bucketpass.identity.ask import ask
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["FlySource", "detect"]

URL = "unix:/.fly/api:/v1/tokens/oidc"
DEFAULT_AUDIENCE = "sts.amazonaws.com"


class FlySource(NamedTuple):
    """A token of this machine."""

    machine: Machine
    audience: str = DEFAULT_AUDIENCE
    name: str = "fly"

    def describe(self) -> str:
        """The socket and the audience."""
        return f"Fly.io machine API, audience {self.audience}"

    def fetch(self) -> Secret:
        """A new token for the audience."""
        body = json.dumps({"aud": self.audience}).encode()
        request = HttpRequest("POST", URL, (("Content-Type", "application/json"),), body)
        answer = ask(self.machine.send, request, "Fly.io's machine API", remedy="see that /.fly/api is mounted for this process")
        return Secret(answer.decode("ascii", "replace").strip())


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The machine's API."""
    if not machine.value("FLY_APP_NAME"):
        return NotHere("`FLY_APP_NAME` is not set")
    return FlySource(machine, audience or DEFAULT_AUDIENCE)
