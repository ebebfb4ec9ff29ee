"""What is told where an optional package is not installed."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("absent", "statement", "extra"),
    [
        ("pulumi", "from bucketpass.provision import FederatedAccess", "pulumi"),
        ("pulumi_aws", "from bucketpass.provision import ProtectedBucket", "pulumi"),
        ("pulumi_okta", "from bucketpass.provision.identity_providers import OktaServiceIdentity", "pulumi-okta"),
        ("pulumi_auth0", "from bucketpass.provision.identity_providers import Auth0ServiceIdentity", "pulumi-auth0"),
        ("pulumi_keycloak", "from bucketpass.provision.identity_providers import KeycloakServiceIdentity", "pulumi-keycloak"),
        ("pulumi_azuread", "from bucketpass.provision.identity_providers import EntraServiceIdentity", "pulumi-azuread"),
    ],
)
def test_the_extra_that_is_missing_is_named(absent: str, statement: str, extra: str) -> None:
    code = f"import sys; sys.modules[{absent!r}] = None; {statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"MissingExtra: `{absent}` is not installed (pip install '.[{extra}]', in a clone of bucketpass)" in done.stderr


def test_a_name_that_is_nowhere_is_an_attribute_error() -> None:
    from bucketpass import provision

    with pytest.raises(AttributeError, match="Nothing"):
        provision.Nothing  # noqa: B018 - the access is the test
