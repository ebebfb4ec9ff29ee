"""How credentials stand in a cache file.

::

    bucketpass 1 <SHA-256 of what follows> <renew> <until> <failures>
    {"Version": 1, "AccessKeyId": …}        what a credential process prints
    {"issued": …, "role": …, …}             what else a process needs to go on with them

`renew` is when somebody shall ask STS again: first by age, after `failures` in a row by backoff. `until` is
the last moment at which they are given out. The head and the first line are read without `json`.
"""

from __future__ import annotations

import time

from bucketpass.credentials.cache import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bucketpass.credentials.values import Credentials, Refusal

__all__ = ["decode_entry", "decode_refusal", "encode_entry", "encode_refusal", "head_of", "postponed", "process_output"]

MAGIC = b"bucketpass 1"


def head_of(data: bytes | None) -> tuple[float, float, int, bytes] | None:
    """(renew, until, failures, the process's output) of an entry that is whole, else None."""
    words = (data or b"").split(b" ", 3)
    if len(words) != 4 or b" ".join(words[:2]) != MAGIC or words[2].decode("latin-1") != digest(words[3]):
        return None
    numbers, output, *_ = words[3].split(b"\n")
    renew, until, failures = numbers.split(b" ")
    return float(renew), float(until), int(failures), output


def sealed(renew: float, until: float, failures: int, rest: bytes) -> bytes:
    """An entry with its head."""
    content = b"%.3f %.3f %d\n%b" % (renew, until, failures, rest)
    return b"%b %b %b" % (MAGIC, digest(content).encode(), content)


def postponed(data: bytes, renew: float, failures: int) -> bytes:
    """The same credentials, to be renewed at `renew`, after `failures` failures in a row."""
    numbers, _, rest = data.split(b" ", 3)[3].partition(b"\n")
    return sealed(renew, float(numbers.split(b" ")[1]), failures, rest)


def process_output(credentials: Credentials) -> bytes:
    """The line that a credential process prints.

    See: AWS SDKs and Tools Reference, "Process credential provider".
    """
    from bucketpass.lean import json_object

    return json_object(
        {
            "Version": 1,
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key.reveal(),
            "SessionToken": credentials.session_token.reveal(),
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(credentials.expires)),
        }
    )


def encode_entry(credentials: Credentials, renew: float) -> bytes:
    """The entry of these credentials."""
    from bucketpass.lean import json_object

    more: dict[str, str | float] = {
        "expires": credentials.expires,
        "issued": credentials.issued,
        "role": credentials.role_arn,
        "issuer": credentials.subject.issuer,
        "subject": credentials.subject.subject,
        "skew": credentials.skew,
    }
    return sealed(renew, credentials.good_until, 0, process_output(credentials) + b"\n" + json_object(more))


def decode_entry(data: bytes | None) -> tuple[Credentials, float, int] | None:
    """(credentials, renew, failures) of an entry that is whole, else None."""
    head = head_of(data)
    if head is None or data is None:
        return None
    from bucketpass.credentials.values import Credentials, Subject
    from bucketpass.lean import parse_json
    from bucketpass.secret import Secret

    renew, _, failures, output = head
    keys: Any = parse_json(output.decode())
    more: Any = parse_json(data.split(b"\n", 2)[2].decode())
    subject = Subject(more["issuer"], more["subject"])
    secret, session = Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
    return (
        Credentials(keys["AccessKeyId"], secret, session, more["issued"], more["expires"], more["role"], subject, more["skew"]),
        renew,
        failures,
    )


def encode_refusal(refusal: Refusal, at: float) -> bytes:
    """A refusal, for those who wait for the same answer. `at` is the host's monotonic clock."""
    import json

    return b"%.6f\n%b" % (at, json.dumps([refusal.code, refusal.message, refusal.rule, refusal.status]).encode())


def decode_refusal(data: bytes | None, since: float) -> Refusal | None:
    """The refusal, where it was given after `since` on the host's monotonic clock."""
    at, _, rest = (data or b"").partition(b"\n")
    try:
        if not at or float(at) < since:
            return None
        import json

        from bucketpass.credentials.rules import Rule
        from bucketpass.credentials.values import Refusal

        code, message, rule, status = json.loads(rest)
        return Refusal(code, message, Rule(*rule), status)
    except (ValueError, TypeError):
        return None
