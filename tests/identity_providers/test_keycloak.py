"""Keycloak as its page says, at the sandbox beside the real issuer: every way to a token, and what must be refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joserfc.jwk import RSAKey
from tests.engines.lab import answer
from tests.identity_providers.keycloak import Realm, keycloak, missing
from tests.identity_providers.tls import Authority
from tests.sandboxes import Keys, SandboxWorld, sandbox_world

from bucketpass.configure import Site, issuer_text
from bucketpass.identity import read_token, this_machine
from bucketpass.identity.device import DeviceLogin, DevicePrompt
from bucketpass.identity.oauth import ClientCredentialsSource
from bucketpass.identity.token import TokenFault, UnverifiedToken, decoded
from bucketpass.model import parse_access
from bucketpass.model.access import Access
from bucketpass.secret import Secret

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("keycloak")]

DECLARATION = """
issuers:
  login: {{preset: keycloak, url: "{issuer}", audience: s3-data}}
buckets: {{datasets: {{}}}}
services:
  trainer:
    identity: {{issuer: login, client_id: trainer, subject: {trainer}}}
    grants: [{{bucket: datasets, prefix: raw/, access: read}}]
  signer:
    identity: {{issuer: login, client_id: signer, subject: {signer}}}
    grants: [{{bucket: datasets, prefix: raw/, access: read}}]
  broad:
    identity: {{issuer: login, client_id: broad, subject: {broad}}}
    grants: [{{bucket: datasets, prefix: raw/, access: read}}]
  gateway:
    identity: {{issuer: login, client_id: gateway, subject: {gateway}}}
    grants: [{{bucket: datasets, prefix: tenants/, per: tenant, access: read}}]
"""
OBJECTS = ("raw/a", "other/a", "tenants/acme/a", "tenants/globex/a")
KEY = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "2026-11"})


@dataclass(frozen=True)
class Scene:
    """The realm as the page says, the declaration of its clients, and a sandbox where it is deployed."""

    realm: Realm
    world: SandboxWorld
    text: str
    folder: Path

    @property
    def access(self) -> Access:
        return parse_access(self.text)

    def environment(self, service: str, **more: str) -> dict[str, str]:
        """What the service's process has: its role, the sandbox, and its client at Keycloak."""
        sandbox = self.world.sandbox
        return {
            "PATH": os.environ["PATH"],
            "AWS_ROLE_ARN": f"arn:aws:iam::{sandbox.account}:role/bucketpass-{service}",
            "BUCKETPASS_CACHE": "off",
            "BUCKETPASS_OAUTH_ISSUER": self.realm.issuer,
            "BUCKETPASS_OAUTH_CLIENT_ID": service,
            **sandbox.environment(),
            **more,
        }

    def run(self, verb: str, service: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A verb of bucketpass in the service's process."""
        command = [sys.executable, "-m", "bucketpass", verb, *words]
        environment = self.environment(service, **more)
        return subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)

    def with_secret(self, service: str) -> dict[str, str]:
        file = self.folder / f"{service}.secret"
        file.write_text(self.realm.secret(service))
        return {"BUCKETPASS_OAUTH_CLIENT_SECRET_FILE": str(file)}

    def reads(self, service: str, **more: str) -> dict[str, int]:
        """The statuses of GetObject of each object, with credentials that the service got for itself."""
        done = self.run("credential-process", service, **more)
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout)
        client = self.world.s3(Keys(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]))
        return {key: answer(client.get_object, Bucket="datasets", Key=key) for key in OBJECTS}

    def token(self, service: str) -> UnverifiedToken:
        """A token of the service's client, as `bucketpass token` reads it."""
        machine, secret = this_machine({}, str(self.world.sandbox.ca_file)), Secret(self.realm.secret(service))
        found = read_token(ClientCredentialsSource(machine, service, secret, self.realm.issuer).fetch().reveal())
        assert not isinstance(found, TokenFault)
        return found

    def is_admitted(self, service: str, token: UnverifiedToken) -> bool:
        """Whether STS gives a session for the token."""
        role = f"arn:aws:iam::{self.world.account}:role/bucketpass-{service}"
        try:
            self.world.sts().assume_role_with_web_identity(RoleArn=role, RoleSessionName="it", WebIdentityToken=token.text.reveal())
        except ClientError:
            return False
        return True


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Realm]:
    if absent := missing():
        pytest.skip(f"Keycloak needs `{absent}`; `make engines` installs it")
    with keycloak(tmp_path_factory.mktemp("keycloak"), authority) as server:
        yield server.realm("ML-Prod")


