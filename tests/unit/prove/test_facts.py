import pytest

from bucketpass.decide import PrincipalKind
from bucketpass.policy import Condition
from bucketpass.prove.facts import is_session_name, usual_resources
from bucketpass.prove.keys import TextValue, present
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import Formula, Matches, conjunction
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Satisfied, Unsatisfiable, solve
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.requests.header_rules import HEADER_RULES, HeaderRule

USER = SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::111122223333:user/ann", "111122223333")


def asked(rule: HeaderRule, *keys: str) -> SymbolicRequest:
    return SymbolicRequest.of(
        USER, (rule.action, "s3:GetObject"), Vocabulary.of([], [Condition("Null", key, ("true",)) for key in keys]), {}
    )


@pytest.mark.parametrize("rule", HEADER_RULES, ids=str)
def test_no_request_has_headers_that_s3_takes_only_otherwise(rule: HeaderRule) -> None:
    request = asked(rule, rule.key, rule.other)
    other = request.key(rule.other)
    there = conjunction(request.facts, request.does([rule.action]), present(request.key(rule.key)))
    found = solve(there, request.domains)
    assert isinstance(found, Satisfied)
    context = request.concrete(found.witness).context
    if rule.values == ():
        assert rule.other not in {name.lower() for name in context}
        assert solve(conjunction(there, present(other)), request.domains) == Unsatisfiable()
    else:
        [value] = [value for name, value in context.items() if name.lower() == rule.other]
        assert rule.values is None or value in rule.values


def test_a_header_that_another_needs_is_sent_where_no_policy_names_it() -> None:
    [rule, *_] = HEADER_RULES
    request = asked(rule, rule.key)
    found = solve(conjunction(request.facts, present(request.key(rule.key))), request.domains)
    assert isinstance(found, Satisfied)
    assert request.concrete(found.witness).context["s3:x-amz-server-side-encryption"] == "aws:kms"


def holds_of(text: str, formula: Formula, variable: str) -> bool:
    return isinstance(solve(conjunction(Matches(variable, Glob.literal(text)), formula)), Satisfied)


def test_names_are_as_sts_and_s3_take_them() -> None:
    assert holds_of("one@acme", is_session_name(TextValue("name")), "name")
    assert not holds_of("one two", is_session_name(TextValue("name")), "name")
    assert not holds_of("x", is_session_name(TextValue("name")), "name")
    assert holds_of("arn:aws:s3:::acme/x", usual_resources("aws"), "resource")
    assert not holds_of("arn:aws:s3:::a", usual_resources("aws"), "resource")
