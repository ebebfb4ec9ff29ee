"""Proofs: for all requests, the policies grant what is declared, nothing more and nothing less; else a counterexample.

::

    deployment = deployment_of(compile_access(access, Target("111122223333", "eu-central-1")))
    for guarantee in guarantees(access, deployment):
        prove(guarantee)            # Answer: proved, a counterexample that the engine confirmed, or unknown and why

The symbolic twin of `decide`: `statement`, `conditions`, `variables`, `principals`, `layers` and `web_identity` turn policies into
formulas, by the rules of their namesakes there. `declared` says what the declaration means, `guarantees`, `never`, `compare` and
`faults` what is asked, `question` how it is answered. `theory` decides formulas: z3 for Booleans, automata for texts.
"""

from bucketpass.deployment.resources import Deployment, deployment_of
from bucketpass.prove.compare import Difference, Relation, Version, differences
from bucketpass.prove.faults import PolicyFault, faults
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.never import declared_nevers, never
from bucketpass.prove.question import Answer, Counterexample, Guarantee, Verdict, prove

__all__ = [
    "Answer",
    "Counterexample",
    "Deployment",
    "Difference",
    "Guarantee",
    "PolicyFault",
    "Relation",
    "Verdict",
    "Version",
    "declared_nevers",
    "deployment_of",
    "differences",
    "faults",
    "guarantees",
    "never",
    "prove",
]