@pytest.fixture(scope="module")
def scene(realm: Realm, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    keys = json.dumps({"keys": [KEY.as_dict(private=False)]})
    signed: dict[str, Any] = {"clientAuthenticatorType": "client-jwt", "attributes": {"use.jwks.string": "true", "jwks.string": keys}}
    subjects = {
        "trainer": realm.client("trainer"),
        "signer": realm.client("signer", **signed),
        "broad": realm.client("broad", full_scope=True),
        "gateway": realm.client("gateway"),
    }
    realm.set_tags("gateway", {"tenant": "acme"})
    text = DECLARATION.format(issuer=realm.issuer, **subjects)
    folder = tmp_path_factory.mktemp("service")
    (folder / "access.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        # As a machine has it whose own authority signed Keycloak's certificate.
        patch.setenv("SSL_CERT_FILE", str(authority.bundle))
        with sandbox_world(text, real_issuers=("login",)) as world:
            for key in OBJECTS:
                world.s3().put_object(Bucket="datasets", Key=key, Body=b"body")
            yield Scene(realm, world, text, folder)


def test_the_page_by_the_book_gives_a_token_that_is_admitted(scene: Scene) -> None:
    steps = issuer_text("login", Site(scene.access, scene.world.account, "us-east-1"))
    assert "Full scope allowed: off" in steps
    token = scene.token("trainer")
    assert (token.audience, token.authorized_party) == (("s3-data",), "trainer")
    assert scene.reads("trainer", **scene.with_secret("trainer")) == {"raw/a": 200, **dict.fromkeys(OBJECTS[1:], 403)}


def test_the_default_scope_makes_a_token_that_is_refused_and_every_verb_says_why(scene: Scene) -> None:
    assert set(scene.token("broad").audience) == {"s3-data", "account"}
    secret = scene.with_secret("broad")
    shown = scene.run("token", "broad", **secret)
    assert "a trust policy that pins one refuses it" in shown.stdout
    refused = scene.run("credential-process", "broad", **secret)
    assert refused.returncode == 1
    assert "AccessDenied" in refused.stderr
    checks = {one["check"]: one for one in json.loads(scene.run("doctor", "broad", "--json", **secret).stdout)["checks"]}
    assert checks["trust"]["verdict"] == "bad"
    assert "account" in checks["trust"]["seen"]
    notes = scene.run("check", "broad", "access.yaml").stdout
    assert "Full scope allowed" in notes
    assert "the realm is the boundary" in notes


def test_a_client_with_a_private_key_needs_no_secret(scene: Scene) -> None:
    file = scene.folder / "signer.pem"
    file.write_bytes(KEY.as_pem(private=True))
    key = {"BUCKETPASS_OAUTH_PRIVATE_KEY_FILE": str(file), "BUCKETPASS_OAUTH_KEY_ID": "2026-11"}
    assert scene.reads("signer", **key)["raw/a"] == 200
    file.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    refused = scene.run("token", "signer", **key)
    assert (refused.returncode, "invalid_client" in refused.stderr) == (1, True)


def test_a_tenants_claim_opens_the_tenants_folder_alone(scene: Scene) -> None:
    found = scene.reads("gateway", **scene.with_secret("gateway"))
    assert found == {"tenants/acme/a": 200, "tenants/globex/a": 403, "raw/a": 403, "other/a": 403}


def test_a_person_confirms_once_and_the_refresh_token_does_the_rest(scene: Scene) -> None:
    scene.realm.administer(
        "POST",
        "/clients",
        {
            "clientId": "notebook",
            "publicClient": True,
            "standardFlowEnabled": False,
            "fullScopeAllowed": False,
            "attributes": {"oauth2.device.authorization.grant.enabled": "true"},
        },
    )
    person, prompts = scene.realm.person("ann"), list[DevicePrompt]()

    def show(prompt: DevicePrompt) -> None:
        prompts.append(prompt)
        scene.realm.confirm(prompt.complete or prompt.address, "ann")

    machine = this_machine({}, str(scene.world.sandbox.ca_file))
    login = DeviceLogin(machine, scene.realm.issuer, "notebook", show, scope="openid")
    tokens = [read_token(login.fetch().reveal()) for _ in range(2)]
    for token in tokens:
        assert isinstance(token, UnverifiedToken)
        assert (token.issuer, token.subject, token.audience) == (scene.realm.issuer, person, ("notebook",))
    assert len(prompts) == 1


def test_keys_that_change_while_it_runs_are_found_at_once_and_old_tokens_stay_good(scene: Scene) -> None:
    before = scene.token("trainer")
    assert scene.is_admitted("trainer", before)
    for priority in (200, 300):
        scene.realm.rotate(priority)
        after = scene.token("trainer")
        assert _key(after) != _key(before)
        assert scene.is_admitted("trainer", after)
    assert scene.is_admitted("trainer", before)


def test_a_token_of_another_client_of_the_realm_is_refused(scene: Scene) -> None:
    assert not scene.is_admitted("trainer", scene.token("gateway"))


def test_whoever_edits_a_clients_mappers_is_every_service_of_the_realm(scene: Scene) -> None:
    """Why the page says that the realm is the boundary: a mapper can write any `azp` and any `sub`."""
    identity = scene.access.services["trainer"].identity[0]
    scene.realm.client("intruder")
    for claim, value in (("azp", "trainer"), ("sub", identity.claims["subject"])):
        kind = "oidc-hardcoded-claim-mapper"
        settings = {"claim.name": claim, "claim.value": value, "jsonType.label": "String"}
        _named(scene.realm, "intruder", kind, f"a-{claim}", settings)
    forged = scene.token("intruder")
    assert scene.is_admitted("trainer", forged)


def _named(realm: Realm, client: str, kind: str, name: str, settings: Mapping[str, str]) -> None:
    config = {"access.token.claim": "true", **settings}
    value = {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config}
    realm.administer("POST", f"/clients/{realm.clients[client]}/protocol-mappers/models", value)


def _key(token: UnverifiedToken) -> Any:
    return (decoded(token.text.reveal().partition(".")[0]) or {})["kid"]
