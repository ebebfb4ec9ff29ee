import subprocess
import sys
from pathlib import Path

from bucketpass.prove.theory.formula import FALSE, Among, Flag, conjunction, disjunction, negation
from bucketpass.prove.theory.skeleton import Proposal, Skeleton

P, Q = Flag("p"), Flag("q")
EXAMPLE = Path(__file__).parents[4] / "examples" / "access.yaml"


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


def test_without_the_solver_the_remedy_is_named() -> None:
    script = f"""import sys
sys.modules["z3"] = None
from bucketpass.cli.main import main
sys.exit(main(["prove", "--access", {str(EXAMPLE)!r}, "--never", "GetObject s3://datasets/raw/*"]))"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 3
    assert "`z3` is not installed" in done.stderr
    assert "pip install '.[prove]'" in done.stderr
