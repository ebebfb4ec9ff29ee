import pytest
from tests.unit.prove.foreign import GITHUB, OKTA

from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import DeployedRole
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement
from bucketpass.prove.outsiders import of_outsiders, who_makes
from bucketpass.prove.theory.solver import Witness, holds
from bucketpass.prove.web_identity import token_request

SUBJECT = "token.actions.githubusercontent.com:sub"


def trust(*subjects: str) -> PolicyDocument:
    return PolicyDocument((Statement(Effect.ALLOW, conditions=(Condition("StringLike", SUBJECT, subjects),)),))


@pytest.mark.parametrize(
    ("subject", "outside"),
    [
        ("repo:evil/eval:environment:x", True),
        ("repo:acme-labs/eval:environment:x", True),
        ("repo:acme/eval:environment:x", False),
        ("organization:acme", False),
        ("repo:/eval:environment:x", False),
        ("repo:evil/eval", False),
    ],
)
def test_outsiders_are_whom_no_trust_names_up_to_the_end(subject: str, outside: bool) -> None:
    document = trust("repo:acme/*", "repo:acm*")
    request = token_request(GITHUB, [DeployedRole("arn:aws:iam::111122223333:role/r", NamedPolicy("trust", document))])
    formula = of_outsiders(GITHUB, request, [document])
    assert holds(formula, Witness({SUBJECT: subject}, flags={f"{SUBJECT} is present": True})) is outside


def test_who_can_make_a_token_is_known_of_issuers_that_serve_many() -> None:
    assert who_makes(GITHUB, []) == "anybody with a repository on that server"
    assert not who_makes(OKTA, [])
