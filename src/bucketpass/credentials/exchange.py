"""A token becomes credentials: the flow, without I/O, and its two drivers.

The flow yields what it needs (a token, an answer, time) and is sent it, so that one text of the rules serves threads,
asyncio and tests. Its retries follow `rules.py` and `budgets.py`.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple, cast

from bucketpass.credentials.budgets import FRESH_TOKENS, LAST_TRY_SECONDS, LOCK_TOKEN_SECONDS, REQUEST_SECONDS, backoff
from bucketpass.credentials.claims import differing_claims, identity_of
from bucketpass.credentials.rules import BAD_AUTHORITIES, BAD_CERTIFICATE, BAD_TOKEN, CHANGED_IDENTITY, NO_ANSWER
from bucketpass.credentials.sts import clock_skew, read_answer, web_identity_request
from bucketpass.credentials.values import Credentials, Refusal, default_session_name
from bucketpass.identity.token import TokenFault, read_token, token_fault
from bucketpass.wire.client import HttpRequest, HttpResponse
from bucketpass.wire.network import UnreadableAuthorities

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from bucketpass.clock import Clock
    from bucketpass.credentials.claims import TokenIdentity
    from bucketpass.credentials.values import Outcome, RoleToAssume
    from bucketpass.identity.interface import TokenSource
    from bucketpass.identity.token import UnverifiedToken
    from bucketpass.secret import Secret
    from bucketpass.wire.client import Send

__all__ = ["FetchToken", "Pause", "changed_identity", "drive", "exchange", "jitter", "refusal_of"]


class FetchToken(NamedTuple):
    """The flow needs a token, new from its source."""


class Pause(NamedTuple):
    """The flow wants to wait, and why: `because` is the refusal after which it asks again."""

    seconds: float
    because: Refusal | None = None


if TYPE_CHECKING:
    Step = FetchToken | HttpRequest | Pause
    Answer = Secret | HttpResponse | OSError | None
    Flow = Generator[Step, Answer, Outcome]


def exchange(
    role: RoleToAssume,
    clock: Clock,
    *,
    patience: float,
    token: UnverifiedToken | None = None,
    pinned: TokenIdentity | None = None,
    skew: float | None = None,
    draw: Callable[[], float] | None = None,
) -> Flow:
    """Credentials of `role`, or a refusal after at most `patience` seconds of trying.

    `token` is one that was already fetched. `pinned` is the only identity that is accepted. `skew` is how far this machine's
    clock was ahead of STS's when that was last seen; before a token is held for expired, STS is asked for its time.
    """
    deadline = clock.monotonic() + patience
    attempts = stale = 0
    asked_for_time = False
    host = os.uname().nodename
    while True:
        if token is None:
            fetched = read_token((yield from next_token()).reveal())
            if isinstance(fetched, TokenFault):
                return refusal_of(fetched)
            token = fetched
        if pinned is not None and (own := identity_of(token)) != pinned:
            return changed_identity(own, pinned)
        now = clock.now().timestamp()
        fault = token_fault(token, now=now - (skew or 0.0), audience=role.audience)
        if fault is not None:
            if fault.clock and not asked_for_time:
                asked_for_time = True
                answer = yield from answer_to(HttpRequest("GET", role.endpoint()))
                now = clock.now().timestamp()
                skew = clock_skew(answer.headers, now) if isinstance(answer, HttpResponse) else 0.0
            elif fault.clock and stale < FRESH_TOKENS:
                stale, token = stale + 1, None
                yield Pause(0.1 * stale)
            else:
                return refusal_of(fault)
            continue
        attempts += 1
        request = web_identity_request(role, token, role.session_name or default_session_name(token.subject, host))
        answer = yield from answer_to(request)
        outcome = unanswered(answer) if isinstance(answer, OSError) else read_answer(answer, role, token, clock.now().timestamp())
        if isinstance(outcome, Credentials):
            return outcome
        rule = outcome.rule
        share = (draw or jitter)()
        left = deadline - clock.monotonic()
        if not rule.retry or attempts == rule.attempts or left <= LAST_TRY_SECONDS:
            return outcome
        # A pause that would end too late is one in the time that is left: whoever waits for this has nothing else.
        wait = min(backoff(attempts + rule.slower, share), left * share)
        yield Pause(wait, outcome)
        if rule.fresh_token:
            token = None


def next_token() -> Generator[Step, Answer, Secret]:
    """A token's text, from the driver."""
    return cast("Secret", (yield FetchToken()))


def answer_to(request: HttpRequest) -> Generator[Step, Answer, HttpResponse | OSError]:
    """The answer to a request, or why there was none, from the driver."""
    return cast("HttpResponse | OSError", (yield request))


def unanswered(error: OSError) -> Refusal:
    """A refusal that says why STS could not be asked."""
    if isinstance(error, UnreadableAuthorities):
        return Refusal("bad-authorities", str(error), BAD_AUTHORITIES)
    if type(error).__name__ == "SSLCertVerificationError":
        return Refusal(
            "bad-certificate", f"the certificate of STS cannot be checked: {getattr(error, 'verify_message', error)}", BAD_CERTIFICATE
        )
    return Refusal("no-answer", f"STS gave no answer: {error.strerror or error}", NO_ANSWER)


def refusal_of(fault: TokenFault) -> Refusal:
    """A refusal because the token is not worth sending."""
    return Refusal("bad-token", fault.message, BAD_TOKEN._replace(remedy=fault.remedy))


def changed_identity(found: TokenIdentity, pinned: TokenIdentity) -> Refusal:
    """A refusal because the token names another identity than the one that this process began with."""
    # SECURITY: a token file that was exchanged under a running process must not make it another service, or another tenant.
    if found[:2] != pinned[:2]:
        message = f"the token is of `{found.subject}` from `{found.issuer}`, this process is `{pinned.subject}` from `{pinned.issuer}`"
    else:
        names = ", ".join(f"`{name}`" for name in differing_claims(found.claims, pinned.claims))
        message = f"the token of `{found.subject}` differs in {names} from the one that this process began with"
    return Refusal("changed-identity", message, CHANGED_IDENTITY)


def jitter() -> float:
    """A random number in [0, 1), different in each process, also after a fork."""
    return int.from_bytes(os.urandom(4)) / 2**32


def drive(
    flow: Flow,
    source: TokenSource,
    send: Send,
    *,
    ca_file: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[Refusal], None] | None = None,
    promise: Callable[[float], None] | None = None,
) -> Outcome:
    """The flow's outcome; this thread does its I/O. Raises IdentityError where the source has no token.

    `tell` hears of each refusal after which the flow asks again, `promise` how many seconds the next step may take.
    """
    answer: Answer = None
    while True:
        try:
            step = flow.send(answer)
        except StopIteration as end:
            return cast("Outcome", end.value)
        if promise is not None:
            promise(longest(step))
        match step:
            case FetchToken():
                answer = source.fetch()
            case Pause(seconds, because):
                if because is not None and tell is not None:
                    tell(because)
                sleep(seconds)
                answer = None
            case _:
                answer = answered(send, step, ca_file)


def longest(step: Step) -> float:
    """How many seconds a step may take."""
    match step:
        case FetchToken():
            return LOCK_TOKEN_SECONDS
        case Pause(seconds, _):
            return seconds
        case _:
            return REQUEST_SECONDS


def answered(send: Send, request: HttpRequest, ca_file: str | None) -> HttpResponse | OSError:
    """The answer to `request`, or the error as a value."""
    try:
        return send(request, timeout=REQUEST_SECONDS, ca_file=ca_file)
    except OSError as error:
        return error
