import pytest

from bucketpass.compile.dialect import Findings
from bucketpass.compile.dialect_rgw_statement import translated_document
from bucketpass.compile.plan import Origin, TracedDocument, TracedStatement
from bucketpass.policy import Condition, Effect, PrincipalElement, Statement

BUCKET = "arn:aws:s3:::datasets"
ADMIN = "arn:aws:iam:::user/admin"


def spoken(
    *conditions: Condition,
    effect: Effect = Effect.ALLOW,
    actions: tuple[str, ...] | None = ("s3:GetObject",),
    resources: tuple[str, ...] = (f"{BUCKET}/raw/*",),
    principal: PrincipalElement | None = None,
    not_actions: tuple[str, ...] | None = None,
) -> tuple[list[Statement], set[str]]:
    statement = Statement(effect, actions, not_actions, resources, principal=principal, conditions=conditions)
    findings = Findings()
    document = translated_document(TracedDocument((TracedStatement(statement, (Origin("buckets.a", "a"),)),)), findings)
    return [traced.statement for traced in document.statements], {code for code, _ in findings.met}


@pytest.mark.parametrize(
    ("given", "expected", "code"),
    [
        (("StringNotEquals", "s3:prefix", "a"), ("StringNotEqualsIfExists", "s3:prefix", "a"), "negated-absent"),
        (("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"), ("NotIpAddressIfExists", "aws:SourceIp", "10.0.0.0/8"), "negated-absent"),
        (("Null", "s3:prefix", "false"), ("StringLike", "s3:prefix", "?*"), "null-false"),
        (("Bool", "aws:SecureTransport", "false"), ("BoolIfExists", "aws:SecureTransport", "false"), "secure-transport"),
    ],
)
def test_absence_means_what_it_means_on_aws(given: tuple[str, str, str], expected: tuple[str, str, str], code: str) -> None:
    statements, codes = spoken(Condition(given[0], given[1], (given[2],)))
    assert statements[0].conditions == (Condition(expected[0], expected[1], (expected[2],)),)
    assert codes == {code}


@pytest.mark.parametrize(
    "condition",
    [
        Condition("StringEquals", "s3:prefix", ("a",)),
        Condition("StringNotEqualsIfExists", "s3:prefix", ("a",)),
        Condition("Null", "s3:prefix", ("true",)),
        Condition("Bool", "aws:SecureTransport", ("true",)),
        Condition("StringEquals", "id.example.com:repository", ("a/b",)),
        Condition("StringEquals", "s3:ExistingObjectTag/team", ("${aws:PrincipalTag/team}",)),
    ],
)
def test_what_means_the_same_stays_as_it_is(condition: Condition) -> None:
    statements, codes = spoken(condition)
    assert (statements[0].conditions, codes) == ((condition,), set())


@pytest.mark.parametrize("effect", Effect)
def test_a_statement_that_needs_a_key_which_is_never_set_goes_and_is_noted(effect: Effect) -> None:
    assert spoken(Condition("StringEquals", "aws:SourceVpce", ("vpce-1",)), effect=effect) == ([], {"networks-of-aws"})


def test_a_condition_that_always_holds_there_goes_and_is_noted() -> None:
    statements, codes = spoken(Condition("StringNotEqualsIfExists", "aws:PrincipalOrgID", ("o-1",)), effect=Effect.DENY)
    assert (statements[0].conditions, codes) == ((), {"organizations"})


def test_no_caller_is_an_aws_service() -> None:
    condition = Condition("BoolIfExists", "aws:PrincipalIsAWSService", ("false",))
    statements, codes = spoken(condition, effect=Effect.DENY)
    assert (statements[0].conditions, codes) == ((), set())
    assert spoken(Condition("Bool", "aws:PrincipalIsAWSService", ("true",))) == ([], set())


