"""What a provider says of its client is in the declaration, and what is made of it."""

import json
from typing import Any

import pytest
from tests.pulumi_programs import registered
from tests.unit.provision.identity_providers.answers import added

from bucketpass.errors import DeclarationError
from bucketpass.model import parse_access
from bucketpass.provision import FederatedAccess
from bucketpass.provision.identity_providers import EntraServiceIdentity, KeycloakServiceIdentity, identified
from bucketpass.provision.identity_providers.feedback import Tokens, with_tokens

TEXT = """
issuers:
  realm: {preset: keycloak, url: https://id.acme.io/realms/stand-in, audience: stand-in}
  entra: {preset: entra, url: https://login.microsoftonline.com/stand-in/v2.0, audience: stand-in}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: realm, client_id: stand-in, subject: stand-in}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
  tenant:
    identity: {issuer: entra, client_id: stand-in, object_id: stand-in}
    grants: [{bucket: datasets, prefix: tenants/, access: read, per: tenant}]
"""
ACCESS = parse_access(TEXT)


def program() -> None:
    trainer = KeycloakServiceIdentity("trainer", realm="ai", url="https://id.acme.io/realms/ai", audience="s3-data")
    tenant = EntraServiceIdentity("tenant", tenant_id="t1", tags={"tenant": "acme"})
    FederatedAccess("ai", access=ACCESS, later=identified(ACCESS, {"trainer": trainer, "tenant": tenant}))


def trusts(**options: Any) -> list[Any]:
    return [
        resource.inputs["assumeRolePolicy"] for resource in registered(program, others=added, **options) if resource.type.endswith(":Role")
    ]


def test_the_roles_trust_the_clients_that_were_made_and_no_mock() -> None:
    found = {json.dumps(json.loads(trust)["Statement"][0]["Condition"]["StringEquals"], sort_keys=True) for trust in trusts()}
    realm, entra = "id.acme.io/realms/ai", "login.microsoftonline.com/t1/v2.0"
    assert found == {
        json.dumps({f"{realm}:aud": ["trainer"], f"{realm}:oaud": ["s3-data"], f"{realm}:sub": ["6f1c-user"]}),
        json.dumps({f"{entra}:aud": ["app-guid"], f"{entra}:oaud": ["app-guid"], f"{entra}:sub": ["principal-guid"]}),
    }


def test_a_preview_has_words_for_what_is_not_known_of_the_clients() -> None:
    trainer, tenant = trusts(preview=True)
    assert '<claims of \\"' in trainer
    assert '<claims of \\"' in tenant
    assert "known-later" not in trainer + tenant


def refusal(**clients: Any) -> None:
    def wrong() -> None:
        kinds = {"keycloak": KeycloakServiceIdentity, "entra": EntraServiceIdentity}
        made = {service: kinds[kind](service, **arguments) for service, (kind, arguments) in clients.items()}
        identified(ACCESS, made)

    registered(wrong, others=added)


REALM = {"realm": "ai", "url": "https://id.acme.io/realms/ai", "audience": "s3"}


def test_a_service_that_is_not_declared_is_refused() -> None:
    with pytest.raises(DeclarationError, match="`trainr` is not a service"):
        refusal(trainr=("keycloak", REALM))


def test_a_service_without_an_identity_of_that_kind_is_refused() -> None:
    with pytest.raises(DeclarationError, match="no identity of an issuer with `preset: keycloak`"):
        refusal(tenant=("keycloak", REALM))


def test_tags_that_the_trust_would_not_let_in_are_refused() -> None:
    with pytest.raises(DeclarationError, match="session tags team, which it does not declare"):
        refusal(trainer=("keycloak", REALM | {"tags": {"team": "ml"}}))


def test_the_declared_audience_stays_where_another_service_of_the_issuer_goes_by_it() -> None:
    access = parse_access(
        TEXT.replace("{issuer: entra, client_id: stand-in, object_id: stand-in}", "{issuer: realm, client_id: a, subject: b}")
    )
    tokens = Tokens("trainer", 0, "https://id.acme.io/realms/ai", ("s3-data",), {"client_id": "c", "subject": "d"})
    assert with_tokens(access, [tokens]).issuers["realm"].audience == ("stand-in", "s3-data")
    other = Tokens("tenant", 0, "https://id.acme.io/realms/ai", ("s3-data",), {"client_id": "e", "subject": "f"})
    assert with_tokens(access, [tokens, other]).issuers["realm"].audience == ("s3-data",)


def test_clients_of_one_issuer_with_two_urls_are_refused() -> None:
    access = parse_access(
        TEXT.replace("{issuer: entra, client_id: stand-in, object_id: stand-in}", "{issuer: realm, client_id: a, subject: b}")
    )
    both = [Tokens(service, 0, f"https://{service}.acme.io", ("s3",), {}) for service in ("trainer", "tenant")]
    with pytest.raises(DeclarationError, match="different issuer URLs"):
        with_tokens(access, both)
