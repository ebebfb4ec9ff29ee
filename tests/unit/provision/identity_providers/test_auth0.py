"""Auth0's side of a service."""

import shutil
import subprocess
from typing import Any

import pytest
from tests.pulumi_programs import Registered, is_unknown, registered, values
from tests.unit.provision.identity_providers.answers import added

from bucketpass.provision.identity_providers import Auth0ServiceIdentity

TENANT: dict[str, Any] = {"domain": "acme.eu.auth0.com", "audience": "s3-data"}


def made(tags: dict[str, str] | None = None, **options: Any) -> dict[str, Registered]:
    found = registered(lambda: Auth0ServiceIdentity("trainer", **TENANT, tags=tags), others=added, **options)
    return {resource.type.rpartition(":")[2]: resource for resource in found}


def test_the_application_asks_for_its_own_token_signed_as_aws_takes_it() -> None:
    client = made()["Client"].inputs
    assert (client["appType"], client["grantTypes"]) == ("non_interactive", ["client_credentials"])
    assert client["jwtConfiguration"] == {"alg": "RS256"}


def test_the_application_has_a_grant_for_the_api_without_any_scope() -> None:
    grant = made()["ClientGrant"].inputs
    assert (grant["clientId"], grant["audience"], grant["scopes"]) == ("c1MADE", "s3-data", [])


def test_the_action_sets_the_tags_in_tokens_of_this_client_alone() -> None:
    code = made({"tenant": "acme"})["Action"].inputs["code"]
    assert 'event.client.client_id === "c1MADE"' in code
    assert 'setCustomClaim("https://aws.amazon.com/tags", {"principal_tags": {"tenant": ["acme"]}})' in code


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_the_action_is_javascript_that_runs() -> None:
    code = made({"tenant": "ac'me"})["Action"].inputs["code"]
    play = """
    const set = {};
    const api = {accessToken: {setCustomClaim: (name, value) => { set[name] = value; }}};
    (async () => {
      await exports.onExecuteCredentialsExchange({client: {client_id: "another"}}, api);
      if (Object.keys(set).length) process.exit(1);
      await exports.onExecuteCredentialsExchange({client: {client_id: "c1MADE"}}, api);
      console.log(JSON.stringify(set));
    })();
    """
    done = subprocess.run(["node", "-e", code + play], capture_output=True, text=True, check=True)
    assert done.stdout == '{"https://aws.amazon.com/tags":{"principal_tags":{"tenant":["ac\'me"]}}}\n'


def test_the_action_is_added_to_the_trigger_and_replaces_no_other() -> None:
    found = made({"tenant": "acme"})
    assert found["TriggerAction"].inputs["trigger"] == "credentials-exchange"
    assert "TriggerActions" not in found


def test_without_tags_there_is_no_action() -> None:
    assert set(made()) == {"Auth0ServiceIdentity", "Client", "ClientCredentials", "ClientGrant"}


def test_in_a_preview_the_action_is_unknown_with_its_client() -> None:
    assert is_unknown(made({"tenant": "acme"}, preview=True)["Action"].inputs["code"])


def test_the_issuer_ends_with_its_slash() -> None:
    def program() -> dict[str, Any]:
        it = Auth0ServiceIdentity("trainer", **TENANT)
        return {"url": it.url, "audience": it.audience, "claims": it.claims, "secret": it.client_secret}

    assert values(program, others=added) == {
        "url": "https://acme.eu.auth0.com/",
        "audience": ["s3-data"],
        "claims": {"client_id": "c1MADE"},
        "secret": "hush",
    }
