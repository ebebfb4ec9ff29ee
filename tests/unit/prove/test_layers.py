import random

import pytest
from tests.unit.prove import drawn

from bucketpass.decide import decide
from bucketpass.prove.layers import allowed
from bucketpass.prove.theory.formula import Unmodelled, atoms_of
from bucketpass.prove.theory.solver import holds


@pytest.mark.parametrize("seed", range(6))
def test_the_formula_is_true_of_exactly_the_requests_that_the_engine_allows(seed: int) -> None:
    chance = random.Random(seed)
    compared = {True: 0, False: 0}
    for _ in range(150):
        policies = drawn.layers(chance)
        asked = drawn.request(chance, policies)
        formula = allowed(asked, policies)
        if any(isinstance(atom, Unmodelled) for atom in atoms_of(formula)):
            continue
        for _ in range(8):
            witness = drawn.witness(chance, asked)
            request = asked.concrete(witness)
            assert holds(formula, witness) == decide(request, policies).allowed, (request, policies)
            compared[decide(request, policies).allowed] += 1
    assert compared[True] > 50
    assert compared[False] > 50
