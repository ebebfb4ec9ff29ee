"""What each refusal means."""

import pytest

from bucketpass.credentials.rules import BESIDES, RULES, SERVER_FAULT, THROTTLED, UNKNOWN, rule_for


@pytest.mark.parametrize(
    ("code", "status", "retry", "fresh"),
    [
        ("IDPCommunicationError", 400, True, False),
        ("InvalidIdentityToken", 400, True, True),
        ("ExpiredTokenException", 400, True, True),
        ("AccessDenied", 403, False, False),
        ("IDPRejectedClaim", 403, False, False),
        ("Throttling", 400, True, False),
        ("", 429, True, False),
        ("InternalFailure", 500, True, False),
        ("", 503, True, False),
        ("Whatever", 400, False, False),
    ],
)
def test_outages_are_retried_and_refusals_are_not(code: str, status: int, retry: bool, fresh: bool) -> None:
    rule = rule_for(code, status)
    assert (rule.retry, rule.fresh_token) == (retry, fresh)


@pytest.mark.parametrize(("action", "named"), [("sts:TagSession", "session tags"), ("sts:SetSourceIdentity", "source identity")])
def test_what_a_token_asks_for_besides_the_session_is_named(action: str, named: str) -> None:
    rule = rule_for("AccessDenied", 403, f"Not authorized to perform {action}")
    assert (rule.retry, named in rule.remedy, action in rule.remedy) == (False, True, True)


def test_retries_with_a_fresh_token_are_bounded() -> None:
    assert all(rule.attempts is not None for rule in RULES.values() if rule.fresh_token)


def test_every_rule_has_a_remedy() -> None:
    assert all(rule.remedy for rule in (*RULES.values(), *BESIDES.values(), THROTTLED, SERVER_FAULT, UNKNOWN))
