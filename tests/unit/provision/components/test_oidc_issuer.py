"""`OidcIssuer`: the IAM provider of an issuer."""

from typing import Any

import pulumi
import pytest
from tests.pulumi_programs import ACCOUNT, registered, values

from bucketpass.errors import DeclarationError
from bucketpass.provision import OidcIssuer, ServiceRole


def provider(args: Any, **options: Any) -> dict[str, Any]:
    (found,) = (resource for resource in registered(lambda: OidcIssuer("it", args), **options) if resource.type.startswith("aws:"))
    return {name: value for name, value in found.inputs.items() if name != "tags"}


def test_url_and_audience_are_those_of_the_preset_where_nothing_is_said() -> None:
    assert provider({"preset": "github"}) == {
        "url": "https://token.actions.githubusercontent.com",
        "clientIdLists": ["sts.amazonaws.com"],
    }


def test_the_url_is_written_as_the_provider_writes_it() -> None:
    assert provider({"preset": "auth0", "url": "https://Acme.auth0.com", "audience": ["c1"]})["url"] == "https://acme.auth0.com/"


def test_a_url_that_is_known_later_is_held_to_the_same_rules() -> None:
    def program() -> None:
        OidcIssuer("it", {"url": pulumi.Output.from_input("http://id.acme.io"), "audience": ["s3"]})

    with pytest.raises(DeclarationError, match="https"):
        registered(program)


def test_thumbprints_are_given_only_where_they_are_declared() -> None:
    assert "thumbprintLists" not in provider({"preset": "github"})
    assert provider({"preset": "github", "thumbprints": ["a" * 40]})["thumbprintLists"] == ["a" * 40]


def test_the_outputs_are_what_a_trust_needs() -> None:
    def program() -> dict[str, pulumi.Input[Any]]:
        issuer = OidcIssuer("it", {"preset": "okta", "url": "https://acme.okta.com/oauth2/default", "audience": ["s3"]})
        return {"arn": issuer.arn, "url": issuer.url, "condition_prefix": issuer.condition_prefix}

    assert values(program) == {
        "arn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.okta.com/oauth2/default",
        "url": "https://acme.okta.com/oauth2/default",
        "condition_prefix": "acme.okta.com/oauth2/default",
    }


def test_what_takes_the_url_depends_on_the_provider() -> None:
    def program() -> None:
        issuer = OidcIssuer("it", {"preset": "github"})
        grants: Any = [{"bucket": "datasets", "access": ["read"]}]
        identity: Any = {"claims": {"repository": "acme/x", "environment": "p"}}
        ServiceRole("job", {"issuer": {"preset": "github", "url": issuer.url}, "identity": identity, "grants": grants})

    (role,) = (resource for resource in registered(program) if resource.type == "aws:iam/role:Role")
    assert any(name.startswith("it") for name in role.dependencies)
