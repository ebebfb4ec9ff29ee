"""Microsoft Entra ID: an application that asks for tokens for itself, in the v2 form.

Each service is an API of its own, since claims of a policy are in the tokens of all clients of an API. The audience of v2 tokens
is the API's application ID, the subject the object ID of the service principal.
[K] from Microsoft's API as its Pulumi provider has it; not run against a tenant.
"""

# Annotations are evaluated here: Pulumi reads those of components.

import json
from collections.abc import Mapping

import pulumi
import pulumi_azuread as azuread

from bucketpass.provision.identity_providers.interface import ServiceIdentity, flat_tags

__all__ = ["EntraServiceIdentity"]


class EntraServiceIdentity(ServiceIdentity):
    """An application and its service principal in a tenant of Entra ID."""

    preset = "entra"

    def __init__(
        self,
        name: str,
        *,
        tenant_id: pulumi.Input[str],
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """The service asks for the scope `<client ID>/.default`."""
        super().__init__("EntraServiceIdentity", name, tags, opts)
        child = pulumi.ResourceOptions(parent=self)
        app = azuread.Application(
            name,
            display_name=name,
            sign_in_audience="AzureADMyOrg",
            api={"requested_access_token_version": 2, "mapped_claims_enabled": bool(self.tags)},
            opts=child,
        )
        principal = azuread.ServicePrincipal(name, client_id=app.client_id, opts=child)
        password = azuread.ApplicationPassword(name, application_id=app.id, opts=child)
        if self.tags:
            policy = azuread.ClaimsMappingPolicy(name, display_name=f"bucketpass: {name}", definitions=[self._definition()], opts=child)
            azuread.ServicePrincipalClaimsMappingPolicyAssignment(
                name, claims_mapping_policy_id=policy.id, service_principal_id=principal.id, opts=child
            )
        url = pulumi.Output.concat("https://login.microsoftonline.com/", tenant_id, "/v2.0")
        claims = {"object_id": principal.object_id, "client_id": app.client_id}
        self._give(url, app.client_id, claims, app.client_id, password.value)

    def _definition(self) -> str:
        """The claims policy that sets the tags."""
        claims = [{"Value": value, "JwtClaimType": claim} for claim, value in flat_tags(self.tags).items()]
        return json.dumps({"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": claims}})
