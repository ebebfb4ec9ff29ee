"""Azure workload identity: the pod's own token becomes one of Entra ID's, for an application that AWS knows.

AWS can also trust the AKS cluster's issuer itself; then the token file is all that is needed (`--source file:...`).

See: Microsoft, "OAuth 2.0 client credentials with a federated credential"; RFC 7523.
"""

from __future__ import annotations

from typing import NamedTuple

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ask_json, form, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["WorkloadIdentitySource", "detect"]

SERVER = "Entra ID"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEFAULT_AUTHORITY = "https://login.microsoftonline.com/"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class WorkloadIdentitySource(NamedTuple):
    """A token of the application `resource` for the identity `client_id`, against the pod's projected token."""

    machine: Machine
    tenant: str
    client_id: str
    token_file: str
    resource: str
    authority: str = DEFAULT_AUTHORITY
    name: str = "azure-workload"

    def describe(self) -> str:
        """The identity and its tenant."""
        return f"Azure workload identity {self.client_id}, resource {self.resource}"

    def fetch(self) -> Secret:
        """A new access token."""
        try:
            assertion = self.machine.read(self.token_file).strip()
        except OSError as error:
            raise IdentityError(
                f"cannot read `{self.token_file}`: {error.strerror or error}", remedy="label the pod azure.workload.identity/use=true"
            ) from None
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion,
            "scope": f"{self.resource}/.default",
        }
        request = HttpRequest("POST", f"{self.authority.rstrip('/')}/{self.tenant}/oauth2/v2.0/token", (FORM,), form(fields))
        answer = ask_json(self.machine.send, request, SERVER, remedy="check the identity's federated credential and the resource")
        return token_field(answer, "access_token", SERVER)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The identity that the workload identity webhook put into the pod; the audience is the application, such as api://s3-data."""
    file, client, tenant = (machine.value(name) for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"))
    if not (file and client and tenant):
        return NotHere("`AZURE_FEDERATED_TOKEN_FILE`, `AZURE_CLIENT_ID` and `AZURE_TENANT_ID` are not all set")
    resource = argument or audience
    if not resource:
        raise IdentityError(
            "Entra ID wants to know the application for which a token shall be", remedy="give --audience api://<application>"
        )
    return WorkloadIdentitySource(machine, tenant, client, file, resource, machine.value("AZURE_AUTHORITY_HOST") or DEFAULT_AUTHORITY)
