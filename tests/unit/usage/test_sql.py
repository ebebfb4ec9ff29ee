"""Texts and their parameters go together."""

from bucketpass.usage.sql import Fragment, joined, quoted


def test_parameters_keep_the_order_of_their_marks() -> None:
    whole = Fragment("a = ?", (1,)) + " AND " + joined(" OR ", [Fragment("b = ?", (2,)), Fragment("c = ?", (3,))])
    assert whole == Fragment("a = ? AND b = ? OR c = ?", (1, 2, 3))


def test_a_quote_is_doubled() -> None:
    assert quoted("it's") == "'it''s'"
