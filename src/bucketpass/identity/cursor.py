"""Cursor's cloud agents: a server of the agent's machine gives tokens on a Unix socket.

The socket answers a bad request with a description of its protocol, which this follows [L].
"""

from __future__ import annotations

import json
from typing import NamedTuple

from bucketpass.identity.ask import ask_json, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["CursorSource", "detect"]

SOCKET = "CURSOR_AGENT_SOCKET"
SERVER = "Cursor's agent"
DEFAULT_AUDIENCE = "sts.amazonaws.com"
REMEDY = "see that the agent's machine may have tokens: its team's settings, and the socket that CURSOR_AGENT_SOCKET names"


class CursorSource(NamedTuple):
    """A token of this agent. subject_claim: the claim that `sub` is made of, where it is not the default one."""

    machine: Machine
    socket: str
    audience: str = DEFAULT_AUDIENCE
    subject_claim: str | None = None
    name: str = "cursor"

    def describe(self) -> str:
        """The socket and the audience."""
        return f"Cursor's agent at {self.socket}, audience {self.audience}"

    def fetch(self) -> Secret:
        """A new token for the audience."""
        wanted = {"aud": self.audience} | ({"sub_claim": self.subject_claim} if self.subject_claim else {})
        url = f"unix:{self.socket}:/v1/tokens/oidc"
        request = HttpRequest("POST", url, (("Content-Type", "application/json"),), json.dumps(wanted).encode())
        return token_field(ask_json(self.machine.send, request, SERVER, remedy=REMEDY), "token", SERVER)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The agent's socket; `argument` is the claim that `sub` is made of."""
    socket = machine.value(SOCKET)
    if socket is None:
        return NotHere(f"`{SOCKET}` is not set")
    return CursorSource(machine, socket, audience or DEFAULT_AUDIENCE, argument)
