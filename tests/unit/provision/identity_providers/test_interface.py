"""The claims by which tokens set session tags, and that secrets stay secret."""

from typing import Any

import pulumi
from tests.pulumi_programs import registered
from tests.unit.provision.identity_providers.answers import added

from bucketpass.provision.identity_providers import KeycloakServiceIdentity
from bucketpass.provision.identity_providers.interface import flat_tags, nested_tags


def test_both_forms_of_the_claim_say_the_same() -> None:
    tags = {"tenant": "acme", "team": "ml"}
    assert nested_tags(tags) == {"principal_tags": {"tenant": ["acme"], "team": ["ml"]}}
    assert flat_tags(tags) == {
        "https://aws.amazon.com/tags/principal_tags/tenant": "acme",
        "https://aws.amazon.com/tags/principal_tags/team": "ml",
    }


def test_the_client_secret_is_secret_even_where_the_provider_does_not_say_so() -> None:
    secret: list[bool] = []

    def program() -> Any:
        it = KeycloakServiceIdentity("trainer", realm="ai", url="https://id.acme.io/realms/ai", audience="s3")

        async def look() -> None:
            secret.append(await it.client_secret.is_secret())

        return pulumi.Output.from_input(look())

    registered(program, others=added)
    assert secret == [True]
