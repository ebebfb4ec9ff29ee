"""Azure DevOps: a pipeline asks the service for a token of its service connection, as the AWS and Azure tasks do.

The job must be given the system's access token: `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`. The token's issuer is
`https://vstoken.dev.azure.com/ORGANISATION_ID`, its audience `api://AzureADTokenExchange`, its subject the service connection.

See: Microsoft, "Oidctoken - Create" (Azure DevOps REST API).
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ask_json, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["AzureDevOpsSource", "detect"]

WHO = "Azure DevOps"
API_VERSION = "7.1"
REMEDY = "map the system's token into the step: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"


class AzureDevOpsSource(NamedTuple):
    """A token of the pipeline's service connection, or of the job itself."""

    machine: Machine
    url: str
    bearer: Secret
    connection: str | None = None
    name: str = "azure-devops"

    def describe(self) -> str:
        """The service connection."""
        return f"Azure DevOps, service connection {self.connection}" if self.connection else "Azure DevOps"

    def fetch(self) -> Secret:
        """A new token."""
        query = {"api-version": API_VERSION} | ({"serviceConnectionId": self.connection} if self.connection else {})
        kinds = (("Content-Type", "application/json"), ("Accept", "application/json"))
        headers = (("Authorization", f"Bearer {self.bearer.reveal()}"), *kinds)
        request = HttpRequest("POST", f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(query)}", headers)
        return token_field(ask_json(self.machine.send, request, WHO, remedy=REMEDY), "oidcToken", WHO)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The pipeline's source; `argument` is the service connection's ID. Raises IdentityError in a step without the system's token."""
    url = machine.value("SYSTEM_OIDCREQUESTURI")
    if url is None:
        return NotHere("`SYSTEM_OIDCREQUESTURI` is not set")
    bearer = machine.value("SYSTEM_ACCESSTOKEN")
    if bearer is None:
        raise IdentityError("this step of Azure DevOps may not ask for tokens", remedy=REMEDY)
    return AzureDevOpsSource(machine, url, Secret(bearer), argument or machine.value("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"))
