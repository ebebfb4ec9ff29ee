from collections.abc import Mapping

from bucketpass.decide import AuthorizationRequest, Decision, NamedPolicy, PolicySet, PrincipalKind
from bucketpass.policy import Effect, PolicyDocument, Statement
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.question import Asked, Case, Guarantee, Verdict, prove
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, Matches, Unmodelled, conjunction
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Outcome, Undecidable
from bucketpass.prove.vocabulary import Vocabulary

LAYERS = PolicySet(
    identity=(NamedPolicy("p", PolicyDocument((Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::b/raw/*",)),))),)
)
REQUEST = SymbolicRequest.of(
    SymbolicPrincipal(PrincipalKind.USER, "arn:aws:iam::1:user/ann", "1"),
    ("s3:GetObject",),
    Vocabulary.of([LAYERS.identity[0].document]),
    {},
)
MAY = allowed(REQUEST, LAYERS)


def guarantee(*broken: Formula, unknown: tuple[str, ...] = ()) -> Guarantee:
    cases = [Case.of(REQUEST, formula, LAYERS, expected=True, description="may") for formula in broken]
    return Guarantee("a name", "a theorem", lambda: cases, unknown=unknown)


def test_a_guarantee_that_no_request_breaks_is_proved() -> None:
    secret = Matches("resource", Glob.parse("arn:aws:s3:::b/secret/*"))
    assert prove(guarantee(conjunction(MAY, secret))).verdict is Verdict.PROVED


def test_nothing_to_ask_is_no_proof() -> None:
    answer = prove(guarantee())
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.reasons == ("there is nothing deployed that this could be asked about",)
    assert prove(Guarantee("a name", "a theorem", list, holds_without_cases=True)).verdict is Verdict.PROVED


def test_a_counterexample_is_a_request_that_the_engine_allows_with_the_statements_that_do() -> None:
    answer = prove(guarantee(MAY))
    assert answer.verdict is Verdict.COUNTEREXAMPLE
    assert answer.counterexample is not None
    [(request, decision)] = answer.counterexample.requests
    assert (request.action, request.resource) == ("s3:GetObject", "arn:aws:s3:::b/raw/")
    assert decision.allowed
    assert [str(statement) for statement in decision.statements] == ["statement 0 of p"]


def test_a_replay_that_disagrees_is_never_a_proof_and_never_a_counterexample() -> None:
    answer = prove(guarantee(TRUE))
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.reasons[0].startswith("internal error: the prover found s3:GetObject on ")
    refusing = Asked(REQUEST, True, lambda request: Decision(False, False, "no"))
    cases = [Case((refusing,), MAY, "may")]
    assert prove(Guarantee("a name", "a theorem", lambda: cases)).verdict is Verdict.UNKNOWN


def test_what_is_not_modelled_makes_the_answer_unknown_and_is_named() -> None:
    answer = prove(guarantee(conjunction(MAY, Unmodelled("a new operator"))))
    assert (answer.verdict, answer.reasons) == (Verdict.UNKNOWN, ("a new operator",))


def test_a_counterexample_is_worth_more_than_what_is_unknown_elsewhere() -> None:
    assert prove(guarantee(conjunction(MAY, Unmodelled("a new operator")), MAY)).verdict is Verdict.COUNTEREXAMPLE


def test_a_policy_that_is_not_known_leaves_the_guarantee_unknown() -> None:
    answer = prove(guarantee(FALSE, unknown=("the policy of bucket b",)))
    assert (answer.verdict, answer.reasons) == (Verdict.UNKNOWN, ("the policy of bucket b",))


def test_a_solver_that_does_not_answer_proves_nothing() -> None:
    def silent(formula: Formula, domains: Mapping[str, tuple[str, ...]], seconds: float) -> Outcome:
        return Undecidable(("too large",))

    answer = prove(guarantee(MAY), solver=silent)
    assert (answer.verdict, answer.reasons) == (Verdict.UNKNOWN, ("too large",))


def test_all_requests_of_a_case_are_asked() -> None:
    asked: list[AuthorizationRequest] = []

    def note(request: AuthorizationRequest) -> Decision:
        asked.append(request)
        return Decision(True, False, "yes")

    case = Case((Asked(REQUEST, True, note), Asked(REQUEST, True, note)), MAY, "both may")
    answer = prove(Guarantee("a name", "a theorem", lambda: [case]))
    assert answer.counterexample is not None
    assert [request for request, _ in answer.counterexample.requests] == asked
