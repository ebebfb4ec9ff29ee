"""What a token says, for people: where it came from, its times, and the condition keys that AWS makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bucketpass.decide.web_identity import TokenRefused, token_keys, trust_context
from bucketpass.identity.interface import TokenSource
from bucketpass.identity.token import UnverifiedToken, token_fault
from bucketpass.requests.context import request_key
from bucketpass.requests.key import KeyOrigin

__all__ = ["TokenReport", "report_token"]


@dataclass(frozen=True, slots=True)
class TokenReport:
    """A token without its signature. `keys` are the condition keys that a trust policy may test; `fault` is why AWS would refuse it.

    note: what AWS itself takes, and a trust policy of ours does not.
    """

    source: str
    algorithm: str
    claims: Mapping[str, object]
    keys: Mapping[str, str | tuple[str, ...]]
    seconds_left: int | None
    fault: str | None
    remedy: str
    note: str = ""

    def as_object(self) -> dict[str, object]:
        """The report as `--json` prints it."""
        return {
            "source": self.source,
            "algorithm": self.algorithm,
            "claims": dict(self.claims),
            "condition_keys": {name: list(value) if isinstance(value, tuple) else value for name, value in self.keys.items()},
            "seconds_left": self.seconds_left,
            "fault": self.fault,
            "remedy": self.remedy,
            "note": self.note,
        }


def report_token(source: TokenSource, token: UnverifiedToken, *, now: float, audience: str | None = None) -> TokenReport:
    """The token as AWS reads it. Nobody has verified it here."""
    fault = token_fault(token, now=now, audience=audience)
    message, remedy = (fault.message, fault.remedy) if fault is not None else (None, "")
    try:
        read = token_keys(token.issuer, token.claims)
        # A token may list the roles that it is for: it is shown as it looks to one of them.
        context = trust_context(read, session_name="", role_arn=read.roles[0] if read.roles else "")
        keys = {name: value for name, value in context.items() if (row := request_key(name)) is None or row.origin is KeyOrigin.CALL}
    except TokenRefused as refused:
        keys, message, remedy = {}, message or refused.message, remedy or "ask the issuer for another kind of token"
    left = None if token.expires is None else int(token.expires - now)
    note = ""
    if len(token.audience) > 1 and message is None:
        named = ", ".join(f"`{each}`" for each in token.audience)
        note = f"the token has {len(token.audience)} audiences ({named}): a trust policy that pins one refuses it"
    return TokenReport(source.describe(), token.algorithm, token.claims, keys, left, message, remedy, note)
