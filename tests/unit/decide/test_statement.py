"""Statements made ready."""

import pytest

from bucketpass.decide.statement import PreparedStatement, prepare_statements
from bucketpass.errors import PolicyError
from bucketpass.policy.document import Condition, Effect, PolicyDocument, Statement, Version
from bucketpass.requests.request import ContextValue


def prepared(elements: dict[str, tuple[str, ...]], version: Version | None = "2012-10-17") -> PreparedStatement:
    (statement,) = prepare_statements(PolicyDocument((Statement(Effect.ALLOW, **elements),), version))  # type: ignore[arg-type]
    return statement


@pytest.mark.parametrize(
    ("elements", "action", "expected"),
    [
        ({"actions": ("S3:getobject",)}, "s3:GetObject", True),
        ({"actions": ("s3:Get*",)}, "S3:GETOBJECT", True),
        ({"actions": ("s3:?etObject",)}, "s3:GetObject", True),
        ({"actions": ("s3:GetObject",)}, "s3:GetObjectAcl", False),
        ({"not_actions": ("s3:Get*", "s3:List*")}, "s3:ListBucket", False),
        ({"not_actions": ("s3:Get*", "s3:List*")}, "s3:PutObject", True),
    ],
)
def test_actions_match_in_any_case(elements: dict[str, tuple[str, ...]], action: str, expected: bool) -> None:
    assert prepared(elements).action(action) is expected


@pytest.mark.parametrize(
    ("elements", "resource", "context", "expected"),
    [
        ({"resources": ("arn:aws:s3:::b",)}, "arn:aws:s3:::b/k", {}, False),
        ({"resources": ("arn:aws:s3:::b/*",)}, "arn:aws:s3:::b", {}, False),
        ({"resources": ("arn:aws:s3:::B/*",)}, "arn:aws:s3:::b/k", {}, False),
        ({"not_resources": ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*")}, "arn:aws:s3:::b/k", {}, False),
        ({"not_resources": ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*")}, "arn:aws:s3:::c/k", {}, True),
        ({"not_resources": ("arn:aws:s3:::b/${k}",)}, "arn:aws:s3:::b/x", {}, False),
        ({"resources": ("arn:aws:s3:::b/${k}",)}, "arn:aws:s3:::b/x", {"k": "x"}, True),
        ({"resources": ("arn:aws:s3:::b/${k}",)}, "arn:aws:s3:::b/x", {"k": "*"}, False),
        ({}, "anything", {}, True),
    ],
)
def test_resources_match_as_whole_texts(
    elements: dict[str, tuple[str, ...]], resource: str, context: dict[str, ContextValue], expected: bool
) -> None:
    assert prepared({"actions": ("*",), **elements}).applies_to_resource(resource, context) is expected


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_a_document_of_the_old_version_has_no_variables(version: Version | None) -> None:
    statement = prepared({"actions": ("*",), "resources": ("b/${k}",)}, version)
    assert statement.applies_to_resource("b/${k}", {"k": "x"})
    assert not statement.applies_to_resource("b/x", {"k": "x"})


def test_all_conditions_must_hold() -> None:
    lines = (Condition("StringEquals", "a", ("1",)), Condition("StringEquals", "b", ("2",)))
    (statement,) = prepare_statements(PolicyDocument((Statement(Effect.ALLOW, actions=("*",), conditions=lines),)))
    assert statement.conditions_match({"a": "1", "b": "2"})
    assert not statement.conditions_match({"a": "1", "b": "3"})


def test_an_unknown_operator_is_found_before_any_request() -> None:
    document = PolicyDocument((Statement(Effect.ALLOW, actions=("*",), conditions=(Condition("Nope", "k", ()),)),))
    with pytest.raises(PolicyError, match="unknown condition operator"):
        prepare_statements(document)
