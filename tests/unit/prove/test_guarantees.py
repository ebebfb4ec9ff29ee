from tests.unit.prove.worlds import SIMPLE, TENANTS, World

from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.theory.formula import conjunction
from bucketpass.prove.theory.solver import Satisfied, solve


def test_every_service_and_every_bucket_has_its_guarantees() -> None:
    world = World.of(SIMPLE)
    assert [one.name for one in guarantees(world.access, world.deployment)] == [
        "tokens of trainer",
        "callers of trainer",
        "requests of trainer",
        "administration by trainer",
        "tokens of evaluator",
        "callers of evaluator",
        "requests of evaluator",
        "administration by evaluator",
        "others at datasets",
        "public access to datasets",
        "writers of datasets",
        "administration of datasets",
        "transport of datasets",
        "encryption of datasets",
        "customer keys of datasets",
        "key of datasets",
    ]


def test_a_service_of_tenants_has_one_more() -> None:
    world = World.of(TENANTS)
    assert "tenants of app" in [one.name for one in guarantees(world.access, world.deployment)]


def test_each_guarantee_speaks_of_requests_that_there_are() -> None:
    # A contradiction in the facts of a case would prove anything.
    for text in (SIMPLE, TENANTS):
        world = World.of(text)
        for guarantee in guarantees(world.access, world.deployment):
            cases = list(guarantee.cases())
            assert cases
            for case in cases:
                facts = conjunction(*(asked.request.facts for asked in case.asked))
                assert isinstance(solve(facts, case.domains), Satisfied), guarantee.name


def test_names_are_unique() -> None:
    world = World.of(SIMPLE)
    names = [one.name for one in guarantees(world.access, world.deployment)]
    assert len(names) == len(set(names))
