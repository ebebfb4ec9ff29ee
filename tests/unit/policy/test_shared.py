import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.errors import PolicyError
from bucketpass.policy.shared import differences, mark_of, mark_statements, marks, merge, others, remove

MINE, THEIRS = mark_of("shop", "dev"), mark_of("shop", "prod")


def statement(sid: str | None, action: object = "s3:GetObject", **further: object) -> dict[str, object]:
    head = {} if sid is None else {"Sid": sid}
    return {**head, "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::b/*", **further}


def document(*statements: object, version: str = "2012-10-17", **further: object) -> str:
    return json.dumps({"Version": version, **further, "Statement": list(statements)})


def test_each_stack_has_a_mark_of_its_own() -> None:
    assert MINE != THEIRS
    assert mark_of("shop", "dev") == MINE


def test_every_statement_is_marked_and_keeps_what_else_it_says() -> None:
    marked = json.loads(mark_statements(document(statement("Read"), statement(None)), MINE))["Statement"]
    assert [one["Sid"] for one in marked] == [f"{MINE}Read", f"{MINE}1"]
    assert [{**one, "Sid": "x"} for one in marked] == [statement("x"), statement("x")]


def test_what_others_wrote_stays_as_it_is_with_version_and_id() -> None:
    live = document(statement("Theirs", "s3:Put*", NewElement=7), statement(f"{THEIRS}Read"), version="2008-10-17", Id="Legacy")
    once = merge(live, mark_statements(document(statement("Read")), MINE), MINE)
    twice = merge(once, mark_statements(document(statement("Write")), MINE), MINE)
    assert json.loads(twice)["Statement"] == [*json.loads(live)["Statement"], statement(f"{MINE}Write")]
    assert marks(twice) == {MINE, THEIRS}
    assert json.loads(remove(twice, MINE) or "") == json.loads(live)


def test_a_single_statement_may_stand_without_its_list() -> None:
    live = json.dumps({"Version": "2012-10-17", "Statement": statement("Theirs")})
    assert [one["Sid"] for one in others(live, MINE)] == ["Theirs"]


def test_nothing_is_left_where_nobody_else_wrote() -> None:
    ours = merge(None, mark_statements(document(statement("Read")), MINE), MINE)
    assert json.loads(ours)["Version"] == "2012-10-17"
    assert remove(ours, MINE) is None


def test_variables_are_not_put_into_a_document_of_the_version_without_them() -> None:
    ours = mark_statements(document(statement("Read", Resource="arn:aws:s3:::b/${aws:PrincipalTag/t}/*")), MINE)
    with pytest.raises(PolicyError, match="without the policy variables"):
        merge(document(statement("Theirs"), version="2008-10-17"), ours, MINE)
    assert merge(document(statement("Theirs")), ours, MINE)


def test_a_document_that_cannot_be_read_is_not_replaced() -> None:
    with pytest.raises(PolicyError, match="not a JSON object"):
        merge("[]", mark_statements(document(statement("Read")), MINE), MINE)


def test_differences_are_of_meaning_not_of_spelling() -> None:
    condition = {"Bool": {"aws:SecureTransport": False}}
    one = statement("A", ["s3:getobject", "s3:PutObject"], Condition=condition)
    same = statement("A", ["s3:PutObject", "s3:GetObject"], Condition={"Bool": {"aws:securetransport": ["false"]}})
    assert differences([one], [same]) == ([], [])
    assert differences([one], [statement("B")]) == ([json.dumps(one)], [json.dumps(statement("B"))])
    assert differences([statement("A")], [statement("A", Resource="arn:aws:s3:::B/*")]) != ([], [])


SIDS = st.one_of(st.none(), st.sampled_from(["Theirs", f"{THEIRS}Read", "Bucketpass", MINE[:-1]]))


@given(st.lists(SIDS, max_size=5), st.integers(1, 3))
def test_adding_and_removing_is_as_if_nothing_had_been(sids: list[str | None], count: int) -> None:
    live = document(*(statement(sid, f"s3:Action{number}") for number, sid in enumerate(sids)))
    ours = mark_statements(document(*(statement(None) for _ in range(count))), MINE)
    merged = merge(live, ours, MINE)
    assert len(json.loads(merged)["Statement"]) == len(sids) + count
    assert merge(merged, ours, MINE) == merged
    back = remove(merged, MINE)
    assert (back is None and not sids) or json.loads(back or "") == json.loads(live)
