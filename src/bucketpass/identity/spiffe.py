"""SPIFFE: a JWT-SVID from the Workload API, through the `spiffe` library where it is installed.

Without the library, let spiffe-helper write the token to a file, and use that.

See: SPIFFE, "JWT-SVID", "Workload API".
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret

__all__ = ["SpiffeSource", "detect", "workload_api"]

DEFAULT_AUDIENCE = "sts.amazonaws.com"


class SpiffeSource(NamedTuple):
    """A JWT-SVID of this workload. `fetch_svid` asks the Workload API at a socket for an audience, and one of its SPIFFE IDs or any."""

    fetch_svid: Callable[[str, str, str | None], str]
    socket: str
    audience: str = DEFAULT_AUDIENCE
    name: str = "spiffe"
    spiffe_id: str | None = None

    def describe(self) -> str:
        """The agent's socket and the audience."""
        return f"SPIFFE Workload API at {self.socket}, audience {self.audience}"

    def fetch(self) -> Secret:
        """A JWT-SVID for the audience."""
        try:
            return Secret(self.fetch_svid(self.socket, self.audience, self.spiffe_id))
        except ImportError:
            remedy = "pip install spiffe, or let spiffe-helper write the token to a file and name it with --source file:PATH"
            raise IdentityError("the Workload API needs the library `spiffe`, which is not installed", remedy=remedy) from None
        except IdentityError:
            raise
        except Exception as error:  # the library's own tree, and gRPC's
            kind = type(error).__name__
            raise IdentityError(
                f"the SPIFFE agent at `{self.socket}` gave no token ({kind})", remedy="see that this workload is registered"
            ) from None


def workload_api(socket: str, audience: str, spiffe_id: str | None) -> str:
    """A JWT-SVID's text, from the `spiffe` library."""
    spiffe = import_module("spiffe")
    wanted = {} if spiffe_id is None else {"subject": spiffe.SpiffeId(spiffe_id)}
    with spiffe.WorkloadApiClient(socket) as client:
        return str(client.fetch_jwt_svid(audience={audience}, **wanted).token)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The agent at SPIFFE_ENDPOINT_SOCKET, or at the address in `argument`."""
    socket = argument or machine.value("SPIFFE_ENDPOINT_SOCKET")
    if not socket:
        return NotHere("`SPIFFE_ENDPOINT_SOCKET` is not set")
    return SpiffeSource(workload_api, socket, audience or DEFAULT_AUDIENCE, spiffe_id=machine.value("BUCKETPASS_SPIFFE_ID"))
