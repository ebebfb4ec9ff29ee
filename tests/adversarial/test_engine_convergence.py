"""Any sequence of programs, refusals and power cuts ends, with one calm run, in exactly what the last program asks for."""

from contextlib import suppress
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fake_cloud import THING, Laboratory, PowerCut, thing, urn

from bucketpass.provision.embedded.goal import Goal, ResourceOptions
from bucketpass.provision.embedded.values import Value

NAMES = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in a run: after how many moments the power goes, which calls are refused."""

    moments: int | None
    refused: frozenset[str]


@st.composite
def programs(draw: st.DrawFn) -> list[Goal]:
    """Things that may need earlier ones, with or without names of their own."""
    made: list[str] = []
    goals = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        inputs: dict[str, Value] = {"colour": draw(st.sampled_from(["red", "blue"])), "size": draw(st.integers(1, 2))}
        if draw(st.booleans()):
            inputs["tags"] = {"n": draw(st.sampled_from("12"))}
        on = draw(st.sampled_from([None, *made]))
        before = draw(st.sampled_from([None, None, True]))
        goal = thing(name, on=on, options=ResourceOptions(delete_before_replace=before))
        goals.append(replace(goal, inputs={**goal.inputs, **inputs}))
        made.append(name)
    return goals


CALLS = st.builds(lambda verb, name: f"{verb} {name}", st.sampled_from(["create", "update", "delete", "tag"]), st.sampled_from(NAMES))
TROUBLES = st.builds(Trouble, st.none() | st.integers(0, 30), st.frozensets(CALLS, max_size=2))


def wanted(program: list[Goal]) -> dict[str, dict[str, Value]]:
    return {goal.name: {key: value for key, value in goal.inputs.items() if value} for goal in program}


@settings(max_examples=300)
@given(st.lists(st.tuples(programs(), TROUBLES), max_size=4), programs())
def test_one_calm_run_after_any_trouble_gives_what_the_program_asks_for(past: list[tuple[list[Goal], Trouble]], last: list[Goal]) -> None:
    lab = Laboratory()
    for program, trouble in past:
        lab.world.moments_left, lab.world.refused = trouble.moments, set(trouble.refused)
        with suppress(PowerCut):
            lab.run(program)
    lab.world.moments_left, lab.world.refused = None, set()
    assert [step.reason for step in lab.run(last) if step.reason] == []
    assert lab.world.things == wanted(last)
    state = lab.state()
    assert (state.pending_create, state.pending_replacement, state.pending_delete) == ({}, [], [])
    assert {resource.urn for resource in state.live.values() if resource.type == THING} == {urn(goal.name) for goal in last}
    lab.run([])
    assert lab.world.things == {}
