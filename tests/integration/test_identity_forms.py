"""Identities that stand for many tokens, by real tokens at the sandbox's STS."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of, outcome, sandbox_world

pytestmark = pytest.mark.slow

TENANT = "11111111-1111-1111-1111-111111111111"
CROWD = ", ".join(f"{{issuer: cluster, namespace: team-{number:02}, service_account: fitter}}" for number in range(61))
ACCESS = f"""
issuers:
  ci: {{preset: github}}
  cluster: {{preset: kubernetes, url: "https://k8s.acme.example", single_tenant: true}}
  realm: {{preset: keycloak, url: "https://id.acme.example/realms/ml", audience: s3-data, several_audiences: true}}
  entra: {{preset: entra, url: "https://login.microsoftonline.com/{TENANT}/v2.0", audience: "api://s3-data"}}
buckets:
  lake: {{}}
services:
  builds:
    identity: {{issuer: ci, organization: acme, owner_id: "42"}}
    grants: {{bucket: lake, prefix: builds/, access: write}}
  trainers:
    identity: {{issuer: cluster, namespace: "*", service_account: trainer, unsafe_wildcard: every team has one}}
    grants: {{bucket: lake, prefix: raw/, access: read}}
  job:
    identity: {{issuer: realm, client_id: trainer, subject: "5f0c"}}
    grants: {{bucket: lake, prefix: raw/, access: read}}
  app:
    identity: {{issuer: entra, object_id: "{TENANT}", client_id: the-app}}
    grants: {{bucket: lake, prefix: raw/, access: read}}
  crowd:
    identity: [{CROWD}]
    grants: {{bucket: lake, prefix: raw/, access: read}}
quotas: {{trust_policy: 4096}}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(ACCESS) as world:
        yield world


CLUSTER = {"aud": "sts.amazonaws.com"}
REALM = {"sub": "5f0c", "azp": "trainer", "aud": ["account", "s3-data"]}
APP = {"sub": TENANT, "aud": "api://s3-data", "azp": "the-app"}


@pytest.mark.parametrize(
    ("service", "issuer", "claims", "code"),
    [
        ("builds", "ci", {"sub": "repo:acme/eval:ref:refs/heads/x", "repository_owner_id": "42"}, None),
        ("builds", "ci", {"sub": "repo:acme@42/new@7:environment:e", "repository_owner_id": "42"}, None),
        ("builds", "ci", {"sub": "repo:acme/eval:ref:refs/heads/x", "repository_owner_id": "43"}, "AccessDenied"),
        ("builds", "ci", {"sub": "repo:acmes/eval:ref:refs/heads/x", "repository_owner_id": "42"}, "AccessDenied"),
        ("trainers", "cluster", CLUSTER | {"sub": "system:serviceaccount:team-a:trainer"}, None),
        ("trainers", "cluster", CLUSTER | {"sub": "system:serviceaccount:team-a:other"}, "AccessDenied"),
        ("job", "realm", REALM, None),
        ("job", "realm", REALM | {"aud": "s3-data"}, None),
        ("job", "realm", REALM | {"aud": ["account", "other"]}, "AccessDenied"),
        ("job", "realm", REALM | {"azp": "another-client"}, "InvalidIdentityToken"),
        ("app", "entra", APP, None),
        ("app", "entra", APP | {"azp": "another-app"}, "InvalidIdentityToken"),
    ],
)
def test_tokens_get_in_as_declared(world: SandboxWorld, service: str, issuer: str, claims: dict[str, object], code: str | None) -> None:
    token = world.sandbox.mint(service, issuer=issuer, claims=claims)
    if code is None:
        assert world.assume(service, token).access_key_id
        return
    with pytest.raises(ClientError) as refused:
        world.assume(service, token)
    assert code_of(refused.value) == code


def test_a_service_of_61_namespaces_has_one_role_where_the_quota_was_raised(world: SandboxWorld) -> None:
    for number, taken in ((0, True), (60, True), (61, False)):
        claims = {**CLUSTER, "sub": f"system:serviceaccount:team-{number:02}:fitter"}
        assert (outcome(world.assume, service="crowd", token=world.sandbox.mint(issuer="cluster", claims=claims)) == "done") is taken
