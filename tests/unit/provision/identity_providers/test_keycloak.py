"""Keycloak's side of a service."""

import json
from typing import Any

from tests.pulumi_programs import Registered, registered, values
from tests.unit.provision.identity_providers.answers import added

from bucketpass.provision.identity_providers import KeycloakServiceIdentity

REALM: dict[str, Any] = {"realm": "ai", "url": "https://id.acme.io/realms/ai", "audience": "s3-data"}


def made(tags: dict[str, str] | None = None, **options: Any) -> dict[str, Registered]:
    found = registered(lambda: KeycloakServiceIdentity("trainer", **REALM, tags=tags), others=added, **options)
    return {resource.type.rpartition(":")[2]: resource for resource in found}


def test_the_client_has_a_service_account_and_no_other_flow() -> None:
    client = made()["Client"].inputs
    assert client["accessType"] == "CONFIDENTIAL"
    flows = {name: client[name] for name in client if name.endswith("FlowEnabled") or name in {"directAccessGrantsEnabled"}}
    assert flows == dict.fromkeys(("standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled"), False)
    assert client["serviceAccountsEnabled"] is True
    assert client["fullScopeAllowed"] is False


def test_the_audience_is_in_the_access_token_alone() -> None:
    mapper = made()["AudienceProtocolMapper"].inputs
    assert (mapper["includedCustomAudience"], mapper["addToAccessToken"], mapper["addToIdToken"]) == ("s3-data", True, False)


def test_the_claim_of_the_tags_is_not_nested_at_its_dots() -> None:
    mapper = made({"tenant": "acme"})["HardcodedClaimProtocolMapper"].inputs
    assert mapper["claimName"] == r"https://aws\.amazon\.com/tags"
    assert (json.loads(mapper["claimValue"]), mapper["claimValueType"]) == ({"principal_tags": {"tenant": ["acme"]}}, "JSON")


def test_without_tags_there_is_no_claim() -> None:
    assert set(made(preview=True)) == {"KeycloakServiceIdentity", "Client", "AudienceProtocolMapper"}


def test_the_subject_is_the_user_of_the_service_account() -> None:
    def program() -> dict[str, Any]:
        it = KeycloakServiceIdentity("trainer", **REALM)
        return {"url": it.url, "audience": it.audience, "claims": it.claims}

    assert values(program, others=added) == {
        "url": "https://id.acme.io/realms/ai",
        "audience": ["s3-data"],
        "claims": {"client_id": "trainer", "subject": "6f1c-user"},
    }
