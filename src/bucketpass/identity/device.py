"""A person's token, for notebooks and laptops: the person confirms a code in a browser, once for as long as the refresh token lives.

See: RFC 8628 (device authorization grant).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ASK_SECONDS, ask_json, form, json_object, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.identity.oauth import FORM, discover
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["DeviceLogin", "DevicePrompt", "detect"]

SERVER = "the issuer"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_INTERVAL_SECONDS = 5.0
SLOW_DOWN_SECONDS = 5.0  # RFC 8628 section 3.5
USED_UP = "invalid_grant"  # RFC 6749 section 5.2: the only error that says so of the refresh token
NOT_WELL = frozenset({408, 429, 500, 502, 503, 504})


class DevicePrompt(NamedTuple):
    """What the person is to be shown: open `address` (or `complete`, which holds the code) and enter `code`."""

    address: str
    code: str
    complete: str | None
    seconds: float


class DeviceLogin:
    """A source whose first token is confirmed by a person; later ones come by the refresh token, which stays in memory."""

    name = "device"

    def __init__(
        self,
        machine: Machine,
        issuer: str,
        client_id: str,
        show: Callable[[DevicePrompt], None],
        *,
        scope: str = "openid offline_access",
        audience: str | None = None,
        token: str = "id_token",  # noqa: S107 - the name of a field
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._machine = machine
        self._issuer = issuer
        self._client_id = client_id
        self._show = show
        self._scope = scope
        self._audience = audience
        self._token = token
        self._sleep = sleep
        self._refresh_token: Secret | None = None

    def describe(self) -> str:
        """The issuer and client."""
        return f"device login of {self._client_id} at {self._issuer}"

    def fetch(self) -> Secret:
        """A new token; asks the person where there is no refresh token, or it is used up."""
        token_url = discover(self._machine, self._issuer, "token_endpoint")
        answer = self._refreshed(token_url) or self._confirmed(token_url)
        refresh = answer.get("refresh_token")
        if isinstance(refresh, str):
            self._refresh_token = Secret(refresh)
        return token_field(answer, self._token, SERVER)

    def _refreshed(self, token_url: str) -> dict[str, object] | None:
        if self._refresh_token is None:
            return None
        fields = {"grant_type": "refresh_token", "refresh_token": self._refresh_token.reveal(), "client_id": self._client_id}
        request = HttpRequest("POST", token_url, (FORM,), form(fields))
        try:
            response = self._machine.send(request, timeout=ASK_SECONDS)
        except OSError as error:
            raise unavailable(f"cannot be reached: {error.strerror or error}") from None
        if response.status == 200:
            return json_object(response.body)
        refusal = (json_object(response.body) or {}).get("error")
        if refusal != USED_UP:
            # The refresh token may be good: asking the person again would not help, and lose it.
            raise unavailable(f"refused to refresh the token: {refusal or response.status}")
        self._refresh_token = None
        return None

    def _confirmed(self, token_url: str) -> dict[str, object]:
        url = discover(self._machine, self._issuer, "device_authorization_endpoint")
        fields = {"client_id": self._client_id, "scope": self._scope} | ({"audience": self._audience} if self._audience else {})
        remedy = "turn the device grant on for this client at the issuer"
        started = ask_json(self._machine.send, HttpRequest("POST", url, (FORM,), form(fields)), SERVER, remedy=remedy)
        device_code = token_field(started, "device_code", SERVER)
        lives = number(started.get("expires_in"), 600.0)
        complete = started.get("verification_uri_complete")
        self._show(
            DevicePrompt(str(started.get("verification_uri")), str(started.get("user_code")), str(complete) if complete else None, lives)
        )
        interval = number(started.get("interval"), DEFAULT_INTERVAL_SECONDS)
        deadline = self._machine.clock.monotonic() + lives
        poll = form({"grant_type": GRANT, "device_code": device_code.reveal(), "client_id": self._client_id})
        while self._machine.clock.monotonic() < deadline:
            self._sleep(interval)
            try:
                response = self._machine.send(HttpRequest("POST", token_url, (FORM,), poll), timeout=ASK_SECONDS)
            except OSError:
                interval *= 2  # RFC 8628 section 3.5: exponential backoff on a connection timeout
                continue
            answer = json_object(response.body) or {}
            if response.status == 200:
                return answer
            error = answer.get("error")
            if error == "slow_down" or (error is None and response.status in NOT_WELL):
                interval += SLOW_DOWN_SECONDS
            elif error != "authorization_pending":
                raise IdentityError(f"the login ended with `{error or response.status}`", remedy="start it again, and confirm it in time")
        raise IdentityError(f"nobody confirmed the code within {lives:,.0f} s", remedy="start it again, and confirm it in time")


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """A login at the issuer in `argument` or the variable, shown on standard error. It must be the process that stays: `exec`, `serve`."""
    issuer, client = argument or machine.value("BUCKETPASS_DEVICE_ISSUER"), machine.value("BUCKETPASS_DEVICE_CLIENT_ID")
    if not (issuer and client):
        return NotHere("`BUCKETPASS_DEVICE_CLIENT_ID` and the issuer are not set")
    return DeviceLogin(machine, issuer, client, show_on_terminal, audience=audience)


def show_on_terminal(prompt: DevicePrompt) -> None:
    """The person sees where to go, and which code to compare or to enter."""
    print(f"open {prompt.complete or prompt.address} and confirm the code {prompt.code}", file=sys.stderr)


def unavailable(message: str) -> IdentityError:
    """The error for an issuer that may answer later."""
    return IdentityError(
        f"{SERVER} {message}", remedy="nothing to change here if the issuer is down: it is asked again at the next renewal"
    )


def number(value: object, otherwise: float) -> float:
    """A positive number of an answer, or `otherwise`."""
    return float(value) if isinstance(value, int | float) and value > 0 else otherwise
