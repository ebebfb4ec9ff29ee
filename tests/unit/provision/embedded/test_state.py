"""What a stack consists of, and how it is written down."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.fake_cloud import Disk, Reversed, World

from bucketpass.provision.embedded.state import Codec, ResourceState, StackState
from bucketpass.provision.embedded.values import Hidden

CODEC = Codec(Reversed())
ROLE = ResourceState("urn:role", "aws:iam/role:Role", "role", id="role-1", inputs={"path": "/"}, outputs={"path": "/", "arn": "a"})
NAMES = st.text(max_size=6) | st.sampled_from(["$sealed", "$unknown", "$plain"])
VALUES = st.recursive(
    NAMES | NAMES.map(Hidden) | st.just(True), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2)
)


@given(
    st.builds(
        ResourceState,
        urn=NAMES,
        type=NAMES,
        name=NAMES,
        custom=st.booleans(),
        id=NAMES,
        inputs=st.dictionaries(NAMES, VALUES, max_size=3),
        parent=NAMES,
        dependencies=st.lists(NAMES, max_size=2).map(tuple),
        property_dependencies=st.dictionaries(NAMES, st.lists(NAMES, max_size=2).map(tuple), max_size=2),
        protect=st.booleans(),
        retain_on_delete=st.booleans(),
        deleted_with=NAMES,
        secret_outputs=st.lists(NAMES, max_size=2).map(tuple),
        external=st.booleans(),
    )
)
def test_a_state_comes_back_from_json_as_it_was(state: ResourceState) -> None:
    assert CODEC.decode(json.loads(json.dumps(CODEC.encode(state)))) == state


def test_a_secret_is_sealed_however_deep_it_is() -> None:
    written = json.dumps(CODEC.encode(ResourceState("u", "t", "n", inputs={"a": [{"b": Hidden({"c": "swordfish"})}]})))
    assert "swordfish" not in written


def test_what_is_kept_is_read_back_by_the_next_process() -> None:
    disk = Disk(World())
    StackState(disk, CODEC).keep(ROLE)
    assert StackState(disk, CODEC).live == {"urn:role": ROLE}


def test_the_instance_that_a_stack_belongs_to_is_no_resource() -> None:
    disk = Disk(World())
    StackState(disk, CODEC).belong_to("AKIB")
    again = StackState(disk, CODEC)
    assert (again.instance, again.live, again.pending_create) == ("AKIB", {}, {})
    assert StackState(Disk(World()), CODEC).instance == ""


def test_a_replacement_records_the_old_one_as_pending_in_the_same_write() -> None:
    disk = Disk(World())
    state = StackState(disk, CODEC)
    state.keep(ROLE)
    new = ResourceState("urn:role", "aws:iam/role:Role", "role", id="role-2")
    state.begin(new)
    state.keep(new, replaces=ROLE)
    again = StackState(disk, CODEC)
    assert (again.live, again.pending_replacement, again.pending_create) == ({"urn:role": new}, [ROLE], {})
    again.forget(ROLE)
    assert StackState(disk, CODEC).pending_replacement == []


def test_a_begun_creation_is_remembered_until_it_is_given_up_or_kept() -> None:
    disk = Disk(World())
    StackState(disk, CODEC).begin(ROLE)
    again = StackState(disk, CODEC)
    assert again.pending_create == {"urn:role": ROLE}
    again.give_up("urn:role")
    assert StackState(disk, CODEC).pending_create == {}


def test_a_move_to_another_urn_leaves_nothing_under_the_old_one() -> None:
    disk = Disk(World())
    state = StackState(disk, CODEC)
    state.keep(ROLE)
    state.keep(ResourceState("urn:new", ROLE.type, "new", id=ROLE.id), was="urn:role")
    assert list(StackState(disk, CODEC).live) == ["urn:new"]


def test_the_outputs_are_those_of_the_stack_itself() -> None:
    state = StackState(Disk(World()), CODEC)
    assert state.outputs == {}
    state.keep(ResourceState("urn:stack", "pulumi:pulumi:Stack", "s", custom=False, outputs={"a": 1}))
    assert state.outputs == {"a": 1}


def test_a_begun_deletion_is_remembered_until_it_is_held_on_or_forgotten() -> None:
    disk = Disk(World())
    state = StackState(disk, CODEC)
    state.keep(ROLE)
    state.let_go(ROLE)
    again = StackState(disk, CODEC)
    assert (again.live, again.pending_delete) == ({}, [ROLE])
    again.hold_on(again.pending_delete[0])
    assert StackState(disk, CODEC).live == {"urn:role": ROLE}
    again.let_go(again.live["urn:role"])
    again.forget(again.pending_delete[0])
    assert disk.records == {}


def test_a_replaced_resource_that_was_not_deleted_stays_pending() -> None:
    disk = Disk(World())
    state = StackState(disk, CODEC)
    state.keep(ResourceState("urn:role", ROLE.type, "role", id="role-2"), replaces=ROLE)
    state.let_go(ROLE)
    state.hold_on(ROLE)
    again = StackState(disk, CODEC)
    assert (again.live["urn:role"].id, again.pending_replacement, again.pending_delete) == ("role-2", [ROLE], [])
