"""Keycloak, started for a test run, and its Admin REST API as far as the pages of ours tell people to use the console."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.engines.ceph import free_port
from tests.identity_providers import environments
from tests.identity_providers.tls import Authority

__all__ = ["Keycloak", "Realm", "keycloak", "missing"]

ADMINISTRATOR, PASSWORD = "admin", "opens-nothing-but-the-tests-keycloak"
START_SECONDS = 240.0
ACCEPTED = "https://aws\\.amazon\\.com/tags"


def missing() -> str:
    """What this machine lacks for Keycloak, or nothing."""
    return next((program for program in ("java", "mvn") if shutil.which(program) is None), "")


@dataclass(slots=True)
class Keycloak:
    """A server that runs, and its administrator."""

    url: str
    authority: Authority
    _token: tuple[str, float] = ("", 0.0)

    def open(self, request: urllib.request.Request, *handlers: urllib.request.BaseHandler) -> Any:
        """The answer to the request, over TLS that the test's authority proves."""
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.authority.bundle)))
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), https, *handlers).open(request, timeout=60)

    def administer(self, method: str, path: str, value: object = None) -> Any:
        """What the Admin API answers; the ID of what was made, where it says only that."""
        headers = {"Authorization": f"Bearer {self._administrators_token()}", "Content-Type": "application/json"}
        body = None if value is None else json.dumps(value).encode()
        with self.open(urllib.request.Request(f"{self.url}/admin/realms{path}", body, headers, method=method)) as answer:
            text = answer.read()
            return json.loads(text) if text else (answer.headers["Location"] or "").rpartition("/")[2]

    def realm(self, name: str) -> Realm:
        """A new realm."""
        self.administer("POST", "", {"realm": name, "enabled": True})
        return Realm(self, name)

    def _administrators_token(self) -> str:
        if time.monotonic() > self._token[1]:
            form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMINISTRATOR, "password": PASSWORD}
            request = urllib.request.Request(
                f"{self.url}/realms/master/protocol/openid-connect/token", urllib.parse.urlencode(form).encode(), method="POST"
            )
            with self.open(request) as answer:
                self._token = (json.load(answer)["access_token"], time.monotonic() + 30)
        return self._token[0]


@dataclass(slots=True)
class Realm:
    """A realm: `issuer` is what its tokens have in `iss`."""

    server: Keycloak
    name: str
    clients: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"{self.server.url}/realms/{self.name}"

    def administer(self, method: str, path: str, value: object = None) -> Any:
        """What the Admin API answers below the realm."""
        return self.server.administer(method, f"/{self.name}{path}", value)

    def client(self, client_id: str, *, full_scope: bool = False, audience: str = "s3-data", **settings: Any) -> str:
        """A client with a service account, as directory.md says; the subject of its tokens."""
        made = {
            "clientId": client_id,
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
            "directAccessGrantsEnabled": False,
            "fullScopeAllowed": full_scope,
            **settings,
        }
        identifier = self.clients[client_id] = self.administer("POST", "/clients", made)
        self.map(client_id, "oidc-audience-mapper", {"included.custom.audience": audience})
        return str(self.administer("GET", f"/clients/{identifier}/service-account-user")["id"])

    def map(self, client_id: str, kind: str, settings: Mapping[str, str]) -> None:
        """A mapper of the client's own, for its access tokens."""
        config = {"access.token.claim": "true", "id.token.claim": "false", **settings}
        value = {"name": kind, "protocol": "openid-connect", "protocolMapper": kind, "config": config}
        self.administer("POST", f"/clients/{self.clients[client_id]}/protocol-mappers/models", value)

    def set_tags(self, client_id: str, tags: Mapping[str, str]) -> None:
        """The client's tokens set these session tags."""
        value = json.dumps({"principal_tags": {name: [value] for name, value in tags.items()}})
        self.map(client_id, "oidc-hardcoded-claim-mapper", {"claim.name": ACCEPTED, "claim.value": value, "jsonType.label": "JSON"})

    def secret(self, client_id: str) -> str:
        """The client's secret."""
        return str(self.administer("GET", f"/clients/{self.clients[client_id]}/client-secret")["value"])

    def rotate(self, priority: int) -> None:
        """Tokens are signed with a new key from now on; the old ones stay in the key set."""
        realm = self.administer("GET", "")["id"]
        config = {"priority": [str(priority)], "keySize": ["2048"], "algorithm": ["RS256"]}
        kind = "org.keycloak.keys.KeyProvider"
        value = {"name": f"key-{priority}", "providerId": "rsa-generated", "providerType": kind, "parentId": realm, "config": config}
        self.administer("POST", "/components", value)

    def person(self, name: str) -> str:
        """A person who can log in with the password of the tests; the subject of their tokens."""
        credentials = [{"type": "password", "value": PASSWORD, "temporary": False}]
        facts = {"email": f"{name}@example.com", "emailVerified": True, "firstName": name, "lastName": name}
        return str(self.administer("POST", "/users", {"username": name, "enabled": True, "credentials": credentials, **facts}))

    def confirm(self, address: str, name: str) -> None:
        """The person opens the address in a browser, logs in and agrees."""
        browser = urllib.request.HTTPCookieProcessor(CookieJar())
        with self.server.open(urllib.request.Request(address), browser) as page:
            login = page.read().decode()
        form = urllib.parse.urlencode({"username": name, "password": PASSWORD}).encode()
        with self.server.open(urllib.request.Request(_form(login), form), browser) as page:
            consent, at = page.read().decode(), page.geturl()
        accept = urllib.parse.urlencode({"code": _hidden(consent, "code"), "accept": "Yes"}).encode()
        self.server.open(urllib.request.Request(urllib.parse.urljoin(at, _form(consent)), accept), browser).close()


def _form(page: str) -> str:
    found = re.search(r'<form[^>]*\saction="([^"]+)"', page)
    assert found is not None, page
    return unescape(found[1])


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*\sname="{name}"[^>]*\svalue="([^"]*)"', page)
    return unescape(found[1]) if found else ""


@contextlib.contextmanager
def keycloak(folder: Path, authority: Authority) -> Iterator[Keycloak]:
    """Keycloak over https on a free port, with its data in memory."""
    port = free_port()
    certificate = authority.server_pem(folder / "keycloak.pem")
    url = f"https://localhost:{port}"
    command = [
        str(environments.keycloak() / "bin" / "kc.sh"),
        "start",
        "--optimized",
        "--cache=local",
        f"--hostname={url}",
        "--http-host=127.0.0.1",
        f"--https-port={port}",
        f"--https-certificate-file={certificate}",
        f"--https-certificate-key-file={certificate}",
    ]
    variables = {
        **os.environ,
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m",
    }
    log = folder / "keycloak.log"
    with log.open("wb") as sink, subprocess.Popen(["sh", *command], env=variables, stdout=sink, stderr=sink) as process:
        server = Keycloak(url, authority)
        try:
            _wait(server, process, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(server: Keycloak, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            server.open(urllib.request.Request(f"{server.url}/realms/master/.well-known/openid-configuration")).close()
            return
        time.sleep(0.5)
    raise RuntimeError(f"Keycloak did not start: {log.read_text()[-2000:]}")