def test_a_deny_that_spares_principals_by_arn_names_them_as_not_principal() -> None:
    spared = Condition("ArnNotLikeIfExists", "aws:PrincipalArn", (ADMIN,))
    statements, codes = spoken(spared, effect=Effect.DENY, principal=PrincipalElement(everyone=True))
    assert (statements[0].principal, statements[0].not_principal) == (None, PrincipalElement(aws=(ADMIN,)))
    assert (statements[0].conditions, codes) == ((), {"not-principal"})


def test_roles_are_named_without_their_paths() -> None:
    spared = Condition("ArnNotLikeIfExists", "aws:PrincipalArn", ("arn:aws:iam:::role/ai/team/job", ADMIN, "arn:aws:iam:::role/plain"))
    statements, codes = spoken(spared, effect=Effect.DENY, principal=PrincipalElement(everyone=True))
    assert statements[0].not_principal == PrincipalElement(aws=("arn:aws:iam:::role/job", ADMIN, "arn:aws:iam:::role/plain"))
    assert codes == {"not-principal", "role-paths"}


@pytest.mark.parametrize(
    ("operator", "value", "effect"),
    [
        ("ArnNotLike", "arn:aws:iam:::role/*", Effect.DENY),
        ("ArnLike", ADMIN, Effect.DENY),
        ("ArnNotLike", ADMIN, Effect.ALLOW),
    ],
)
def test_principals_that_cannot_be_named_exactly_are_noted(operator: str, value: str, effect: Effect) -> None:
    _, codes = spoken(Condition(operator, "aws:PrincipalArn", (value,)), effect=effect, principal=PrincipalElement(everyone=True))
    assert "condition-keys" in codes


def test_who_may_delete_objects_may_send_batches() -> None:
    statements, codes = spoken(actions=("s3:DeleteObject", "s3:GetObject"))
    assert [(statement.actions, statement.resources) for statement in statements] == [
        (("s3:DeleteObject", "s3:GetObject"), (f"{BUCKET}/raw/*",)),
        (("s3:DeleteObject",), (BUCKET,)),
    ]
    assert codes == {"batch-delete"}


@pytest.mark.parametrize(
    ("actions", "kept", "codes"),
    [
        (("s3:GetObject", "s3:GetObjectAttributes"), ("s3:GetObject",), {"operations"}),
        (("kms:Decrypt",), None, {"kms"}),
        (("sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"), ("sts:AssumeRoleWithWebIdentity",), set()),
    ],
)
def test_actions_that_are_not_known_there_are_not_named(actions: tuple[str, ...], kept: tuple[str, ...] | None, codes: set[str]) -> None:
    statements, found = spoken(actions=actions)
    assert [statement.actions for statement in statements] == ([] if kept is None else [kept])
    assert found == codes


@pytest.mark.parametrize(
    ("resource", "value", "code"),
    [
        (f"{BUCKET}/${{aws:PrincipalTag/tenant}}/*", "a", "variables-in-resources"),
        (f"{BUCKET}/a${{*}}b", "a", "variables-in-resources"),
        (f"{BUCKET}/*", "${aws:PrincipalTag/tenant}/*", "variables-in-values"),
        (f"{BUCKET}/*", "a${*}b", "variables-in-values"),
    ],
)
def test_variables_that_are_not_read_are_noted(resource: str, value: str, code: str) -> None:
    _, codes = spoken(Condition("StringLike", "s3:prefix", (value,)), resources=(resource,))
    assert codes == {code}


@pytest.mark.parametrize("operator", ["ForAllValues:StringNotLike", "ForAnyValue:ArnLike"])
def test_set_operators_that_it_refuses_are_noted(operator: str) -> None:
    _, codes = spoken(Condition(operator, "aws:TagKeys", ("a",)))
    assert "set-operators" in codes


def test_not_action_is_noted() -> None:
    _, codes = spoken(effect=Effect.DENY, actions=None, not_actions=("s3:GetObject",))
    assert codes == {"not-action"}
