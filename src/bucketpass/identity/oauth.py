"""A token for a service that has a client ID and secret at an OAuth server: Okta, Auth0, Keycloak, Entra ID …

The token endpoint is read from the issuer's discovery document, so that one source serves all of them. What differs is the
field that names the token's audience: see the how-to of each provider.

See: RFC 6749 section 4.4 (client credentials), RFC 8414 (discovery).
"""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import quote

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ACCEPT, ask_json, discovery_url, form, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.url import parse_url

__all__ = ["ClientCredentialsSource", "detect", "discover"]

SERVER = "the OAuth server"
PREFIX = "BUCKETPASS_OAUTH_"
ALLOW_HTTP = "BUCKETPASS_ALLOW_HTTP"
TRUE = frozenset({"true", "1", "yes"})
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class ClientCredentialsSource(NamedTuple):
    """A token by the client credentials grant. Exactly one of `issuer` (then discovered) and `token_url` is needed.

    client_secret: None where it is in `secret_file`, which is read at each fetch: secrets are rotated while a process runs.
    """

    machine: Machine
    client_id: str
    client_secret: Secret | None
    issuer: str | None = None
    token_url: str | None = None
    scope: str | None = None
    audience: str | None = None
    in_body: bool = False
    secret_file: str | None = None
    name: str = "oauth"

    def describe(self) -> str:
        """The client and its server."""
        return f"client credentials of {self.client_id} at {self.token_url or self.issuer}"

    def fetch(self) -> Secret:
        """A new access token."""
        url = self.token_url or discover(self.machine, self.issuer or "", "token_endpoint")
        refuse_clear_text(self.machine, url)
        asked = {"grant_type": "client_credentials", "scope": self.scope, "audience": self.audience}
        fields = {name: value for name, value in asked.items() if value}
        headers: tuple[tuple[str, str], ...] = (FORM, ("Accept", "application/json"))
        secret = self.client_secret or Secret(secret_from_file(self.machine, self.secret_file) or "")
        if self.in_body:
            fields |= {"client_id": self.client_id, "client_secret": secret.reveal()}
        else:
            # RFC 6749 section 2.3.1: each half is form-encoded before base64.
            pair = f"{quote(self.client_id, safe='')}:{quote(secret.reveal(), safe='')}"
            headers = (*headers, ("Authorization", f"Basic {b64encode(pair.encode()).decode()}"))
        request = HttpRequest("POST", url, headers, form(fields))
        answer = ask_json(self.machine.send, request, SERVER, remedy="check the client ID and secret, the scope and the audience")
        return token_field(answer, "access_token", SERVER)


def refuse_clear_text(machine: Machine, url: str) -> None:
    """Raise IdentityError where a secret would go to another machine without TLS, unless BUCKETPASS_ALLOW_HTTP allows it."""
    try:
        in_clear = parse_url(url).is_in_clear
    except ConnectionError as error:
        raise IdentityError(f"`{url}` cannot be asked: {error}", remedy="check the issuer's URL") from None
    if in_clear and (machine.value(ALLOW_HTTP) or "").lower() not in TRUE:
        raise IdentityError(f"a secret would go to `{url}` in clear text", remedy=f"use https, or set {ALLOW_HTTP}=true if the way is safe")


def discover(machine: Machine, issuer: str, endpoint: str) -> str:
    """An endpoint's address from the issuer's discovery document. Raises IdentityError."""
    url = discovery_url(issuer)
    refuse_clear_text(machine, url)
    document = ask_json(machine.send, HttpRequest("GET", url, (ACCEPT,)), "the issuer", remedy="check the issuer's URL")
    if document.get("issuer") != issuer:
        # SECURITY: a document of another issuer would send the client's secret to that issuer's endpoint (mix-up).
        raise IdentityError(
            f"the discovery document is of `{document.get('issuer')}`, expected `{issuer}`",
            remedy="write the issuer exactly, with or without its slash",
        )
    address = document.get(endpoint)
    if not isinstance(address, str):
        raise IdentityError(
            f"the issuer `{issuer}` has no `{endpoint}`", remedy="turn that grant on at the issuer, or choose another source"
        )
    return address


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The client of the BUCKETPASS_OAUTH_* variables; `argument` is the issuer."""

    def value(name: str) -> str | None:
        return machine.value(PREFIX + name)

    client_id, issuer, token_url = value("CLIENT_ID"), argument or value("ISSUER"), value("TOKEN_URL")
    if client_id is None:
        return NotHere(f"`{PREFIX}CLIENT_ID` is not set")
    if not (issuer or token_url):
        raise IdentityError(f"`{PREFIX}CLIENT_ID` is set, but no server", remedy=f"set {PREFIX}ISSUER to the issuer's URL")
    secret, file = value("CLIENT_SECRET"), value("CLIENT_SECRET_FILE")
    if not (secret or secret_from_file(machine, file)):
        raise IdentityError(
            f"`{PREFIX}CLIENT_ID` is set, but no secret", remedy=f"set {PREFIX}CLIENT_SECRET_FILE to the file that holds it"
        )
    return ClientCredentialsSource(
        machine,
        client_id,
        Secret(secret) if secret else None,
        issuer,
        token_url,
        value("SCOPE"),
        value("AUDIENCE"),
        value("AUTHENTICATION") == "body",
        file,
    )


def secret_from_file(machine: Machine, path: str | None) -> str | None:
    """The text of the secret's file, or None where no path was given."""
    if path is None:
        return None
    try:
        return machine.read(path).strip()
    except OSError as error:
        raise IdentityError(
            f"cannot read the secret's file `{path}`: {error.strerror or error}", remedy="correct the path or its mode"
        ) from None
