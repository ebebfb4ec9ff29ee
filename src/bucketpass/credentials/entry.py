"""How credentials stand in a cache file.

::

    <the head: see `cache.py`>
    {"Version": 1, "AccessKeyId": …}        what a credential process prints
    {"issued": …, "role": …, …}             what else a process needs to go on with them
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from bucketpass.credentials.cache import sealed
from bucketpass.credentials.warm import head_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bucketpass.credentials.values import Credentials, Refusal

__all__ = ["decode_entry", "decode_outage", "decode_refusal", "encode_entry", "encode_refusal", "process_output"]


def process_output(credentials: Credentials) -> bytes:
    """The line that a credential process prints.

    See: AWS SDKs and Tools Reference, "Process credential provider".
    """
    return as_json(
        {
            "Version": 1,
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key.reveal(),
            "SessionToken": credentials.session_token.reveal(),
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(credentials.expires)),
        }
    )


def as_json(members: Mapping[str, str | float]) -> bytes:
    """A JSON object on one line."""
    return json.dumps(members).encode()


def encode_entry(credentials: Credentials, renew: float) -> bytes:
    """The entry of these credentials."""
    more: dict[str, str | float] = {
        "expires": credentials.expires,
        "issued": credentials.issued,
        "role": credentials.role_arn,
        "issuer": credentials.identity.issuer,
        "subject": credentials.identity.subject,
        "claims": credentials.identity.claims,
        "skew": credentials.skew,
        "instance": credentials.instance,
    }
    # A sandbox's entry is good only while that sandbox runs: whoever reads no more than the head must not take it.
    until = 0.0 if credentials.instance else credentials.good_until
    return sealed(renew, until, 0, process_output(credentials) + b"\n" + as_json(more), credentials.issued)


def decode_entry(data: bytes | None) -> tuple[Credentials, float, int] | None:
    """(credentials, renew, failures) of an entry that is whole, else None."""
    head = head_of(data)
    if head is None or data is None:
        return None
    from bucketpass.credentials.claims import TokenIdentity
    from bucketpass.credentials.values import Credentials
    from bucketpass.secret import Secret

    renew, _, failures, output, _ = head
    keys: Any = json.loads(output)
    more: Any = json.loads(data.split(b"\n", 2)[2])
    identity = TokenIdentity(more["issuer"], more["subject"], more["claims"])
    secret, session = Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
    times = (more["issued"], more["expires"])
    credentials = Credentials(keys["AccessKeyId"], secret, session, *times, more["role"], identity, more["skew"], more["instance"])
    return credentials, renew, failures


def encode_refusal(refusal: Refusal, at: float, failures: int = 1, until: float = 0.0) -> bytes:
    """A refusal, for those who wait for the same answer. `at` is the host's monotonic clock, as is `until`, when STS is asked again."""
    content = [refusal.code, refusal.message, refusal.rule, refusal.status, failures, until]
    return b"%.6f\n%b" % (at, json.dumps(content).encode())


def decode_refusal(data: bytes | None, since: float, until: float = float("inf")) -> Refusal | None:
    """The refusal, where it was given from `since` to `until` on the host's monotonic clock, which begins anew when the host starts."""
    outage = decode_outage(data)
    return outage[0] if outage is not None and since <= float((data or b"").partition(b"\n")[0]) <= until else None


def decode_outage(data: bytes | None) -> tuple[Refusal, int, float] | None:
    """(the last refusal, how many there were in a row, until when the host does not ask STS); None where it cannot be read."""
    at, _, rest = (data or b"").partition(b"\n")
    if not at:
        return None
    from bucketpass.credentials.rules import Rule
    from bucketpass.credentials.values import Refusal

    try:
        float(at)
        code, message, rule, status, failures, until = json.loads(rest)
        return Refusal(code, message, Rule(*rule), status), int(failures), float(until)
    except (ValueError, TypeError):
        return None
