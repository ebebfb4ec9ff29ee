from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.compile.packing import GrantPart, grant_part, merge, pack
from bucketpass.compile.plan import Origin, TracedStatement
from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet, Principal, PrincipalKind, decide
from bucketpass.errors import QuotaError
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement, policy_size

ACTIONS = ("s3:GetObject", "s3:ListBucket", "s3:PutObject")
RESOURCES = ("arn:aws:s3:::a/*", "arn:aws:s3:::a/x", "arn:aws:s3:::b", "arn:aws:s3:::b/*")
PREFIXES = ("x/*", "y/*", "z")
OPERATORS = ("StringLike", "StringEquals", "StringNotLike", "StringLikeIfExists", "ForAllValues:StringLike")
CALLER = Principal(PrincipalKind.ROLE_SESSION, arn="arn:aws:iam::111122223333:role/r", account="111122223333")


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values), min_size=1).map(lambda chosen: tuple(sorted(chosen)))


@st.composite
def traced_statements(draw: st.DrawFn) -> tuple[TracedStatement, ...]:
    made = []
    for number in range(draw(st.integers(0, 8))):
        conditions = [
            *(Condition(operator, "s3:prefix", draw(some(PREFIXES))) for operator in draw(st.sets(st.sampled_from(OPERATORS), max_size=2))),
            *([Condition("StringEquals", "aws:SourceVpce", draw(some(("vpce-1", "vpce-2"))))] if draw(st.booleans()) else []),
        ]
        statement = Statement(Effect.ALLOW, actions=draw(some(ACTIONS)), resources=draw(some(RESOURCES)), conditions=tuple(conditions))
        made.append(TracedStatement(statement, (Origin(f"services.job.grants[{number}]", "words"),)))
    return tuple(made)


def allowed(documents: list[PolicyDocument]) -> set[tuple[str, ...]]:
    """Every request of a small world that the documents allow together."""
    layers = PolicySet(identity=tuple(NamedPolicy(str(number), document) for number, document in enumerate(documents)))
    found: set[tuple[str, ...]] = set()
    for action in ACTIONS:
        for resource in ("arn:aws:s3:::a/x", "arn:aws:s3:::a/y", "arn:aws:s3:::b", "arn:aws:s3:::b/x"):
            for prefix in ("x/1", "x/*", "y/1", "z", "zz", "", None):
                for endpoint in ("vpce-1", "vpce-2", ""):
                    context = {"aws:SourceVpce": endpoint} | ({} if prefix is None else {"s3:prefix": prefix})
                    if decide(AuthorizationRequest(CALLER, action, resource, context), layers).allowed:
                        found.add((action, resource, str(prefix), endpoint))
    return found


def as_allowed(statements: Sequence[TracedStatement]) -> list[GrantPart]:
    return [
        grant_part(
            traced.statement.actions or (),
            traced.statement.resources or (),
            tuple((line.operator, line.key, line.values) for line in traced.statement.conditions),
            traced.origins,
        )
        for traced in statements
    ]


def document(statements: tuple[TracedStatement, ...]) -> PolicyDocument:
    return PolicyDocument(tuple(traced.statement for traced in statements))


@given(traced_statements())
def test_merging_changes_no_decision(statements: tuple[TracedStatement, ...]) -> None:
    assert allowed([document(merge(as_allowed(statements)))]) == allowed([document(statements)])


@given(traced_statements(), st.integers(420, 900))
def test_splitting_changes_no_decision_and_keeps_to_the_limit(statements: tuple[TracedStatement, ...], limit: int) -> None:
    documents = [traced.document for traced in pack(statements, limit)]
    assert allowed(documents) == allowed([document(statements)])
    assert all(policy_size(one) <= limit for one in documents)


@given(traced_statements(), st.randoms(use_true_random=False))
def test_the_order_in_which_grants_are_written_changes_nothing(statements: tuple[TracedStatement, ...], random: object) -> None:
    shuffled = list(statements)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert document(merge(as_allowed(shuffled))) == document(merge(as_allowed(statements)))


@given(traced_statements())
def test_no_origin_is_lost(statements: tuple[TracedStatement, ...]) -> None:
    before = {origin for traced in statements for origin in traced.origins}
    assert {origin for traced in merge(as_allowed(statements)) for origin in traced.origins} == before


@pytest.mark.parametrize("other", ["StringEquals", "StringNotLike", "StringLikeIfExists"])
def test_statements_that_differ_in_an_operator_stay_two(other: str) -> None:
    statements = tuple(
        TracedStatement(
            Statement(Effect.ALLOW, actions=("s3:ListBucket",), resources=("arn:aws:s3:::b",), conditions=(condition,)),
            (Origin(f"services.job.grants[{number}]", "words"),),
        )
        for number, condition in enumerate((Condition("StringLike", "s3:prefix", ("x/*",)), Condition(other, "s3:prefix", ("y/*",))))
    )
    assert len(merge(as_allowed(statements))) == 2
    assert allowed([document(merge(as_allowed(statements)))]) == allowed([document(statements)])


def test_a_statement_that_cannot_be_split_is_an_error_that_names_its_grant() -> None:
    statement = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::a/" + "x" * 500,))
    with pytest.raises(QuotaError, match=r"services\.job\.grants\[0\]"):
        pack([TracedStatement(statement, (Origin("services.job.grants[0]", "words"),))], 300)


@pytest.mark.parametrize("letter", ["\u65e5", "\U0001f600", '"', "\u00e9"])
def test_letters_that_json_writes_longer_are_counted_as_they_are_written(letter: str) -> None:
    """A policy of 1,200 Japanese letters has more than 6,144 characters for IAM."""
    statements = [
        TracedStatement(
            Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=(f"arn:aws:s3:::a/{letter * 100}{number}",)),
            (Origin(f"services.job.grants[{number}]", "words"),),
        )
        for number in range(12)
    ]
    documents = [traced.document for traced in pack(statements, 1_400)]
    assert all(policy_size(one) <= 1_400 for one in documents)
    assert sum(len(one.statements) for one in documents) == 12
