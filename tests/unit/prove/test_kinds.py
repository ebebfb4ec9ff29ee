from pathlib import Path

from tests.unit.prove.worlds import CREATING, RICH, SIMPLE, TENANTS, World

from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.kinds import KINDS
from bucketpass.prove.never import never

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "prover.md"


def test_every_guarantee_is_of_a_kind_and_says_what_it_quantifies_over() -> None:
    worlds = [World.of(text) for text in (SIMPLE, TENANTS, RICH, CREATING)]
    found = [one for world in worlds for one in guarantees(world.access, world.deployment)]
    found.append(never("GetObject s3://datasets/*", [], worlds[0].access, worlds[0].deployment))
    assert {one.code for one in found} == set(KINDS)
    for one in found:
        assert one.over()[0].isdigit() or one.over().startswith("all "), one.name
        assert one.theorem


def test_the_page_names_each_kind() -> None:
    page = PAGE.read_text()
    assert [code for code in KINDS if f"`{code}`" not in page] == []
