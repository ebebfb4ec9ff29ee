"""Operations that are decided alike, and which statements matter for which."""

import json

import duckdb
import pytest

from bucketpass.aws.operations import OPERATIONS
from bucketpass.policy import parse_policy
from bucketpass.usage.operations import ALIKE, ASKED, OF_ANYTHING, OF_OBJECT, OperationGuards


def guard(**actions: object) -> str | None:
    (statement,) = parse_policy(json.dumps({"Statement": [{"Effect": "Allow", "Resource": "*", **actions}]})).statements
    return OperationGuards().guard(statement, OF_ANYTHING)


def test_what_is_decided_alike_asks_the_same() -> None:
    for name, other in ALIKE.items():
        assert (OPERATIONS[name].needs, OPERATIONS[name].target) == (OPERATIONS[other].needs, OPERATIONS[other].target)


@pytest.mark.parametrize("actions", [{"Action": "*"}, {"Action": "S3:*"}, {"NotAction": "iam:*"}])
def test_a_statement_of_every_action_needs_no_guard(actions: dict[str, object]) -> None:
    assert guard(**actions) == ""


def test_a_statement_of_no_action_of_s3_matters_for_no_request() -> None:
    assert guard(Action="iam:*") is None
    assert guard(NotAction=["s3:*", "kms:*", "s3express:*", "s3-object-lambda:*"]) is None


def test_a_key_that_does_not_exist_asks_for_a_listing_too() -> None:
    guards = OperationGuards()
    (statement,) = parse_policy('{"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}').statements
    assert guards.guard(statement, OF_OBJECT) == "operations.meets_0 = 1"
    (met,) = guards.columns
    assert {"ListObjects", "HeadBucket", "GetObject!", "DeleteObject!"} < met
    assert "GetObject" not in met


def test_what_a_header_asks_for_is_asked_where_one_is_sent() -> None:
    guards = OperationGuards()
    (statement,) = parse_policy('{"Statement": [{"Effect": "Allow", "Action": "s3:PutObjectAcl", "Resource": "*"}]}').statements
    guards.guard(statement, OF_OBJECT)
    (met,) = guards.columns
    assert {"PutObject+", "PutObjectAcl", "CopyObjectdestination+"} < met
    assert met.isdisjoint({"PutObject", "CopyObjectdestination"})


def test_rows_find_their_line_of_the_table() -> None:
    given = [
        ("GetObject", "", "", "{}"),
        ("GetObject", "", "NoSuchKey", None),
        ("CopyObject", "source", "", None),
        ("PutObject", "", "", "{1}"),
    ]
    rows = ", ".join("(?, ?, ?, ?)" for _ in given)
    with duckdb.connect() as connection:
        query = f"SELECT {ASKED} FROM (VALUES {rows}) AS rows(operation, part, error, headers)"
        asked = [name for (name,) in connection.execute(query, [value for row in given for value in row]).fetchall()]
    assert asked == ["GetObject", "GetObject!", "CopyObjectsource", "PutObject+"]
