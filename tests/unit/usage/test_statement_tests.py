"""A statement as SQL: its resource and its conditions in one number."""

import json

import pytest

from bucketpass.policy import Condition, Effect, parse_policy
from bucketpass.usage.sql import Fragment
from bucketpass.usage.statement_tests import KEY, SOURCE, StatementTests, has_variables, is_near, statements_of, time_bounds

BOUND = 1796083200  # 2026-12-01T00:00:00Z


def known(condition: Condition, variables: bool, effect: Effect) -> Fragment:
    return Fragment("?", (condition.key,))


def expressions(**statement: object) -> StatementTests:
    found = StatementTests((KEY, SOURCE), "aws", known, {})
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", **statement}]}
    for one in statements_of([parse_policy(json.dumps(document))]):
        found.add(one)
    return found


def test_a_condition_stands_behind_the_resource_that_it_belongs_to() -> None:
    found = expressions(Resource="arn:aws:s3:::b/raw/*", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
    of_key, of_source = found.numbers
    assert of_key.text == "CASE WHEN (bucket = ? AND starts_with(object_key, ?)) THEN ? ELSE 0 END"
    assert (of_key.parameters, "source_key" in of_source.text) == (("b", "raw/", "aws:SourceIp"), True)


def test_what_is_the_same_for_every_row_of_a_principal_and_bucket_is_left_out() -> None:
    assert (
        expressions(Resource="*").numbers
        == expressions(Resource="*", Condition={"StringEquals": {"aws:PrincipalAccount": "1"}}).numbers
        == []
    )
    assert expressions(Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"]).numbers == []


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ({"StringEqualsIgnoreCase": {"s3:prefix": "a"}}, "asked_prefix"),
        ({"StringLike": {"s3:prefix": "a?b"}}, "asked_prefix"),
        ({"StringEquals": {"s3:delimiter": "/"}}, "delimiter"),
        ({"StringLike": {"aws:userid": "*:s"}}, "session_name"),
        ({"StringEquals": {"aws:PrincipalTag/a": "${aws:PrincipalTag/b}"}}, "events.access_key_id"),
        ({"DateEquals": {"aws:CurrentTime": ["2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z"]}}, "time"),
    ],
)
def test_what_has_no_number_distinguishes_rows_by_its_value(condition: dict[str, object], column: str) -> None:
    assert expressions(Resource="*", Condition=condition).values == [Fragment(column)]


def test_a_statement_for_kms_has_its_conditions_alone_too() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    alone, of_key = expressions(Action="kms:*", Resource="*", Condition=condition).numbers
    assert alone == of_key == Fragment("CASE WHEN (operations.meets_0 = 1) THEN ? ELSE 0 END", ("aws:SourceIp",))


def test_a_statement_distinguishes_requests_of_its_own_actions_alone() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    resource = "arn:aws:s3:::b/raw/*"
    found = expressions(Action="s3:GetObject", Resource=resource)
    assert [number.text.partition(" THEN ")[0] for number in found.numbers] == [
        "CASE WHEN (operations.meets_1 = 1)",
        "CASE WHEN (operations.meets_2 = 1)",
    ]
    _, of_object, of_source = found.operations.columns
    assert {"GetObject", "CopyObjectsource"} < of_object
    assert of_object.isdisjoint({"CopyObject", "PutObject"})
    assert of_source == {copy + more for copy in ("CopyObject", "UploadPartCopy") for more in ("", "!", "+", "+!")}
    # What is about every resource is about both sides of a copy.
    (of_both,) = expressions(Action="s3:GetObject", Resource="*", Condition=condition).numbers
    assert of_both.text.startswith("CASE WHEN (operations.meets_0 = 1)")
    assert expressions(Action="sts:AssumeRole", Resource="*", Condition=condition).numbers == []


def test_near_a_bound_the_log_cannot_say() -> None:
    line = Condition("DateLessThan", "aws:CurrentTime", ("2026-12-01T00:00:00Z", "soon"))
    assert time_bounds(line) == (BOUND,)
    assert time_bounds(Condition("NumericLessThan", "aws:EpochTime", (str(BOUND),))) == (BOUND,)
    assert [is_near([BOUND], BOUND + seconds) for seconds in (-6, -5, 5, 6)] == [False, True, True, False]


def test_escapes_are_not_variables() -> None:
    (one,) = statements_of([parse_policy('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')])
    lines = [Condition("StringLike", "aws:PrincipalTag/a", (value,)) for value in ("${*}", "${aws:username}")]
    assert [has_variables(line, one) for line in lines] == [False, True]
