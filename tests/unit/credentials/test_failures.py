"""Refusals as errors."""

import pytest

from bucketpass.credentials.failures import ExchangeUnavailable, error_of
from bucketpass.credentials.rules import BAD_TOKEN, NO_ANSWER, rule_for
from bucketpass.credentials.values import Refusal
from bucketpass.errors import BucketpassError, ExchangeError, IdentityError


@pytest.mark.parametrize(
    ("refusal", "kind", "retryable"),
    [
        (Refusal("AccessDenied", "no", rule_for("AccessDenied", 403), 403), ExchangeError, False),
        (Refusal("InvalidIdentityToken", "no", rule_for("InvalidIdentityToken", 400), 400), ExchangeError, False),
        (Refusal("no-answer", "no", NO_ANSWER), ExchangeUnavailable, True),
        (Refusal("bad-token", "no", BAD_TOKEN), IdentityError, False),
    ],
)
def test_the_kind_says_whose_fault_it_is_and_whether_waiting_helps(refusal: Refusal, kind: type[BucketpassError], retryable: bool) -> None:
    error = error_of(refusal)
    assert type(error) is kind
    assert error.retryable is retryable
    assert error.diagnostics()[0].remedy == refusal.rule.remedy


def test_the_message_names_the_cause_and_the_last_success() -> None:
    error = error_of(Refusal("Throttling", "slow down", rule_for("Throttling", 400), 400), last_success="90 s ago")
    assert error.diagnostics()[0].message == "STS refused (Throttling): slow down; the last success was 90 s ago"
