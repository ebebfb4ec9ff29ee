import pytest

from bucketpass.decide import StatementRef


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        (StatementRef("bucket policy of datasets", 5, "DenyPlainHttp"), "statement 5 (DenyPlainHttp) of bucket policy of datasets"),
        (StatementRef("data", 0), "statement 0 of data"),
    ],
)
def test_a_statement_is_told_by_its_policy_index_and_sid(ref: StatementRef, words: str) -> None:
    assert str(ref) == words
