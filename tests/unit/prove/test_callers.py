from tests.unit.prove.worlds import SIMPLE, World

from bucketpass.decide import PrincipalKind
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.actions import UNLISTED
from bucketpass.prove.callers import KEY_ACTIONS, S3_ACTIONS, anonymous, service_session, undeclared_principals
from bucketpass.prove.keys import Absent, Fixed, FreeText, TextValue
from bucketpass.prove.vocabulary import Vocabulary

WORLD = World.of(SIMPLE)
LINES = tuple(
    Condition("Null", key, ("true",))
    for key in ("acme.example:sub", "acme.example:ref", "kms:ViaService", "s3:prefix", "aws:PrincipalArn", "aws:PrincipalIsAWSService")
)
VOCABULARY = Vocabulary.of([], LINES)


def test_actions_are_those_of_one_service_on_resources() -> None:
    assert "s3:GetObject" in S3_ACTIONS
    assert "s3:ListAllMyBuckets" not in S3_ACTIONS
    assert all(action.startswith("kms:") for action in KEY_ACTIONS if action != UNLISTED)


def test_a_session_brings_its_role_and_keeps_the_subject_of_its_token() -> None:
    role = WORLD.deployment.roles[0]
    request = service_session(role, WORLD.deployment, S3_ACTIONS, VOCABULARY)
    assert request.key("aws:PrincipalArn") == Fixed(role.arn)
    assert isinstance(request.key("acme.example:sub"), FreeText)
    assert request.key("acme.example:ref") == Absent()
    assert request.key("kms:ViaService") == Absent()


def test_sessions_that_meet_in_one_formula_have_variables_of_their_own() -> None:
    role = WORLD.deployment.roles[0]
    one, other = (service_session(role, WORLD.deployment, S3_ACTIONS, VOCABULARY, name=name) for name in ("one ", "other "))
    assert one.resource == other.resource
    assert one.action != other.action
    assert one.key("s3:prefix") != other.key("s3:prefix")


def test_strangers_are_of_every_kind_and_of_every_account_that_is_named() -> None:
    named = Statement(Effect.ALLOW, principal=PrincipalElement(aws=("arn:aws:iam::444455556666:role/x",)))
    vocabulary = Vocabulary.of([PolicyDocument((named,))], LINES)
    found = [
        (who, request) for who, request in undeclared_principals(WORLD.deployment, S3_ACTIONS, vocabulary, resource_account="111122223333")
    ]
    assert {(request.principal.kind, request.principal.account) for _, request in found} == {
        *(
            (kind, account)
            for kind in (PrincipalKind.ROLE_SESSION, PrincipalKind.USER, PrincipalKind.ROOT, PrincipalKind.WEB_IDENTITY)
            for account in ("111122223333", "444455556666", "999999999999")
        ),
        (PrincipalKind.SERVICE, ""),
        (PrincipalKind.CANONICAL_USER, ""),
        (PrincipalKind.ORIGIN_ACCESS_IDENTITY, ""),
    }
    assert found[0][0] == "a role of the account"


def test_a_service_of_aws_says_that_it_is_one_and_an_unsigned_request_says_nothing() -> None:
    *_, (_, service) = undeclared_principals(WORLD.deployment, S3_ACTIONS, VOCABULARY, resource_account="111122223333")
    nobody = anonymous(WORLD.deployment, S3_ACTIONS, VOCABULARY, resource_account="111122223333")
    assert service.key("aws:PrincipalIsAWSService") == Fixed("true")
    assert isinstance(service.principal.arn, TextValue)
    assert nobody.key("aws:PrincipalIsAWSService") == Absent()
    assert nobody.key("aws:PrincipalArn") == service.key("aws:PrincipalArn") == Absent()
    assert nobody.key("aws:PrincipalAccount") == Fixed("anonymous")
    name = service.key("aws:PrincipalServiceName")
    assert isinstance(name, FreeText)
    assert name.text == service.principal.arn
