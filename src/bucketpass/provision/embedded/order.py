"""In which order resources may go: nothing before what needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bucketpass.provision.embedded.state import ResourceState

__all__ = ["replaced_with", "waves"]


def waves(resources: Iterable[ResourceState]) -> list[list[ResourceState]]:
    """`resources` in groups: what is in a group can be deleted at the same time, once the groups before it are gone."""
    left = list(resources)
    result: list[list[ResourceState]] = []
    while left:
        needed = {urn for state in left for urn in state.needs if urn != state.urn}
        free = [state for state in left if state.urn not in needed]
        if not free:  # a circle, which no program of Pulumi's can make
            free = left
        result.append(free)
        gone = set(map(id, free))
        left = [state for state in left if id(state) not in gone]
    return result


def replaced_with(urn: str, live: Mapping[str, ResourceState], fixed: Callable[[ResourceState], frozenset[str]]) -> list[ResourceState]:
    """What cannot outlive `urn`: one of its `fixed` properties, which cannot change in place, comes from it, directly or through others."""
    doomed = {urn}
    found: dict[str, ResourceState] = {}
    while True:
        more = {state.urn: state for state in live.values() if state.urn not in doomed and _tied(state, doomed, fixed(state))}
        if not more:
            return list(found.values())
        found |= more
        doomed |= more.keys()


def _tied(state: ResourceState, doomed: set[str], fixed: frozenset[str]) -> bool:
    return any(name in fixed and not doomed.isdisjoint(urns) for name, urns in state.property_dependencies.items())
