"""What the log says of renewals."""

import json
import logging

import pytest

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.failures import error_of
from bucketpass.credentials.renewals import Renewal, RenewalLog, RenewalStatus
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.secret import Secret

ERROR = error_of(Refusal("http-503", "STS answered 503", rule_for("", 503), 503))


def renewal(at: float, *, failed: bool = True, left: float = 100.0, expires: float = 3600.0) -> Renewal:
    return Renewal(at, RenewalStatus(expires=expires, failures_in_a_row=int(failed)), None, ERROR if failed else None, left)


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.__dict__["bucketpass"]["event"] for record in caplog.records]


def test_the_first_failure_one_in_ten_minutes_and_the_recovery_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bucketpass")
    log = RenewalLog()
    for at in range(0, 1300, 60):
        log(renewal(float(at)))
    log(renewal(1300.0, failed=False))
    log(renewal(1400.0, failed=False))
    assert events(caplog) == ["renewal-failed"] * 3 + ["recovered"]
    assert caplog.records[0].__dict__["bucketpass"]["cause"] == "http-503"


def test_the_end_of_a_session_is_logged_once_whenever_it_comes(caplog: pytest.LogCaptureFixture) -> None:
    log = RenewalLog()
    for at, left in ((0.0, 50.0), (60.0, 0.0), (120.0, 0.0)):
        log(renewal(at, left=left))
    assert events(caplog) == ["renewal-failed", "ended"]
    assert caplog.records[1].levelname == "ERROR"


def test_a_failure_that_a_caller_gets_is_not_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    RenewalLog()(renewal(0.0, expires=0.0, left=0.0), somebody_hears=True)
    assert not caplog.records


def test_without_any_session_yet_the_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    RenewalLog()(renewal(0.0, expires=0.0, left=0.0))
    assert events(caplog) == ["no-credentials"]
    assert json.dumps(caplog.records[0].__dict__["bucketpass"])


def test_a_status_counts_failures_until_a_success() -> None:
    failed = RenewalStatus().after_failure(ERROR).after_failure(ERROR)
    assert (failed.failures, failed.failures_in_a_row, failed.error) == (2, 2, ERROR)
    got = Credentials("ASIA1", Secret("s"), Secret("t"), 100.0, 3700.0, "role", TokenIdentity("i", "s"))
    assert failed.after_renewal(got) == RenewalStatus(1, 2, 0, 100.0, 3700.0, None)
