"""Policy documents of programs."""

import json

import pytest

from bucketpass.errors import BucketpassError
from bucketpass.provision.embedded.resources.policy_document import policy_document
from bucketpass.provision.embedded.values import Properties, Value


def document(**arguments: Value) -> object:
    answer = policy_document(arguments)
    assert json.loads(str(answer["json"])) == json.loads(str(answer["minifiedJson"]))
    return json.loads(str(answer["json"]))


def test_a_policy_document_is_written_as_terraform_writes_it() -> None:
    statement: Properties = {
        "sid": "Trust",
        "actions": ["sts:AssumeRoleWithWebIdentity"],
        "principals": [{"type": "Federated", "identifiers": ["arn:p"]}],
        "conditions": [
            {"test": "StringEquals", "variable": "p:aud", "values": ["a"]},
            {"test": "StringEquals", "variable": "p:sub", "values": ["s", "t"]},
        ],
    }
    everyone: Properties = {
        "effect": "Deny",
        "notActions": ["s3:*"],
        "resources": ["a", "b"],
        "principals": [{"type": "*", "identifiers": ["*"]}],
    }
    assert document(statements=[statement, everyone]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Trust",
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": "arn:p"},
                "Condition": {"StringEquals": {"p:aud": "a", "p:sub": ["s", "t"]}},
            },
            {"Effect": "Deny", "NotAction": "s3:*", "Resource": ["a", "b"], "Principal": "*"},
        ],
    }


def test_source_documents_join_and_override_documents_replace_by_sid() -> None:
    source = json.dumps({"Statement": {"Sid": "A", "Effect": "Allow"}})
    override = json.dumps({"Statement": [{"Sid": "A", "Effect": "Deny"}, {"Sid": "B", "Effect": "Deny"}]})
    assert document(sourcePolicyDocuments=[source], overridePolicyDocuments=[override]) == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "A", "Effect": "Deny"}, {"Sid": "B", "Effect": "Deny"}],
    }
    with pytest.raises(BucketpassError, match="Sid `A`"):
        document(sourcePolicyDocuments=[source, source])
    with pytest.raises(BucketpassError, match="is not a policy document"):
        document(sourcePolicyDocuments=["hello"])


def test_conditions_with_one_test_and_variable_join_their_values() -> None:
    conditions: list[Value] = [{"test": "StringLike", "variable": "p:sub", "values": values} for values in (["a"], ["b", "a"])]
    assert document(statements=[{"actions": ["x"], "conditions": conditions}]) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "x", "Condition": {"StringLike": {"p:sub": ["a", "b"]}}}],
    }


def test_names_may_have_underscores_and_none_is_dropped() -> None:
    statement: Properties = {"not_actions": ["a"], "not_resources": ["b"], "not_principals": [{"type": "AWS", "identifiers": ["c"]}]}
    assert document(statements=[statement]) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": "a", "NotResource": "b", "NotPrincipal": {"AWS": "c"}}],
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"statement": []}, "`statement` is not an argument of getPolicyDocument.*Use `statements`"),
        ({"statements": [{"action": ["x"]}]}, "`action` is not an argument of a statement.*Use `actions`"),
        ({"statements": [{"conditions": [{"test": "Bool", "key": "k", "values": ["v"]}]}]}, "`key` is not an argument of a condition"),
        ({"statements": [{"principals": [{"kind": "AWS", "identifiers": ["v"]}]}]}, "`kind` is not an argument of a principal"),
        ({"statements": ["x"]}, "expected an object"),
    ],
)
def test_an_argument_that_is_not_known_is_refused(arguments: Properties, words: str) -> None:
    with pytest.raises(BucketpassError, match=words):
        policy_document(arguments)


def test_variables_are_written_as_aws_writes_them() -> None:
    statement: Properties = {
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::b/&{aws:username}/*"],
        "conditions": [{"test": "StringLike", "variable": "s3:prefix", "values": ["&{aws:username}"]}],
    }
    assert "&{" not in json.dumps(document(statements=[statement]))
    with pytest.raises(BucketpassError, match="of version 2008-10-17"):
        policy_document({"version": "2008-10-17", "statements": [statement]})


def test_an_empty_source_document_says_nothing() -> None:
    source = json.dumps({"Statement": []})
    assert document(sourcePolicyDocuments=["", source], overridePolicyDocuments=[" "], statements=[{"actions": ["x"]}]) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "x"}],
    }
