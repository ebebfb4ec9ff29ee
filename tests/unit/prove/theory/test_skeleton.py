import subprocess
import sys

from bucketpass.prove.theory.formula import FALSE, Among, Flag, conjunction, disjunction, negation
from bucketpass.prove.theory.skeleton import Proposal, Skeleton

P, Q = Flag("p"), Flag("q")


def test_a_proposal_makes_the_formula_true() -> None:
    proposal = Skeleton(conjunction(disjunction(P, Q), negation(P)), {}).propose(10)
    assert isinstance(proposal, Proposal)
    assert proposal.truth == {P: False, Q: True}


def test_nothing_is_proposed_for_what_cannot_be() -> None:
    assert Skeleton(conjunction(P, negation(P)), {}).propose(10) is None
    assert Skeleton(FALSE, {}).propose(10) is None


def test_what_was_learnt_is_not_proposed_again() -> None:
    skeleton = Skeleton(disjunction(P, Q), {})
    seen = set()
    while isinstance(proposal := skeleton.propose(10), Proposal):
        seen.add(tuple(proposal.truth.items()))
        skeleton.learn([tuple((atom, not truth) for atom, truth in proposal.truth.items())])
    assert len(seen) == 3


def test_a_variable_has_exactly_one_value_of_its_domain() -> None:
    warm, cold = Among("colour", frozenset({"red", "yellow"})), Among("colour", frozenset({"blue"}))
    domains = {"colour": ("red", "yellow", "green", "blue")}
    assert Skeleton(conjunction(warm, cold), domains).propose(10) is None
    proposal = Skeleton(conjunction(negation(warm), negation(cold)), domains).propose(10)
    assert isinstance(proposal, Proposal)
    assert proposal.values == {"colour": "green"}
    assert Skeleton(conjunction(negation(warm), negation(cold)), {"colour": ("red", "blue")}).propose(10) is None


def test_the_solver_is_imported_only_where_it_is_used() -> None:
    script = "import sys, bucketpass.prove.theory.solver; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
