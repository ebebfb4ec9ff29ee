"""What policies can tell apart."""

import json

from bucketpass.policy import parse_policy
from bucketpass.policy.pattern import Variable, Wildcard
from bucketpass.usage.atoms import Atoms, atoms_of


def atoms(**statement: object) -> Atoms:
    return atoms_of(
        [parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", **statement}]}))]
    )


def test_a_pattern_with_a_variable_is_there_with_any_text_in_its_place_too() -> None:
    found = atoms(Resource="arn:aws:s3:::b/${aws:PrincipalTag/team}/x")
    assert found.resources == (
        ("arn:aws:s3:::b/", Variable("aws:PrincipalTag/team"), "/x"),
        ("arn:aws:s3:::b/", Wildcard.ANY_TEXT, "/x"),
    )
    assert found.session_variables() == ("aws:principaltag/team",)


def test_operators_on_a_prefix_that_are_none_of_patterns_ask_for_the_prefix_itself() -> None:
    assert not atoms(Resource="*", Condition={"StringLike": {"s3:prefix": "a*"}, "Null": {"s3:prefix": "true"}}).prefix_itself
    assert atoms(Resource="*", Condition={"StringEqualsIgnoreCase": {"s3:prefix": "a"}}).prefix_itself
    assert atoms(Resource="*", Condition={"NumericEquals": {"s3:prefix": "1"}}).prefix_itself


def test_times_lines_and_sessions_are_found() -> None:
    found = atoms(Resource="*", Condition={"DateLessThan": {"aws:CurrentTime": "2026-11-30T00:00:00Z"}})
    assert (found.times, found.mentions("aws:currenttime"), found.names_sessions) == (("2026-11-30T00:00:00Z",), True, False)
    assert atoms(Resource="*", Principal={"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}).names_sessions


def test_the_encryption_context_of_objects_is_a_pattern_of_resources() -> None:
    found = atoms(Resource="*", Condition={"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::b/raw/*"}})
    assert ("arn:aws:s3:::b/raw/", Wildcard.ANY_TEXT) in found.resources
