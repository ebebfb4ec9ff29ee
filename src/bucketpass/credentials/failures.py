"""Refusals as errors: one line with AWS's code and words, the remedy, and when it last went well."""

from __future__ import annotations

from bucketpass.credentials.values import Refusal
from bucketpass.errors import BucketpassError, Diagnostic, ExchangeError, IdentityError

__all__ = ["ExchangeUnavailable", "error_of"]

OF_THE_TOKEN = frozenset({"bad-token", "changed-identity"})


class ExchangeUnavailable(ExchangeError):
    """STS did not give credentials now; it may do so later."""

    code = "exchange-unavailable"
    retryable = True


def error_of(refusal: Refusal, *, last_success: str = "") -> BucketpassError:
    """The error to raise. `last_success` says when credentials were last got, where they were."""
    after = f"; the last success was {last_success}" if last_success else ""
    if refusal.code in OF_THE_TOKEN:
        return IdentityError(diagnostics=(Diagnostic(refusal.code, f"{refusal.message}{after}", refusal.rule.remedy),))
    kind = ExchangeUnavailable if refusal.rule.retry and not refusal.rule.attempts else ExchangeError
    message = f"STS refused ({refusal.code}): {refusal.message}" if refusal.status else refusal.message
    return kind(diagnostics=(Diagnostic(refusal.code, f"{message}{after}", refusal.rule.remedy),))
