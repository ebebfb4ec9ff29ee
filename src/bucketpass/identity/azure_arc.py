"""Azure Arc: a machine outside of Azure whose agent gives tokens to those who can read a file that it names.

See: Microsoft, "Authenticate against Azure resources with Azure Arc-enabled servers".
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ASK_SECONDS, ask_json, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["AzureArcSource", "detect"]

WHO = "the Azure Arc agent"
API_VERSION = "2020-06-01"
KEYS_DIRECTORY = "/var/opt/azcmagent/tokens/"
KEY_CHARACTERS = 4096
REMEDY = "put this user into the group `himds`, and see that the agent runs"


class AzureArcSource(NamedTuple):
    """A token of the machine's identity for the application `resource`."""

    machine: Machine
    url: str
    resource: str
    name: str = "azure-arc"

    def describe(self) -> str:
        """The resource."""
        return f"Azure Arc, resource {self.resource}"

    def fetch(self) -> Secret:
        """A new access token: the agent names a file, and whoever shows its content is answered."""
        url = f"{self.url}?{urlencode({'api-version': API_VERSION, 'resource': self.resource})}"
        metadata = ("Metadata", "true")
        try:
            challenge = self.machine.send(HttpRequest("GET", url, (metadata,)), timeout=ASK_SECONDS)
        except OSError as error:
            raise IdentityError(f"{WHO} cannot be reached: {error.strerror or error}", remedy=REMEDY) from None
        key = self.key_in(challenge.headers.get("www-authenticate", ""))
        request = HttpRequest("GET", url, (metadata, ("Authorization", f"Basic {key.reveal()}")))
        return token_field(ask_json(self.machine.send, request, WHO, remedy=REMEDY), "access_token", WHO)

    def key_in(self, challenge: str) -> Secret:
        """The content of the file that the challenge names. Raises IdentityError."""
        path = challenge.partition("=")[2].strip().strip('"')
        # SECURITY: whoever answers at this address must not make us read, and send, any other file.
        if not path.startswith(KEYS_DIRECTORY) or "/" in path.removeprefix(KEYS_DIRECTORY) or not path.endswith(".key"):
            raise IdentityError(f"{WHO} named no key in {KEYS_DIRECTORY}", remedy="see which program answers at IDENTITY_ENDPOINT")
        try:
            text = self.machine.read(path)
        except OSError as error:
            raise IdentityError(f"cannot read `{path}`: {error.strerror or error}", remedy=REMEDY) from None
        if len(text) > KEY_CHARACTERS:
            raise IdentityError(f"`{path}` is too large for a key", remedy="see which program answers at IDENTITY_ENDPOINT")
        return Secret(text)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The agent, where its two variables are set; the audience is the application, such as api://s3-data."""
    endpoint = machine.value("IDENTITY_ENDPOINT")
    if endpoint is None or machine.value("IMDS_ENDPOINT") is None or machine.value("IDENTITY_HEADER") is not None:
        return NotHere("`IDENTITY_ENDPOINT` and `IMDS_ENDPOINT` are not both set")
    if not audience:
        raise IdentityError("Azure wants to know the application for which a token shall be", remedy="give --audience api://<application>")
    return AzureArcSource(machine, endpoint, audience)
