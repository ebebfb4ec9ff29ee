from bucketpass.decide import PrincipalKind
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.statement import matching_statements, principal_match
from bucketpass.prove.theory.formula import FALSE, TRUE, Matches
from bucketpass.prove.theory.glob import Glob, Hole
from bucketpass.prove.theory.solver import Witness, holds
from bucketpass.prove.vocabulary import Vocabulary

WHO = SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::1:user/ann", "1")


def request(document: PolicyDocument) -> SymbolicRequest:
    return SymbolicRequest.of(WHO, ("s3:GetObject", "s3:PutObject"), Vocabulary.of([document]), {})


def true_of(statement: Statement, action: str, resource: str) -> bool:
    document = PolicyDocument((statement,))
    found = matching_statements(document, request(document))
    return bool(found) and holds(found[0].when, Witness({"resource": resource}, {"action": action}))


def test_actions_match_in_any_case_and_resources_do_not() -> None:
    statement = Statement(Effect.ALLOW, actions=("S3:get*",), resources=("arn:aws:s3:::B/*",))
    assert true_of(statement, "s3:GetObject", "arn:aws:s3:::B/x")
    assert not true_of(statement, "s3:GetObject", "arn:aws:s3:::b/x")
    assert not true_of(statement, "s3:PutObject", "arn:aws:s3:::B/x")


def test_not_action_and_not_resource_hold_where_no_pattern_matches() -> None:
    statement = Statement(Effect.DENY, not_actions=("s3:Get*", "s3:List*"), not_resources=("arn:aws:s3:::b/x", "arn:aws:s3:::b/y"))
    assert true_of(statement, "s3:PutObject", "arn:aws:s3:::b/z")
    assert not true_of(statement, "s3:PutObject", "arn:aws:s3:::b/x")
    assert not true_of(statement, "s3:GetObject", "arn:aws:s3:::b/z")


def test_a_statement_that_cannot_speak_of_the_request_is_left_out() -> None:
    document = PolicyDocument((Statement(Effect.ALLOW, actions=("kms:*",), resources=("*",)),))
    assert matching_statements(document, request(document)) == []


def test_a_statement_that_means_somebody_else_is_left_out() -> None:
    theirs = Statement(Effect.ALLOW, actions=("*",), resources=("*",), principal=PrincipalElement(aws=("arn:aws:iam::1:user/bob",)))
    document = PolicyDocument((theirs,))
    assert matching_statements(document, request(document), exempts_nobody=False) == []
    assert len(matching_statements(document, request(document))) == 1


def test_a_statement_on_another_bucket_is_left_out() -> None:
    document = PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("arn:aws:s3:::b/*", "arn:aws:s3:::c*")),))
    for bucket, count in (("b", 1), ("cc", 1), ("d", 0)):
        where = Matches("resource", Glob.parse(f"arn:aws:s3:::{bucket}/*"))
        asked = SymbolicRequest.of(WHO, ("s3:GetObject",), Vocabulary.of([document]), {}, resources=where)
        assert len(matching_statements(document, asked)) == count


def test_variables_are_holes_in_new_documents_and_text_in_old_ones() -> None:
    statement = Statement(Effect.ALLOW, actions=("*",), resources=("b/${aws:PrincipalTag/t}",))
    new = PolicyDocument((statement,))
    old = PolicyDocument((statement,), "2008-10-17")
    [spoken] = matching_statements(new, request(new))
    assert str(Matches("resource", Glob.of(("b/", Hole("aws:principaltag/t"))))) in str(spoken.when)
    assert [spoken.when for spoken in matching_statements(old, request(old))] == [
        Matches("resource", Glob.literal("b/${aws:PrincipalTag/t}"))
    ]


def test_a_resource_policy_without_principals_grants_nobody_and_denies_everybody() -> None:
    document = PolicyDocument(())
    allow, deny = (Statement(effect, actions=("*",), resources=("*",)) for effect in (Effect.ALLOW, Effect.DENY))
    assert principal_match(allow, request(document), exempts_nobody=False).at_all == FALSE
    assert principal_match(deny, request(document), exempts_nobody=False).at_all == TRUE


def test_a_deny_with_not_principal_exempts_nobody_who_has_a_boundary() -> None:
    spared = PrincipalElement(aws=("arn:aws:iam::1:user/ann", "1"))
    deny = Statement(Effect.DENY, actions=("*",), resources=("*",), not_principal=spared)
    asked = request(PolicyDocument(()))
    assert principal_match(deny, asked, exempts_nobody=False).at_all == FALSE
    assert principal_match(deny, asked, exempts_nobody=True).at_all == TRUE


def test_all_conditions_of_a_statement_have_to_hold() -> None:
    lines = (Condition("StringLike", "aws:UserAgent", ("a*",)), Condition("StringLike", "aws:UserAgent", ("*b",)))
    document = PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",), conditions=lines),))
    [spoken] = matching_statements(document, request(document))
    formula = spoken.when
    there = {"aws:useragent is present": True}
    assert holds(formula, Witness({"resource": "x", "aws:useragent": "ab"}, {"action": "s3:GetObject"}, there))
    assert not holds(formula, Witness({"resource": "x", "aws:useragent": "a"}, {"action": "s3:GetObject"}, there))
