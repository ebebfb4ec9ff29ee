"""A check's result."""

from bucketpass.credentials.doctor.examination import CheckResult, CheckVerdict, found, passed, skipped
from bucketpass.findings import CODES


def test_a_finding_is_as_bad_as_its_code_and_has_its_remedy_or_a_better_one() -> None:
    assert found("cache", "cache-off", "off") == CheckResult("cache", CheckVerdict.NOTE, "off", CODES["cache-off"].remedy, "cache-off")
    assert found("role", "role-unknown", "none", "set it") == CheckResult("role", CheckVerdict.BAD, "none", "set it", "role-unknown")


def test_what_holds_or_was_not_looked_at_has_no_code() -> None:
    assert (passed("a", "b").verdict, passed("a", "b").code) == (CheckVerdict.GOOD, "")
    assert (skipped("a", "b").verdict, skipped("a", "b").code) == (CheckVerdict.SKIPPED, "")
