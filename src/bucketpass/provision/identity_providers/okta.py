"""Okta: a service application with a scope and a policy of its own at an authorization server.

The scope keeps the service's claims to its own tokens, and the policy the scope to its client. [K] from Okta's API as its
Pulumi provider has it; not run against an Okta organization.
"""

# Annotations are evaluated here: Pulumi reads those of components.

import json
from collections.abc import Mapping

import pulumi
import pulumi_okta as okta

from bucketpass.provision.identity_providers.interface import ServiceIdentity, flat_tags

__all__ = ["OktaServiceIdentity"]

CLIENT_CREDENTIALS = "client_credentials"
TOKEN_MINUTES = 5


class OktaServiceIdentity(ServiceIdentity):
    """A service application at an authorization server of Okta."""

    preset = "okta"

    scope: pulumi.Output[str]
    """The scope that the service asks for."""

    def __init__(
        self,
        name: str,
        *,
        server_id: pulumi.Input[str],
        url: pulumi.Input[str],
        audience: pulumi.Input[str],
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`server_id`, `url` and `audience` are those of the authorization server, as `okta.auth.Server` or `get_server` has them."""
        super().__init__("OktaServiceIdentity", name, tags, opts)
        child = pulumi.ResourceOptions(parent=self)
        app = okta.app.OAuth(
            name,
            label=name,
            type="service",
            grant_types=[CLIENT_CREDENTIALS],
            response_types=["token"],
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the method's name
            opts=child,
        )
        scope = okta.auth.ServerScope(name, auth_server_id=server_id, name=f"bucketpass:{name}", consent="IMPLICIT", opts=child)
        policy = okta.auth.ServerPolicy(
            name,
            auth_server_id=server_id,
            name=f"bucketpass: {name}",
            description=f"tokens of the service {name}",
            priority=1,
            client_whitelists=[app.client_id],
            opts=child,
        )
        okta.auth.ServerPolicyRule(
            name,
            auth_server_id=server_id,
            policy_id=policy.id,
            name=f"bucketpass: {name}",
            priority=1,
            grant_type_whitelists=[CLIENT_CREDENTIALS],
            scope_whitelists=[scope.name],
            access_token_lifetime_minutes=TOKEN_MINUTES,
            opts=child,
        )
        for claim, value in flat_tags(self.tags).items():
            okta.auth.ServerClaim(
                f"{name}-{claim.rpartition('/')[2]}",
                auth_server_id=server_id,
                name=claim,
                claim_type="RESOURCE",
                value_type="EXPRESSION",
                value=json.dumps(value),  # a text in Okta's expression language
                scopes=[scope.name],
                opts=child,
            )
        self.scope = scope.name
        self._give(url, audience, {"client_id": app.client_id}, app.client_id, app.client_secret)
