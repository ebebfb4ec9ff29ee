"""Identity providers that we did not write, started for a test: real tokens, no person needed.

    with PROVIDERS["oidc-provider"](folder, authority) as provider:
        token = provider.token()
        provider.rotate(SigningKey("second"))

All speak https (IAM takes no other issuer) and sign with a key that the test gives. They differ in what their tokens look like.
"""

from __future__ import annotations

import base64
import contextlib
import http.cookiejar
import json
import shutil
import sqlite3
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.engines.ceph import free_port
from tests.identity_providers import environments
from tests.identity_providers.keys import SigningKey
from tests.identity_providers.tls import Authority

__all__ = ["AUDIENCE", "PROVIDERS", "SERVICE", "Provider", "missing"]

AUDIENCE = "s3-data"
SERVICE = "trainer"
SECRET = "the-services-own-secret"  # the providers' clients want one; it opens nothing but the test's provider
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider. `token()` asks it for a token of the service; `rotate(key)` makes it sign with `key` from now on."""

    issuer: str
    subject: str
    audience: str
    token: Callable[[], str]
    rotate: Callable[[SigningKey], None]


Start = Callable[[Path, Authority, SigningKey], AbstractContextManager[Provider]]


@dataclass(slots=True)
class _Browser:
    """An http client that trusts the test's authority and keeps cookies."""

    authority: Authority
    opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=str(self.authority.bundle))
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            _NoRedirect(),
        )

    def send(self, method: str, url: str, *, form: Mapping[str, str] | None = None, value: object = None, basic: str = "") -> Any:
        """The answer's JSON, or its Location where it is a redirect."""
        headers, body = {}, None
        if form is not None:
            body, headers["Content-Type"] = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif value is not None:
            body, headers["Content-Type"] = json.dumps(value).encode(), "application/json"
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        with self.opener.open(request, timeout=10) as answer:
            text = answer.read()
            return answer.headers["Location"] or (json.loads(text) if text else None)


