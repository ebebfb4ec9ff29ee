"""Auth0: a machine-to-machine application with a grant for an API. AWS reads its client ID (`azp`) as the audience.

[K] from Auth0's API as its Pulumi provider has it; not run against an Auth0 tenant.
"""

# Annotations are evaluated here: Pulumi reads those of components.

import json
from collections.abc import Mapping
from importlib.resources import files

import pulumi
import pulumi_auth0 as auth0

from bucketpass.provision.identity_providers.interface import TAGS_CLAIM, ServiceIdentity, nested_tags

__all__ = ["Auth0ServiceIdentity"]

TRIGGER = "credentials-exchange"
RUNTIME = "node22"


class Auth0ServiceIdentity(ServiceIdentity):
    """A machine-to-machine application of an Auth0 tenant."""

    preset = "auth0"

    def __init__(
        self,
        name: str,
        *,
        domain: pulumi.Input[str],
        audience: pulumi.Input[str],
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`domain` is the tenant's, such as `acme.eu.auth0.com`; `audience` the identifier of an API that signs with RS256."""
        super().__init__("Auth0ServiceIdentity", name, tags, opts)
        child = pulumi.ResourceOptions(parent=self)
        client = auth0.Client(
            name,
            name=name,
            app_type="non_interactive",
            grant_types=["client_credentials"],
            jwt_configuration={"alg": "RS256"},
            opts=child,
        )
        credentials = auth0.ClientCredentials(name, client_id=client.client_id, authentication_method="client_secret_post", opts=child)
        auth0.ClientGrant(name, client_id=client.client_id, audience=audience, scopes=[], opts=child)
        if self.tags:
            action = auth0.Action(
                name,
                name=f"bucketpass: {name}",
                runtime=RUNTIME,
                code=client.client_id.apply(self._code),
                supported_triggers={"id": TRIGGER, "version": "v2"},
                deploy=True,
                opts=child,
            )
            auth0.TriggerAction(name, action_id=action.id, trigger=TRIGGER, display_name=f"bucketpass: {name}", opts=child)
        url = pulumi.Output.concat("https://", domain, "/")
        self._give(url, audience, {"client_id": client.client_id}, client.client_id, credentials.client_secret)

    def _code(self, client_id: str) -> str:
        """The Action that sets the tags, in the tokens of this client only."""
        code = (files("bucketpass.provision.identity_providers") / "auth0_tags.js").read_text()
        values = {"CLIENT_ID": client_id, "CLAIM": TAGS_CLAIM, "TAGS": nested_tags(self.tags)}
        for place, value in values.items():
            code = code.replace(f"__{place}__", json.dumps(value))
        return code
