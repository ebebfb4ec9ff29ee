import pytest

from bucketpass.decide import PrincipalKind
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement
from bucketpass.prove.keys import Absent, Fixed, FreeList, FreeText, FreeValue, present
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Flag, Matches, conjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Satisfied, Unsatisfiable, Witness, solve
from bucketpass.prove.vocabulary import Vocabulary

ROLE = SymbolicPrincipal(PrincipalKind.ROLE_SESSION, "arn:aws:iam::1:role/path/r", "1", session="session")
DOCUMENT = PolicyDocument(
    (
        Statement(
            Effect.ALLOW,
            actions=("s3:*",),
            resources=("arn:aws:s3:::b/${aws:PrincipalTag/team}/*",),
            conditions=(
                Condition("StringLike", "s3:Prefix", ("a*", "${aws:SourceIdentity}")),
                Condition("Bool", "aws:SecureTransport", ("true",)),
            ),
        ),
    )
)


def request(*actions: str, fixed: dict[str, str | None] | None = None) -> SymbolicRequest:
    return SymbolicRequest.of(ROLE, actions or ("s3:GetObject", "s3:ListBucket"), Vocabulary.of([DOCUMENT]), fixed or {})


def outcome(asked: SymbolicRequest, formula: object) -> object:
    return solve(conjunction(asked.facts, formula), asked.domains)  # type: ignore[arg-type]


def test_a_key_is_fixed_absent_or_free() -> None:
    asked = request(fixed={"aws:SourceIdentity": "ann", "aws:PrincipalTag/team": None})
    assert asked.key("AWS:sourceidentity") == Fixed("ann")
    assert asked.key("aws:PrincipalTag/team") == Absent()
    assert isinstance(asked.key("s3:prefix"), FreeText)
    assert isinstance(asked.key("aws:SecureTransport"), FreeValue)


def test_a_key_that_has_several_values_is_a_list() -> None:
    vocabulary = Vocabulary.of([], [Condition("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", ("a",))])
    assert isinstance(SymbolicRequest.of(ROLE, ("s3:GetObject",), vocabulary, {}).key("aws:PrincipalOrgPaths"), FreeList)


def test_a_key_that_was_not_made_ready_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        request().key("aws:UserAgent")


def test_every_request_says_whether_it_came_over_tls() -> None:
    assert present(request().key("aws:SecureTransport")) == TRUE
    assert present(request().key("s3:prefix")) == Flag("s3:prefix is present")


def test_only_actions_that_know_a_key_can_carry_it() -> None:
    asked = request()
    assert outcome(asked, conjunction(present(asked.key("s3:prefix")), asked.does(["s3:GetObject"]))) == Unsatisfiable()
    assert isinstance(outcome(asked, conjunction(present(asked.key("s3:prefix")), asked.does(["s3:ListBucket"]))), Satisfied)


def test_an_action_is_asked_for_on_a_resource_of_its_kind() -> None:
    asked = request()
    key = Matches("resource", Glob.parse("arn:aws:s3:::?*/?*"))
    assert outcome(asked, conjunction(asked.does(["s3:ListBucket"]), key)) == Unsatisfiable()
    assert outcome(asked, conjunction(asked.does(["s3:GetObject"]), negation(key))) == Unsatisfiable()


def test_a_witness_becomes_a_request() -> None:
    asked = request(fixed={"aws:SourceIdentity": "ann"})
    witness = Witness(
        {"resource": "arn:aws:s3:::b/x", "s3:prefix": "a", "session": "one"},
        {"action": "s3:ListBucket", "aws:securetransport": "false"},
        {"s3:prefix is present": True},
    )
    made = asked.concrete(witness)
    assert (made.action, made.resource) == ("s3:ListBucket", "arn:aws:s3:::b/x")
    assert made.context == {"s3:prefix": "a", "aws:SecureTransport": "false", "aws:SourceIdentity": "ann"}
    assert made.principal.session_arn == "arn:aws:sts::1:assumed-role/r/one"
