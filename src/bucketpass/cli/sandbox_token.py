"""`bucketpass sandbox token`: a declared service's token, as its issuer would give it, or one that differs as asked for."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bucketpass.errors import RequestError

__all__ = ["add_arguments", "changed_claims", "run"]

# Longer ago than the leeway that AWS gives after `exp`, about five minutes [A].
EXPIRED_SECONDS = 3600


def add_arguments(group: argparse._ArgumentGroup) -> None:
    """The options of `token`."""
    group.add_argument("--identity", type=int, metavar="N", help="by which of the service's identities, from 0 on (default: its first)")
    group.add_argument("--audience", metavar="AUDIENCE", help="a token for another audience")
    group.add_argument("--subject", metavar="SUBJECT", help="a token of another subject")
    group.add_argument("--claims", metavar="JSON", help="a token with these claims in place of its own, as a JSON object")
    group.add_argument("--expired", action="store_true", help="a token that expired an hour ago")


def run(arguments: argparse.Namespace) -> int:
    """Print the token, without a line break."""
    from bucketpass.sandbox.ask_token import token_of

    if arguments.service is None:
        raise RequestError("no service is named", remedy="bucketpass sandbox token SERVICE > token")
    claims = changed_claims(arguments.claims, arguments.subject, arguments.audience, expired=arguments.expired, now=int(time.time()))
    issuer = None
    if arguments.identity is not None:
        # Here and not above: the sandbox, which has this verb too, is ready sooner without it.
        from bucketpass.cli.declared import identity_claims, read_declared

        access = read_declared(arguments.access or Path("access.yaml")).access
        own = {name: value for name, value in identity_claims(access, arguments.service, arguments.identity).items() if name != "iss"}
        issuer, claims = access.services[arguments.service].identity[arguments.identity].issuer, {**own, **claims}
    # A line break at the end of a token file makes some clients fail.
    print(token_of(arguments.service, claims=claims, issuer=issuer).reveal(), end="", flush=True)
    return 0


def changed_claims(claims: str | None, subject: str | None, audience: str | None, *, expired: bool, now: int) -> dict[str, object]:
    """The claims that differ from the service's own. `now` in seconds since 1970. Raises RequestError."""
    try:
        changed = json.loads(claims or "{}")
    except (ValueError, RecursionError):
        changed = None
    if not isinstance(changed, dict):
        raise RequestError(f"got --claims `{claims}`, expected a JSON object", remedy="""--claims '{"sub": "somebody"}'""")
    named = {"sub": subject, "aud": audience}
    times = {"iat": now - 2 * EXPIRED_SECONDS, "exp": now - EXPIRED_SECONDS} if expired else {}
    return {**changed, **times, **{name: value for name, value in named.items() if value is not None}}
