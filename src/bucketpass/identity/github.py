"""GitHub Actions: the token that the job's own token service gives, for the audience that is asked.

It lives about five minutes, so it is asked anew for each exchange.

See: GitHub, "OpenID Connect reference".
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ask_json, token_field
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["GitHubSource", "detect"]

SERVER = "GitHub's token service"
DEFAULT_AUDIENCE = "sts.amazonaws.com"  # without one GitHub sends the owner's URL, which no trust policy names
REMEDY = "give the job `permissions: {id-token: write}`; pull requests from forks cannot have it"


class GitHubSource(NamedTuple):
    """A token of this job."""

    machine: Machine
    url: str
    bearer: Secret
    audience: str = DEFAULT_AUDIENCE
    name: str = "github"

    def describe(self) -> str:
        """The job's token service and the audience."""
        return f"GitHub Actions, audience {self.audience}"

    def fetch(self) -> Secret:
        """A new token for the audience."""
        url = f"{self.url}{'&' if '?' in self.url else '?'}audience={quote(self.audience, safe='')}"
        request = HttpRequest("GET", url, (("Authorization", f"Bearer {self.bearer.reveal()}"), ("Accept", "application/json")))
        return token_field(ask_json(self.machine.send, request, SERVER, remedy=REMEDY), "value", SERVER)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The job's source. Raises IdentityError in a job that may not have tokens."""
    url, bearer = machine.value("ACTIONS_ID_TOKEN_REQUEST_URL"), machine.value("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if url and bearer:
        return GitHubSource(machine, url, Secret(bearer), audience or DEFAULT_AUDIENCE)
    if machine.value("GITHUB_ACTIONS"):
        raise IdentityError("this GitHub Actions job may not ask for tokens", remedy=REMEDY)
    return NotHere("`GITHUB_ACTIONS` is not set")
