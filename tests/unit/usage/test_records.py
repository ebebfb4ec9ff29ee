"""What an error code says about authorization."""

from collections import Counter

import pytest

from bucketpass.usage.records import NO_TIME, UNREADABLE_LINE, Counts, Outcome, outcome_of


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("", Outcome.ALLOWED),
        ("NoSuchKey", Outcome.ALLOWED),
        ("AccessDenied", Outcome.REFUSED),
        ("SignatureDoesNotMatch", Outcome.UNDECIDED),
        ("SlowDown", Outcome.UNDECIDED),
        ("InternalError", Outcome.UNDECIDED),
    ],
)
def test_outcomes(error: str, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


def test_counts_of_files_add_up() -> None:
    one, other = Counts(files=1, records=3, rows=2), Counts(files=1, records=1, faults=["x"])
    one.skipped["other service"] += 1
    one.add(other)
    assert (one.files, one.records, one.rows, one.skipped.total(), one.faults) == (2, 4, 2, 1, ["x"])


def test_what_could_not_be_read_is_more_than_what_is_of_no_concern() -> None:
    assert not Counts(skipped=Counter({"other service": 3, "S3 itself": 1, NO_TIME: 0})).unread
    assert Counts(skipped=Counter({UNREADABLE_LINE: 1})).unread
    assert Counts(faults=["a: broken gzip"]).unread
