"""In which order resources may go."""

from hypothesis import given
from hypothesis import strategies as st

from bucketpass.provision.embedded.order import replaced_with, waves
from bucketpass.provision.embedded.state import ResourceState


def state(urn: str, *needs: str, **by_property: str) -> ResourceState:
    tied = {prop: (urn,) for prop, urn in by_property.items()}
    return ResourceState(urn, "t", urn, dependencies=(*needs, *by_property.values()), property_dependencies=tied)


@given(st.lists(st.integers(0, 5), max_size=8))
def test_nothing_goes_before_what_needs_it(choices: list[int]) -> None:
    resources = [state(str(number), *([str(choice)] if choice < number else [])) for number, choice in enumerate(choices)]
    gone: set[str] = set()
    for wave in waves(resources):
        for resource in wave:
            assert all(resource.urn not in other.needs for other in resources if other.urn not in gone | {r.urn for r in wave})
        gone |= {resource.urn for resource in wave}
    assert gone == {resource.urn for resource in resources}


def test_a_parent_and_a_provider_outlive_what_they_hold() -> None:
    child = ResourceState("child", "t", "child", parent="parent", provider="provider")
    parent, provider = state("parent"), state("provider")
    assert waves([parent, provider, child]) == [[child], [parent, provider]]


def test_a_circle_ends_all_the_same() -> None:
    assert len(waves([state("a", "b"), state("b", "a")])) == 1


def test_only_fixed_properties_tie_a_resource_to_another() -> None:
    live = {s.urn: s for s in (state("base"), state("tied", name="base"), state("far", name="tied"), state("loose", colour="base"))}
    found = replaced_with("base", live, lambda resource: frozenset({"name"}))
    assert {resource.urn for resource in found} == {"tied", "far"}
