"""The engine against the slow and obvious evaluator, on generated policies and requests."""

from hypothesis import given, settings
from tests.reference.evaluator import answer
from tests.strategies import conditions, layers, requests

from bucketpass.decide import NamedPolicy, PolicySet, decide
from bucketpass.policy.document import Condition, Effect, PolicyDocument, Statement
from bucketpass.requests.request import AuthorizationRequest


@settings(max_examples=150)
@given(request=requests(), layers=layers())
def test_the_engine_answers_what_the_rules_say(request: AuthorizationRequest, layers: PolicySet) -> None:
    decision = decide(request, layers)
    assert (decision.allowed, decision.explicit_deny) == answer(request, layers)


@settings(max_examples=250)
@given(request=requests(), condition=conditions())
def test_each_condition_holds_when_the_rules_say_so(request: AuthorizationRequest, condition: Condition) -> None:
    for effect in Effect:
        statement = Statement(effect, actions=("*",), resources=("*",), conditions=(condition,))
        document = PolicyDocument((statement, Statement(Effect.ALLOW, actions=("s3:PutObject",), resources=("*",))))
        layers = PolicySet(identity=(NamedPolicy("policy", document),))
        decision = decide(request, layers)
        assert (decision.allowed, decision.explicit_deny) == answer(request, layers)
