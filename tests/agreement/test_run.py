"""The agreement run itself; the peer is not needed."""

from pathlib import Path

import pytest
from tests.agreement.__main__ import answer, kinds, main
from tests.agreement.rows import rows


def test_without_the_peer_it_says_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--peer", str(tmp_path)]) == 3
    assert f"npm install --prefix {tmp_path}" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_rows() -> None:
    assert list(rows(3, 20)) == list(rows(3, 20))
    assert list(rows(3, 20)) != list(rows(4, 20))


def test_rows_are_of_every_answer() -> None:
    assert {answer(row) for row in rows(1, 200)} == {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"}


def test_a_difference_of_no_known_kind_is_not_explained() -> None:
    row = next(row for row in rows(1, 200) if answer(row) == "ImplicitlyDenied" and not row.layers.identity)
    assert kinds(row, "no answer at all") is None
