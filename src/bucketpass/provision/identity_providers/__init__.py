"""The identity provider's side, as Pulumi components: a client for a declared service, and what AWS will see in its tokens.

::

    trainer = KeycloakServiceIdentity("trainer", realm="ai", url="https://id.acme.io/realms/ai", audience="s3-data")
    access = bucketpass.load("access.yaml")
    FederatedAccess("ai", access=access, later=identified(access, {"trainer": trainer}))

`identified` puts issuer, audience and subject of each client into the declaration. Each provider is one file, and needs its own
extra: `pip install '.[pulumi-keycloak]'`. For a provider without such an API, `bucketpass configure ISSUER` prints the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.provision.identity_providers.auth0 import Auth0ServiceIdentity
    from bucketpass.provision.identity_providers.entra import EntraServiceIdentity
    from bucketpass.provision.identity_providers.feedback import identified
    from bucketpass.provision.identity_providers.keycloak import KeycloakServiceIdentity
    from bucketpass.provision.identity_providers.okta import OktaServiceIdentity

__all__ = ["Auth0ServiceIdentity", "EntraServiceIdentity", "KeycloakServiceIdentity", "OktaServiceIdentity", "identified"]

# Name -> (module, the extra that it needs)
_MODULES = {
    "Auth0ServiceIdentity": ("auth0", "pulumi-auth0"),
    "EntraServiceIdentity": ("entra", "pulumi-azuread"),
    "KeycloakServiceIdentity": ("keycloak", "pulumi-keycloak"),
    "OktaServiceIdentity": ("okta", "pulumi-okta"),
    "identified": ("feedback", "pulumi"),
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    from importlib import import_module

    module, extra = _MODULES[name]
    try:
        return getattr(import_module(f"bucketpass.provision.identity_providers.{module}"), name)
    except ImportError as missing:
        from bucketpass.errors import MissingExtra

        raise MissingExtra(extra, missing.name or module) from None
