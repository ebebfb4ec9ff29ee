from tests.unit.prove.test_request import DOCUMENT

from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.vocabulary import Vocabulary, accounts_of, unique_ids_of


def test_the_vocabulary_has_keys_of_conditions_and_of_variables() -> None:
    assert set(Vocabulary.of([DOCUMENT]).conditions) == {"s3:prefix", "aws:securetransport", "aws:principaltag/team", "aws:sourceidentity"}


def test_the_variables_of_an_old_document_are_no_keys() -> None:
    old = PolicyDocument(DOCUMENT.statements, "2008-10-17")
    assert set(Vocabulary.of([old]).conditions) == {"s3:prefix", "aws:securetransport"}


def test_accounts_and_unique_ids_are_those_that_a_statement_tells_apart() -> None:
    element = PrincipalElement(aws=("arn:aws:iam::111122223333:root", "AROAEXAMPLE"))
    line = Condition("StringEquals", "aws:SourceAccount", ("444455556666", "4444555566667"))
    statement = Statement(Effect.ALLOW, principal=element, conditions=(line,))
    assert [*accounts_of(statement)] == ["111122223333", "444455556666"]
    assert [*unique_ids_of(statement)] == ["AROAEXAMPLE"]
