"""A declared service's token, from the issuer of a sandbox that runs in another process."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bucketpass.errors import RequestError, SandboxError
from bucketpass.sandbox.runfile import RUN_FILE, known
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.network import Network
from bucketpass.wire.url import form_encoded

__all__ = ["token_of"]

# How long a sandbox may take to read a declaration that was just changed.
TRIES, WAIT_SECONDS = 30, 0.1


def token_of(service: str, file: Path = RUN_FILE, *, claims: Mapping[str, object] | None = None, issuer: str | None = None) -> Secret:
    """Return a token of `service`, by client credentials as at any issuer; with `claims` in place of its own, as the administrator.

    issuer: the name of the one that gives it; None: the first that the service has.
    Raises SandboxError, RequestError.
    """
    here, client = _client(service, issuer, file)
    if client is None and service in here.get("real_issuers", {}):
        raise RequestError(
            f"the tokens of `{service}` come from its real issuer here, `{here['real_issuers'][service]}`",
            remedy="take one there, or start the sandbox without --real-issuer for it",
        )
    if client is None:
        names = ", ".join(dict.fromkeys(client["client_id"] for client in here["clients"])) or "none"
        raise RequestError(
            f"no service `{service}` is declared in the sandbox that runs here", remedy=f"the declared services are: {names}"
        )
    form = {"grant_type": "client_credentials", "client_id": service, "client_secret": client["client_secret"]}
    if claims:
        administrator = {"client_id": here["access_key_id"], "client_secret": here["secret_access_key"]}
        form |= administrator | {"service": service, "claims": json.dumps(claims)}
    url = f"{here['issuers'][client['issuer']]['url']}/token"
    request = HttpRequest("POST", url, (("Content-Type", "application/x-www-form-urlencoded"),), form_encoded(form))
    try:
        answer = Network().send(request, timeout=10, ca_file=here["ca_bundle"])
        if answer.status != 200:
            raise ConnectionError(f"it answered {answer.status}")
        return Secret(json.loads(answer.body)["access_token"])
    except (OSError, ValueError, KeyError) as problem:
        raise SandboxError(f"the issuer at `{url}` gives no token: {problem}", remedy="did the sandbox end?") from None


def _client(service: str, issuer: str | None, file: Path) -> tuple[dict[str, Any], dict[str, str] | None]:
    """What the sandbox says of itself, and of the service; None where it does not know it."""
    here: dict[str, Any] = {}
    for left in reversed(range(TRIES)):
        here = known(file)
        found = next((client for client in here["clients"] if client["client_id"] == service and issuer in {None, client["issuer"]}), None)
        if found is not None:
            return here, found
        if not left or not _is_read_again(here, file):
            break
        time.sleep(WAIT_SECONDS)
    return here, None


def _is_read_again(here: Mapping[str, Any], file: Path) -> bool:
    """True while the declaration is newer than what the sandbox says of itself."""
    try:
        return Path(here["declaration"]).stat().st_mtime_ns > file.stat().st_mtime_ns
    except (KeyError, OSError):
        return False
