"""Google Cloud: the metadata server gives an identity token of the machine's service account.

See: Google Cloud, "Get an ID token from the metadata server".
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from bucketpass.identity.ask import ask
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["GoogleSource", "detect"]

DEFAULT_AUDIENCE = "sts.amazonaws.com"
DEFAULT_HOST = "metadata.google.internal"
PRODUCT_FILE = "/sys/class/dmi/id/product_name"
METADATA_SECONDS = 3.0


class GoogleSource(NamedTuple):
    """A token of the service account `account`."""

    machine: Machine
    audience: str = DEFAULT_AUDIENCE
    host: str = DEFAULT_HOST
    account: str = "default"
    name: str = "gcp"

    def describe(self) -> str:
        """The metadata server, account and audience."""
        return f"Google metadata server, account {self.account}, audience {self.audience}"

    def fetch(self) -> Secret:
        """A new token for the audience."""
        identity = f"{self.host}/computeMetadata/v1/instance/service-accounts/{quote(self.account)}/identity"
        url = f"http://{identity}?audience={quote(self.audience, safe='')}&format=full"
        request = HttpRequest("GET", url, (("Metadata-Flavor", "Google"),))
        remedy = "give the machine a service account"
        body = ask(self.machine.send, request, "Google's metadata server", remedy=remedy, timeout=METADATA_SECONDS)
        return Secret(body.decode("ascii", "replace").strip())


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The metadata server, where this machine is Google's by its firmware, or by Cloud Run's variables; `argument` is the account."""
    host = machine.value("GCE_METADATA_HOST", "GCE_METADATA_IP")
    if host is None and not machine.value("K_SERVICE", "CLOUD_RUN_JOB") and not is_google(machine):
        return NotHere("neither `GCE_METADATA_HOST` nor `K_SERVICE` is set, and the firmware is not Google's")
    return GoogleSource(machine, audience or DEFAULT_AUDIENCE, host or DEFAULT_HOST, argument or "default")


def is_google(machine: Machine) -> bool:
    """Whether the firmware says so. No probe over the network: on other clouds it would wait, or ask a stranger."""
    try:
        return machine.read(PRODUCT_FILE).startswith("Google")
    except OSError:
        return False
