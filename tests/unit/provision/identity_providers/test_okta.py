"""Okta's side of a service."""

from typing import Any

import pytest
from tests.pulumi_programs import Registered, is_unknown, registered, values
from tests.unit.provision.identity_providers.answers import added

from bucketpass.provision.identity_providers import OktaServiceIdentity

SERVER: dict[str, Any] = {"server_id": "aus1", "url": "https://acme.okta.com/oauth2/aus1", "audience": "s3-data"}


def made(tags: dict[str, str] | None = None, **options: Any) -> dict[str, Registered]:
    found = registered(lambda: OktaServiceIdentity("trainer", **SERVER, tags=tags), others=added, **options)
    return {resource.type.rpartition(":")[2]: resource for resource in found}


def test_the_application_can_do_nothing_but_ask_for_its_own_token() -> None:
    app = made()["OAuth"].inputs
    assert (app["type"], app["grantTypes"], app["responseTypes"]) == ("service", ["client_credentials"], ["token"])


def test_the_scope_is_given_to_the_client_alone() -> None:
    found = made()
    assert found["ServerPolicy"].inputs["clientWhitelists"] == ["0oaMADE"]
    rule = found["ServerPolicyRule"].inputs
    assert (rule["grantTypeWhitelists"], rule["scopeWhitelists"]) == (["client_credentials"], ["bucketpass:trainer"])


def test_a_tag_is_a_claim_of_the_services_scope_alone() -> None:
    claim = made({"tenant": 'ac"me'})["ServerClaim"].inputs
    assert claim["name"] == "https://aws.amazon.com/tags/principal_tags/tenant"
    assert claim["value"] == '"ac\\"me"'
    assert claim["scopes"] == ["bucketpass:trainer"]


def test_without_tags_no_claim_is_made() -> None:
    assert "ServerClaim" not in made()


def test_in_a_preview_the_client_is_unknown() -> None:
    (whitelisted,) = made(preview=True)["ServerPolicy"].inputs["clientWhitelists"]
    assert is_unknown(whitelisted)


@pytest.mark.parametrize("preview", [True, False])
def test_nothing_else_is_made(preview: bool) -> None:
    assert set(made({"tenant": "acme"}, preview=preview)) == {
        "OktaServiceIdentity",
        "OAuth",
        "ServerScope",
        "ServerPolicy",
        "ServerPolicyRule",
        "ServerClaim",
    }


def test_the_outputs_are_what_aws_will_see() -> None:
    def program() -> dict[str, Any]:
        it = OktaServiceIdentity("trainer", **SERVER)
        return {"url": it.url, "audience": it.audience, "claims": it.claims, "scope": it.scope, "secret": it.client_secret}

    assert values(program, others=added) == {
        "url": SERVER["url"],
        "audience": ["s3-data"],
        "claims": {"client_id": "0oaMADE"},
        "scope": "bucketpass:trainer",
        "secret": "hush",
    }
