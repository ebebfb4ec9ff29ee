"""Which programs of others are here is said, and one that is expected and missing fails."""

import pytest
from tests.peers import EXPECTED, main

PEERS = {"here": lambda: "", "gone": lambda: "there is no `gone`"}


@pytest.mark.parametrize(("expected", "code"), [("", 0), ("here", 0), ("gone", 1), ("here, gone", 1), ("all", 1), ("other", 2)])
def test_a_peer_that_is_missing_fails_where_it_is_expected(expected: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PEERS, {EXPECTED: expected}) == code
    printed = capsys.readouterr().err
    assert code == 2 or "peer gone: MISSING, ITS TESTS ARE SKIPPED: there is no `gone`" in printed