class _NoRedirect(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response if response.status < 400 else super().http_response(request, response)

    https_response = http_response


@contextlib.contextmanager
def _program(command: list[str], settings: Mapping[str, object], output: Path) -> Iterator[Callable[[SigningKey], None]]:
    """A program of `programs/` that is ready; yields what gives it a new key. It ends when its stdin does."""
    with (
        output.open("wb") as sink,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def say(value: object, expected: str) -> None:
            stdin.write(json.dumps(value) + "\n")
            stdin.flush()
            for line in stdout:
                if line.strip() == expected:
                    return
            raise RuntimeError(f"`{command[0]}` ended: {output.read_text()[-2000:]}")

        try:
            say(settings, "ready")
            yield lambda key: say(key.private, "rotated")
        finally:
            process.terminate()


@contextlib.contextmanager
def oidc_provider(folder: Path, authority: Authority, key: SigningKey) -> Iterator[Provider]:
    """npm's oidc-provider: an access token for a resource, `typ: at+jwt`, below a path of its host."""
    port, browser = free_port(), _Browser(authority)
    issuer = f"https://localhost:{port}/oidc"
    settings = {
        "port": port,
        "issuer": issuer,
        "certificate": str(authority.server_pem(folder / "oidc-provider.pem")),
        "key": key.private,
        "clients": {SERVICE: SECRET},
    }
    audience = "https://data.example.com"

    def token() -> str:
        form = {"grant_type": "client_credentials", "resource": audience}
        return str(browser.send("POST", f"{issuer}/token", form=form, basic=f"{SERVICE}:{SECRET}")["access_token"])

    command = ["node", str(environments.node_modules() / "provider.mjs")]
    with _program(command, settings, folder / "oidc-provider.log") as rotate:
        yield Provider(issuer, SERVICE, audience, token, rotate)


@contextlib.contextmanager
def canaille(folder: Path, authority: Authority, key: SigningKey) -> Iterator[Provider]:
    """PyPI's Canaille, through pytest-iam: a token whose `aud` is a list."""
    port, browser = free_port(), _Browser(authority)
    issuer = f"https://localhost:{port}"
    settings = {
        "port": port,
        "issuer": issuer,
        "certificate": str(authority.server_pem(folder / "canaille.pem")),
        "key": key.private,
        "audience": AUDIENCE,
        "clients": {SERVICE: SECRET},
        "client_secret": SECRET,
    }

    def token() -> str:
        form = {"grant_type": "password", "username": SERVICE, "password": SECRET, "scope": "openid"}
        return str(browser.send("POST", f"{issuer}/oauth/token", form=form, basic=f"workloads:{SECRET}")["access_token"])

    command = [str(environments.python()), str(environments.PROGRAMS / "canaille_provider.py")]
    with _program(command, settings, folder / "canaille.log") as rotate:
        yield Provider(issuer, SERVICE, AUDIENCE, token, rotate)


@contextlib.contextmanager
def mock(folder: Path, authority: Authority, key: SigningKey) -> Iterator[Provider]:
    """PyPI's oidc-provider-mock: an ID token of the code flow, without `kid`."""
    port, browser = free_port(), _Browser(authority)
    issuer = f"https://localhost:{port}"
    settings = {"port": port, "certificate": str(authority.server_pem(folder / "mock.pem")), "key": key.private}
    callback = "https://localhost/callback"

    def token() -> str:
        asked = urllib.parse.urlencode({"client_id": AUDIENCE, "redirect_uri": callback, "response_type": "code", "scope": "openid"})
        location = browser.send("POST", f"{issuer}/oauth2/authorize?{asked}", form={"sub": SERVICE})
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
        return str(browser.send("POST", f"{issuer}/oauth2/token", form=form, basic=f"{AUDIENCE}:{SECRET}")["id_token"])

    command = [str(environments.python()), str(environments.PROGRAMS / "mock_provider.py")]
    with _program(command, settings, folder / "mock.log") as rotate:
        yield Provider(issuer, SERVICE, AUDIENCE, token, rotate)


GLEWLWYD_SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
GLEWLWYD_SETTINGS = """\
port = {port}
external_url = "https://localhost:{port}"
api_prefix = "api"
log_mode = "file"
log_level = "WARNING"
log_file = "{folder}/glewlwyd.log"
cookie_secure = 1
session_key = "GLEWLWYD_SESSION"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = true
secure_connection_key_file = "{certificate}"
secure_connection_pem_file = "{certificate}"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3"; path = "{folder}/glewlwyd.db" }};
"""


@contextlib.contextmanager
def glewlwyd(folder: Path, authority: Authority, key: SigningKey) -> Iterator[Provider]:
    """Debian's glewlwyd: an access token of a client, below a path of its host."""
    port, browser = free_port(), _Browser(authority)
    base = f"https://localhost:{port}/api"
    issuer = f"{base}/oidc"
    settings = folder / "glewlwyd.conf"
    settings.write_text(GLEWLWYD_SETTINGS.format(port=port, folder=folder, certificate=authority.server_pem(folder / "glewlwyd.pem")))
    with contextlib.closing(sqlite3.connect(folder / "glewlwyd.db")) as database:
        database.executescript(GLEWLWYD_SCHEMA.read_text())
    keys = [key]

    def plugin() -> dict[str, object]:
        parameters = {
            "iss": issuer,
            "jwks-show": True,
            "jwks-private": json.dumps({"keys": [each.private for each in keys]}),
            "jwks-public": json.dumps({"keys": [each.entry for each in keys]}),
            "subject-type": "public",
            "allow-non-oidc": True,
            "auth-type-client-enabled": True,
            "access-token-duration": 3600,
        }
        return {"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": parameters}

    def rotate(new: SigningKey) -> None:
        keys.insert(0, new)
        browser.send("PUT", f"{base}/mod/plugin/oidc", value=plugin())
        browser.send("PUT", f"{base}/mod/plugin/oidc/reset")

    def token() -> str:
        form = {"grant_type": "client_credentials", "scope": AUDIENCE}
        return str(browser.send("POST", f"{issuer}/token", form=form, basic=f"{SERVICE}:{SECRET}")["access_token"])

    with _started(["glewlwyd", "--config-file", str(settings)], f"{base}/../config", authority, folder / "glewlwyd.out"):
        browser.send("POST", f"{base}/auth/", value={"username": "admin", "password": "password"})
        browser.send("POST", f"{base}/mod/plugin/", value=plugin())
        browser.send("POST", f"{base}/scope/", value={"name": AUDIENCE, "display_name": AUDIENCE, "password_required": False})
        browser.send(
            "POST",
            f"{base}/client/",
            value={
                "client_id": SERVICE,
                "name": SERVICE,
                "enabled": True,
                "confidential": True,
                "client_secret": SECRET,
                "authorization_type": ["client_credentials"],
                "token_endpoint_auth_method": ["client_secret_basic"],
                "scope": [AUDIENCE],
            },
        )
        yield Provider(issuer, SERVICE, AUDIENCE, token, rotate)


@contextlib.contextmanager
def _started(command: list[str], url: str, authority: Authority, output: Path) -> Iterator[None]:
    """A program that answers at `url`; it has ended after the block."""
    context = ssl.create_default_context(cafile=str(authority.bundle))
    # A run that is killed takes the program with it: the kernel ends it with its parent.
    with output.open("wb") as sink, subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=sink, stderr=sink) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(url, context):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"`{command[0]}` did not start: {output.read_text()[-2000:]}")
                time.sleep(0.02)
            yield
        finally:
            process.terminate()


def _answers(url: str, context: ssl.SSLContext) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5, context=context):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


PROVIDERS: Mapping[str, Start] = {
    "oidc-provider": oidc_provider,
    "canaille": canaille,
    "glewlwyd": glewlwyd,
    "oidc-provider-mock": mock,
}

NEEDS: Mapping[str, str] = {"oidc-provider": "npm", "glewlwyd": "glewlwyd"}


def missing(name: str) -> str | None:
    """The program that this machine lacks for the provider, or None."""
    program = NEEDS.get(name)
    return program if program is not None and shutil.which(program) is None else None
