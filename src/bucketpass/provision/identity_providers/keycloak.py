"""Keycloak: a confidential client with a service account, and mappers for audience and session tags.

Keycloak's tokens have the client as `azp`, which AWS reads as `aud`, and the user ID of the client's service account as `sub`.
[K] from Keycloak's API as its Pulumi provider has it; not run against a Keycloak server.
"""

# Annotations are evaluated here: Pulumi reads those of components.

import json
from collections.abc import Mapping

import pulumi
import pulumi_keycloak as keycloak

from bucketpass.provision.identity_providers.interface import TAGS_CLAIM, ServiceIdentity, nested_tags

__all__ = ["KeycloakServiceIdentity"]


class KeycloakServiceIdentity(ServiceIdentity):
    """A client of a Keycloak realm."""

    preset = "keycloak"

    def __init__(
        self,
        name: str,
        *,
        realm: pulumi.Input[str],
        url: pulumi.Input[str],
        audience: pulumi.Input[str],
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`realm` is the realm's ID, `url` its issuer URL, `https://HOST/realms/REALM`; `audience` is what its tokens are for."""
        super().__init__("KeycloakServiceIdentity", name, tags, opts)
        child = pulumi.ResourceOptions(parent=self)
        client = keycloak.openid.Client(
            name,
            realm_id=realm,
            client_id=name,
            access_type="CONFIDENTIAL",
            service_accounts_enabled=True,
            standard_flow_enabled=False,
            implicit_flow_enabled=False,
            direct_access_grants_enabled=False,
            full_scope_allowed=False,  # roles elsewhere would put their clients into the audience
            opts=child,
        )
        keycloak.openid.AudienceProtocolMapper(
            name,
            realm_id=realm,
            client_id=client.id,
            included_custom_audience=audience,
            add_to_access_token=True,
            add_to_id_token=False,
            opts=child,
        )
        if self.tags:
            keycloak.openid.HardcodedClaimProtocolMapper(
                f"{name}-tags",
                realm_id=realm,
                client_id=client.id,
                # Keycloak nests a claim at each dot that has no backslash before it.
                claim_name=TAGS_CLAIM.replace(".", r"\."),
                claim_value=json.dumps(nested_tags(self.tags), separators=(",", ":")),
                claim_value_type="JSON",
                add_to_access_token=True,
                add_to_id_token=False,
                add_to_userinfo=False,
                opts=child,
            )
        claims = {"client_id": client.client_id, "subject": client.service_account_user_id}
        self._give(url, audience, claims, client.client_id, client.client_secret)
