"""Entra ID's side of a service."""

import json
from typing import Any

from tests.pulumi_programs import Registered, registered, values
from tests.unit.provision.identity_providers.answers import added

from bucketpass.provision.identity_providers import EntraServiceIdentity


def made(tags: dict[str, str] | None = None, **options: Any) -> dict[str, Registered]:
    found = registered(lambda: EntraServiceIdentity("trainer", tenant_id="t1", tags=tags), others=added, **options)
    return {resource.type.rpartition(":")[2]: resource for resource in found}


def test_tokens_are_of_the_second_version_and_of_this_tenant_alone() -> None:
    app = made()["Application"].inputs
    assert app["api"] == {"requestedAccessTokenVersion": 2, "mappedClaimsEnabled": False}
    assert app["signInAudience"] == "AzureADMyOrg"


def test_tags_are_flat_claims_of_the_services_own_api() -> None:
    found = made({"tenant": "acme"})
    (definition,) = found["ClaimsMappingPolicy"].inputs["definitions"]
    (claim,) = json.loads(definition)["ClaimsMappingPolicy"]["ClaimsSchema"]
    assert claim == {"Value": "acme", "JwtClaimType": "https://aws.amazon.com/tags/principal_tags/tenant"}
    assert found["Application"].inputs["api"]["mappedClaimsEnabled"] is True
    assert "ServicePrincipalClaimsMappingPolicyAssignment" in found


def test_without_tags_there_is_no_policy() -> None:
    assert set(made(preview=True)) == {"EntraServiceIdentity", "Application", "ServicePrincipal", "ApplicationPassword"}


def test_the_audience_is_the_application_and_the_subject_its_principal() -> None:
    def program() -> dict[str, Any]:
        it = EntraServiceIdentity("trainer", tenant_id="t1")
        return {"url": it.url, "audience": it.audience, "claims": it.claims, "secret": it.client_secret}

    assert values(program, others=added) == {
        "url": "https://login.microsoftonline.com/t1/v2.0",
        "audience": ["app-guid"],
        "claims": {"object_id": "principal-guid", "client_id": "app-guid"},
        "secret": "hush",
    }
