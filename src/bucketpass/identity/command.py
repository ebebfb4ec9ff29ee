"""A token that a program prints: a company's own agent, `gcloud auth print-identity-token`, `spire-agent api fetch jwt` …"""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import NamedTuple

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret

__all__ = ["CommandSource", "detect"]

VARIABLE = "BUCKETPASS_TOKEN_COMMAND"
COMMAND_SECONDS = 30.0  # a program that asks a person never ends; one that asks a slow provider does
JSON_FIELDS = ("id_token", "access_token", "token", "value", "svid")


class CommandSource(NamedTuple):
    """The standard output of a program, started without a shell: the token, or JSON with the token in a well-known field."""

    machine: Machine
    words: tuple[str, ...]
    name: str = "command"

    def describe(self) -> str:
        """The program without its arguments, which may hold secrets."""
        return f"command {self.words[0]}"

    def fetch(self) -> Secret:
        """The token that the program prints now."""
        program = f"the token command `{self.words[0]}`"
        try:
            done = self.machine.run(self.words, COMMAND_SECONDS)
        except OSError as error:
            raise IdentityError(f"{program} cannot be started: {error.strerror or error}", remedy="give its whole path") from None
        except subprocess.TimeoutExpired:
            raise IdentityError(f"{program} gave no token in {COMMAND_SECONDS:g} s", remedy="use one that asks nobody") from None
        if done.returncode != 0:
            # SECURITY: what the program printed may hold the token or a password, so it is not repeated.
            raise IdentityError(f"{program} ended with exit code {done.returncode}", remedy="run it by hand and see what it says")
        token = token_in(done.stdout.strip())
        if not token:
            raise IdentityError(f"{program} printed no token", remedy=f"expected the token, or JSON with one of {', '.join(JSON_FIELDS)}")
        return Secret(token)


def token_in(output: str) -> str:
    """The token in a program's output; empty where there is none."""
    if not output.startswith(("{", "[")):
        return output
    try:
        return token_of(json.loads(output))
    except (ValueError, RecursionError):
        return ""


def token_of(value: object) -> str:
    """The first token in JSON. `spire-agent api fetch jwt -output json` prints a list, with the token in a list below it."""
    if isinstance(value, list):
        return next((found for item in value if (found := token_of(item))), "")
    if not isinstance(value, dict):
        return ""
    return next((value[name] for name in JSON_FIELDS if isinstance(value.get(name), str)), "") or token_of(value.get("svids"))


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The command in `argument`, or in the variable."""
    text = argument or machine.value(VARIABLE)
    if not text:
        return NotHere(f"`{VARIABLE}` is not set")
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise IdentityError(f"the token command cannot be read: {error}", remedy="quote it as for a shell") from None
    return CommandSource(machine, words)
