"""What an error code says about authorization."""

import pytest

from bucketpass.usage.records import Counts, Outcome, outcome_of


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
