"""What each refusal means: whether it is worth asking again, with a new token or the same, and what a person can do.

Sources: AWS STS API reference, AssumeRoleWithWebIdentity, "Errors" [A]; AWS SDKs and Tools Reference, "Retry behavior" [A];
[K] for the remedies. InvalidIdentityToken is retried because AWS's own SDKs met it right after a provider was made, and
when the issuer's keys could not be read in time.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "BAD_ANSWER",
    "BAD_AUTHORITIES",
    "BAD_TOKEN",
    "CHANGED_IDENTITY",
    "ENDED_SESSION",
    "NO_ANSWER",
    "WRONG_ROLE",
    "Rule",
    "rule_for",
]


class Rule(NamedTuple):
    """What to do about a refusal. `attempts` bounds the exchanges of one call; None: as many as fit the time.

    `slower`: the pause is that after so many failures more.
    """

    retry: bool
    remedy: str
    fresh_token: bool = False
    attempts: int | None = None
    slower: int = 0


TRANSIENT = "STS is not well: nothing to change here, it is asked again"
RULES: dict[str, Rule] = {
    "IDPCommunicationError": Rule(
        True, "AWS could not reach the issuer: see that its discovery and JWKS addresses answer from the internet"
    ),
    "InvalidIdentityToken": Rule(
        True,
        "see that the provider in IAM has exactly the token's `iss`, and its audience among the client IDs",
        fresh_token=True,
        attempts=3,
    ),
    "ExpiredTokenException": Rule(True, "the token ran out on its way: see that its source renews it", fresh_token=True, attempts=3),
    "ExpiredToken": Rule(True, "the token ran out on its way: see that its source renews it", fresh_token=True, attempts=3),
    "AccessDenied": Rule(
        False,
        "the role does not exist, or its trust policy does not admit this token: check AWS_ROLE_ARN (--role-arn), then compare the trust's "
        "issuer, audience and subject with `bucketpass token`",
    ),
    "IDPRejectedClaim": Rule(False, "the issuer has withdrawn this identity: look at it there"),
    "MalformedPolicyDocument": Rule(False, "correct the session policy"),
    "PackedPolicyTooLarge": Rule(False, "shorten the session policy or the token's tags"),
    "RegionDisabledException": Rule(False, "turn the Region on in the account, or choose another with AWS_REGION"),
    "ValidationError": Rule(False, "correct the option that the message names; a duration may not exceed the role's maximum"),
}
# What a token asks for besides the session, by the action that STS names when the trust policy does not allow it.
BESIDES: dict[str, Rule] = {
    "sts:TagSession": Rule(
        False,
        "the token has session tags: let the role's trust policy allow sts:TagSession (`tags` of the identity in the declaration), or "
        "have the issuer leave them out",
    ),
    "sts:SetSourceIdentity": Rule(
        False, "the token sets a source identity: let the role's trust policy allow sts:SetSourceIdentity, or have the issuer leave it out"
    ),
}
# A fleet that starts at once and comes back within a second is throttled again: its calls are spread over more seconds from the first.
THROTTLED = Rule(True, "STS throttles this account: share one exchange per host, with the cache or with `bucketpass serve`", slower=2)
THROTTLING_CODES = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
)
SERVER_FAULT = Rule(True, TRANSIENT)
UNKNOWN = Rule(False, "look the code up in AWS's list of STS errors")

NO_ANSWER = Rule(True, "see that this machine reaches the address: DNS, proxy, firewall, VPC endpoint")
BAD_AUTHORITIES = Rule(False, "correct AWS_CA_BUNDLE: a file of certificates in PEM")
BAD_CERTIFICATE = Rule(False, "set AWS_CA_BUNDLE to the certificate authority of this STS")
BAD_ANSWER = Rule(True, "see that the address is that of STS, and not of a proxy or a portal", attempts=3)
ENDED_SESSION = Rule(True, "set this machine's clock: where the answer of STS names no time, the end of a session is read by it", slower=2)
BAD_TOKEN = Rule(False, "look at the token's source")
WRONG_ROLE = Rule(False, "see who answers at this address: STS gives the role that was asked for")
CHANGED_IDENTITY = Rule(False, "a process keeps the identity it began with: start it anew to take another")


def rule_for(code: str, status: int, message: str = "") -> Rule:
    """The rule for an answer of STS with this error code, HTTP status and message."""
    besides = next((rule for action, rule in BESIDES.items() if action in message), None)
    if code == "AccessDenied" and besides is not None:
        return besides
    if code in RULES:
        return RULES[code]
    if code in THROTTLING_CODES or status == 429:
        return THROTTLED
    return SERVER_FAULT if status >= 500 or status == 408 else UNKNOWN
