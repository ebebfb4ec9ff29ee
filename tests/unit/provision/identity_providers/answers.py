"""What each provider's API adds to a new client, for mocks."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.mocks import MockResourceArgs

ADDED: Mapping[str, Mapping[str, Any]] = {
    "okta:app/oAuth:OAuth": {"clientId": "0oaMADE", "clientSecret": "hush"},
    "auth0:index/client:Client": {"clientId": "c1MADE"},
    "auth0:index/clientCredentials:ClientCredentials": {"clientSecret": "hush"},
    "keycloak:openid/client:Client": {"clientSecret": "hush", "serviceAccountUserId": "6f1c-user"},
    "azuread:index/application:Application": {"clientId": "app-guid", "objectId": "object-of-app"},
    "azuread:index/servicePrincipal:ServicePrincipal": {"objectId": "principal-guid"},
    "azuread:index/applicationPassword:ApplicationPassword": {"value": "hush"},
}


def added(args: MockResourceArgs) -> Mapping[str, Any]:
    return ADDED.get(args.typ, {})
