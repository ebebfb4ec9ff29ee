"""Azure managed identity: the instance metadata service of a machine, or the identity endpoint of App Service, Functions or Azure ML.

See: Microsoft, "How to use managed identities on an Azure VM to acquire an access token", "REST endpoint reference" (App Service).
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ask_json, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["ManagedIdentitySource", "detect"]

SERVER = "Azure's metadata service"
METADATA_URL = "http://169.254.169.254/metadata/identity/oauth2/token"
METADATA_VERSION = "2018-02-01"
APP_SERVICE_VERSION = "2019-08-01"
MACHINE_LEARNING_VERSION = "2017-09-01"  # MSI_ENDPOINT and MSI_SECRET: compute of Azure ML, as azure-identity asks it [K]
ASSET_TAG_FILE = "/sys/class/dmi/id/chassis_asset_tag"
AZURE_ASSET_TAG = "7783-7084-3265-9085-8269-3286-77"  # every Azure machine's firmware has it [K]


class ManagedIdentitySource(NamedTuple):
    """A token of the machine's managed identity for the application `resource`."""

    machine: Machine
    resource: str
    url: str = METADATA_URL
    version: str = METADATA_VERSION
    header: tuple[str, Secret] = ("Metadata", Secret("true"))
    client_id: str | None = None
    client_field: str = "client_id"
    name: str = "azure"

    def describe(self) -> str:
        """The resource."""
        return f"Azure managed identity, resource {self.resource}"

    def fetch(self) -> Secret:
        """A new access token."""
        query = {"api-version": self.version, "resource": self.resource} | ({self.client_field: self.client_id} if self.client_id else {})
        name, value = self.header
        request = HttpRequest("GET", f"{self.url}?{urlencode(query)}", ((name, value.reveal()),))
        answer = ask_json(self.machine.send, request, SERVER, remedy="assign a managed identity, and check the resource")
        return token_field(answer, "access_token", SERVER)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The metadata service, where this is App Service by its variables or Azure by its firmware; `argument` is the identity's client ID."""
    endpoint, key = machine.value("IDENTITY_ENDPOINT"), machine.value("IDENTITY_HEADER")
    learning, secret = machine.value("MSI_ENDPOINT"), machine.value("MSI_SECRET")
    if not (endpoint and key) and not (learning and secret) and not is_azure(machine):
        return NotHere("neither `IDENTITY_ENDPOINT` nor `MSI_ENDPOINT` is set, and the firmware is not Azure's")
    if not audience:
        raise IdentityError("Azure wants to know the application for which a token shall be", remedy="give --audience api://<application>")
    client = argument or machine.value("AZURE_CLIENT_ID")
    if endpoint and key:
        return ManagedIdentitySource(machine, audience, endpoint, APP_SERVICE_VERSION, ("X-IDENTITY-HEADER", Secret(key)), client)
    if learning and secret:
        own = argument or machine.value("DEFAULT_IDENTITY_CLIENT_ID", "AZURE_CLIENT_ID")
        return ManagedIdentitySource(machine, audience, learning, MACHINE_LEARNING_VERSION, ("secret", Secret(secret)), own, "clientid")
    return ManagedIdentitySource(machine, audience, client_id=client)


def is_azure(machine: Machine) -> bool:
    """Whether the firmware says so. No probe over the network: on other clouds it would wait, or ask a stranger."""
    try:
        return machine.read(ASSET_TAG_FILE).strip() == AZURE_ASSET_TAG
    except OSError:
        return False
