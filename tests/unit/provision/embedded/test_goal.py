"""What a program asks for, as the state has it."""

from bucketpass.provision.embedded.goal import Goal, ResourceOptions, goal_state


def test_a_resource_has_its_inputs_and_options_and_no_id_yet() -> None:
    options = ResourceOptions(protect=True, retain_on_delete=True, deleted_with="urn:bucket")
    goal = Goal("aws:s3/bucket:Bucket", "data", custom=True, inputs={"bucket": "data"}, dependencies=("b", "a", "b"), options=options)
    state = goal_state("urn:data", goal)
    assert (state.urn, state.type, state.name, state.id, state.outputs) == ("urn:data", "aws:s3/bucket:Bucket", "data", "", {})
    assert (state.inputs, state.dependencies) == ({"bucket": "data"}, ("a", "b"))
    assert (state.protect, state.retain_on_delete, state.deleted_with) == (True, True, "urn:bucket")


def test_a_component_keeps_no_inputs() -> None:
    assert goal_state("urn:c", Goal("my:index:Component", "c", custom=False, inputs={"a": "1"})).inputs == {}
