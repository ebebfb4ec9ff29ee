"""Conditions on keys that a log does not tell are taken both ways."""

import json

from bucketpass.policy import parse_policy
from bucketpass.usage.decisions import without_untold


def document(effect: str, **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "s3:GetObject", **more}]})


TAGGED = {"Resource": "*", "Condition": {"StringEquals": {"s3:ExistingObjectTag/a": "b"}}}
UNTOLD = frozenset({"s3:existingobjecttag/a", "aws:principaltag/team"})


def test_an_untold_test_is_met_for_the_lenient_answer_and_unmet_for_the_strict_one() -> None:
    allow, deny = parse_policy(document("Allow", **TAGGED)), parse_policy(document("Deny", **TAGGED))
    assert [len(without_untold(allow, UNTOLD, lenient=way).statements) for way in (True, False)] == [1, 0]
    assert [len(without_untold(deny, UNTOLD, lenient=way).statements) for way in (True, False)] == [0, 1]
    assert without_untold(allow, UNTOLD, lenient=True).statements[0].conditions == ()


def test_a_settled_deny_did_not_apply() -> None:
    deny = parse_policy(document("Deny", **TAGGED))
    assert without_untold(deny, UNTOLD, frozenset(deny.statements), lenient=False).statements == ()


def test_an_untold_variable_is_any_text_or_nothing() -> None:
    allow = parse_policy(document("Allow", Resource=["arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "arn:aws:s3:::b/all"]))
    assert without_untold(allow, UNTOLD, lenient=True).statements[0].resources == ("arn:aws:s3:::b/*/*", "arn:aws:s3:::b/all")
    assert without_untold(allow, UNTOLD, lenient=False).statements[0].resources == ("arn:aws:s3:::b/all",)


def test_what_is_told_stays() -> None:
    allow = parse_policy(document("Allow", Resource="*", Condition={"StringLike": {"s3:prefix": "a*"}}))
    assert without_untold(allow, UNTOLD, lenient=True) == allow == without_untold(allow, UNTOLD, lenient=False)
