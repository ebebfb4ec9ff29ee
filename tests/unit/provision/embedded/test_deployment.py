"""What a run does with each resource, against a cloud in memory."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.fake_cloud import STACK, THING, FakePlaces, Laboratory, PowerCut, provider, thing, urn

from bucketpass.provision.embedded.deployment import StackDeployment
from bucketpass.provision.embedded.events import Message, Phase, StepOperation
from bucketpass.provision.embedded.goal import Goal, ResourceOptions
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.values import UNKNOWN, Hidden


def test_the_first_run_makes_what_the_program_asks_for() -> None:
    lab = Laboratory()
    steps = lab.run([thing("base"), thing("shelf", on="base")])
    assert lab.said(steps) == [("create", "done", "base"), ("create", "done", "shelf")]
    assert set(lab.world.things) == {"base", "shelf"}
    assert lab.answers[1].id == "base"
    assert lab.answers[1].outputs["arn"] == "arn:base"


def test_a_second_run_with_nothing_new_calls_nothing_and_writes_nothing() -> None:
    lab = Laboratory()
    program = [thing("base", policy='{"Version": "2012-10-17"}'), thing("shelf", on="base", tags={"team": "a"})]
    lab.run(program)
    lab.world.calls.clear()
    before = dict(lab.disk.records)
    assert lab.said(lab.run(program)) == [("same", "done", "base"), ("same", "done", "shelf")]
    assert lab.world.calls == []
    assert lab.disk.records == before


def test_a_policy_that_says_the_same_in_other_words_is_no_change() -> None:
    lab = Laboratory()
    lab.run([thing("base", policy='{"Statement":[{"Action":["a","b"],"Resource":["*"]}]}')])
    steps = lab.run([thing("base", policy={"Statement": {"Resource": "*", "Action": ["b", "a"]}})])
    assert lab.said(steps) == [("same", "done", "base")]


def test_a_preview_plans_and_touches_nothing() -> None:
    lab = Laboratory()
    steps = lab.run([thing("base"), thing("shelf", on="base")], dry_run=True)
    assert lab.said(steps) == [("create", "planned", "base"), ("create", "planned", "shelf")]
    assert (lab.world.calls, lab.disk.records) == ([], {})
    assert lab.answers[1].id == ""


def test_a_change_is_made_in_place_where_the_property_allows_it() -> None:
    lab = Laboratory()
    lab.run([thing("base", colour="red")])
    steps = lab.run([thing("base", colour="blue")])
    assert lab.said(steps) == [("update", "done", "base")]
    assert [(change.path, change.old, change.new) for change in steps[1].changes] == [("colour", "red", "blue")]
    assert lab.world.things["base"]["colour"] == "blue"
    assert lab.answers[1].outputs["arn"] == "arn:base"


def test_a_replacement_with_a_name_of_its_own_is_made_before_the_old_one_goes() -> None:
    lab = Laboratory()
    lab.run([Goal(THING, "base", custom=True, inputs={"size": 1})])
    (old,) = lab.world.things
    steps = lab.run([Goal(THING, "base", custom=True, inputs={"size": 2})])
    (new,) = lab.world.things
    assert new != old
    assert lab.world.calls[-2:] == [f"create {new}", f"delete {old}"]
    assert ("replace", "done", "base") in lab.said(steps)


def test_a_replacement_in_the_same_place_deletes_first_and_takes_along_what_is_tied_to_it() -> None:
    lab = Laboratory()
    lab.run([thing("base", size=1), thing("shelf", on="base"), thing("lamp")])
    lab.world.calls.clear()
    steps = lab.run([thing("base", size=2), thing("shelf", on="base"), thing("lamp")])
    assert lab.world.calls == ["delete shelf", "delete base", "create base", "create shelf"]
    assert lab.said(steps) == [("replace", "done", "base"), ("replace", "done", "shelf"), ("same", "done", "lamp")]


@pytest.mark.parametrize(("asked", "last_calls"), [(True, ["delete a", "create b"]), (False, ["create b", "delete a"])])
def test_delete_before_replace_is_as_the_program_says(asked: bool, last_calls: list[str]) -> None:
    lab = Laboratory()
    lab.run([Goal(THING, "base", custom=True, inputs={"name": "a"})])
    lab.run([Goal(THING, "base", custom=True, inputs={"name": "b"}, options=ResourceOptions(delete_before_replace=asked))])
    assert lab.world.calls[-2:] == last_calls


def test_what_the_program_no_longer_asks_for_goes_and_users_go_first() -> None:
    lab = Laboratory()
    lab.run([thing("base"), thing("shelf", on="base"), thing("lamp")])
    lab.world.calls.clear()
    steps = lab.run([thing("lamp")])
    assert lab.world.calls == ["delete shelf", "delete base"]
    assert {("delete", "done", "base"), ("delete", "done", "shelf")} <= set(lab.said(steps))


def test_after_a_failure_nothing_new_is_begun_and_each_thing_is_accounted_for() -> None:
    lab = Laboratory()
    lab.run([thing("old")])
    lab.world.refused = {"create b"}
    steps = lab.run([thing("a"), thing("b"), thing("c"), thing("d", on=None, colour=UNKNOWN)])
    assert lab.said(steps) == [
        ("create", "done", "a"),
        ("create", "failed", "b"),
        ("create", "not made", "c"),
        ("create", "not made", "d"),
    ]
    assert "AccessDenied" in steps[2].reason
    assert set(lab.world.things) == {"old", "a"}
    lab.world.refused = set()
    assert lab.said(lab.run([thing("a"), thing("b"), thing("c")])) == [
        ("same", "done", "a"),
        ("create", "done", "b"),
        ("create", "done", "c"),
        ("delete", "done", "old"),
    ]


def test_a_creation_that_fails_half_way_is_noted_and_finished_by_the_next_run() -> None:
    lab = Laboratory()
    lab.world.refused = {"tag base"}
    assert lab.said(lab.run([thing("base", tags={"team": "a"})])) == [("create", "failed", "base")]
    lab.world.refused = set()
    assert lab.said(lab.run([thing("base", tags={"team": "a"})])) == [("update", "done", "base")]
    assert lab.world.things["base"]["tags"] == {"team": "a"}


def test_a_deletion_that_is_refused_leaves_what_it_needs_and_the_next_run_goes_on() -> None:
    lab = Laboratory()
    lab.run([thing("base"), thing("shelf", on="base")])
    lab.world.refused = {"delete shelf"}
    steps = lab.run([])
    assert set(lab.said(steps)) == {("delete", "failed", "shelf"), ("delete", "not made", "base")}
    lab.world.refused = set()
    lab.run([])
    assert lab.world.things == {}


def test_a_name_that_somebody_else_has_is_told_with_a_remedy() -> None:
    lab = Laboratory()
    lab.world.things["base"] = {"colour": "theirs"}
    steps = lab.run([thing("base")])
    assert "import_" in steps[1].reason
    assert lab.world.things["base"] == {"colour": "theirs"}
    assert lab.state().pending_create == {}


def test_a_protected_thing_is_neither_deleted_nor_replaced() -> None:
    lab = Laboratory()
    lab.run([thing("base", size=1, options=ResourceOptions(protect=True))])
    assert "protected" in lab.run([thing("base", size=2, options=ResourceOptions(protect=True))])[1].reason
    assert "protected" in lab.run([])[1].reason
    assert set(lab.world.things) == {"base"}
    lab.run([thing("base", size=1)])
    lab.run([])
    assert lab.world.things == {}


def test_retain_on_delete_lets_go_of_it_without_a_call() -> None:
    lab = Laboratory()
    lab.run([thing("base", options=ResourceOptions(retain_on_delete=True))])
    assert lab.said(lab.run([])) == [("forget", "done", "base")]
    assert set(lab.world.things) == {"base"}
    assert urn("base") not in lab.state().live


def test_ignored_changes_stay_as_they_are() -> None:
    lab = Laboratory()
    lab.run([thing("base", colour="red")])
    steps = lab.run([thing("base", colour="blue", options=ResourceOptions(ignore_changes=("colour",)))])
    assert lab.said(steps) == [("same", "done", "base")]


def test_replace_on_changes_replaces_where_an_update_would_do() -> None:
    lab = Laboratory()
    lab.run([thing("base", colour="red")])
    steps = lab.run([thing("base", colour="blue", options=ResourceOptions(replace_on_changes=("colour",)))])
    assert lab.said(steps) == [("replace", "done", "base")]


def test_an_alias_carries_a_thing_over_to_its_new_name() -> None:
    lab = Laboratory()
    lab.run([thing("base")])
    moved = Goal(
        THING, "renamed", custom=True, parent=thing("x").parent, inputs={"name": "base"}, options=ResourceOptions(aliases=(urn("base"),))
    )
    assert lab.said(lab.run([moved])) == [("same", "done", "renamed")]
    assert set(lab.state().live) >= {urn("renamed")}
    assert urn("base") not in lab.state().live


def test_a_replacement_under_a_new_name_leaves_nothing_under_the_old_one() -> None:
    lab = Laboratory()
    lab.run([Goal(THING, "base", custom=True, inputs={"size": 1})])
    old = STACK.urn("", THING, "base")
    steps = lab.run([Goal(THING, "renamed", custom=True, inputs={"size": 2}, options=ResourceOptions(aliases=(old,)))])
    assert ("replace", "done", "renamed") in lab.said(steps)
    state = lab.state()
    assert (old in state.live, state.pending_replacement, len(lab.world.things)) == (False, [], 1)


def test_what_was_only_read_before_is_not_taken_over_by_a_thing_of_the_same_name() -> None:
    lab = Laboratory()
    lab.world.things["theirs"] = {"name": "theirs", "colour": "red"}
    lab.run([Goal(THING, "look", custom=True, read_id="theirs")])
    assert lab.said(lab.run([Goal(THING, "look", custom=True, inputs={"name": "mine"})])) == [("create", "done", "look")]
    assert lab.world.things["theirs"] == {"name": "theirs", "colour": "red"}


def test_two_things_of_one_urn_are_a_mistake() -> None:
    lab = Laboratory()
    steps = lab.run([thing("base"), thing("base")])
    assert "two resources have the URN" in steps[-1].reason


def test_an_import_takes_over_what_is_as_the_program_says_and_nothing_else() -> None:
    lab = Laboratory()
    lab.world.things["theirs"] = {"name": "theirs", "colour": "red"}
    wrong = Goal(THING, "mine", custom=True, inputs={"name": "theirs", "colour": "blue"}, options=ResourceOptions(import_id="theirs"))
    assert "`colour`" in lab.run([wrong])[1].reason
    right = Goal(THING, "mine", custom=True, inputs={"name": "theirs", "colour": "red"}, options=ResourceOptions(import_id="theirs"))
    assert lab.said(lab.run([right])) == [("import", "done", "mine")]
    assert lab.world.calls == []


def test_what_is_only_read_is_never_deleted() -> None:
    lab = Laboratory()
    lab.world.things["theirs"] = {"name": "theirs", "colour": "red"}
    steps = lab.run([Goal(THING, "look", custom=True, read_id="theirs")])
    assert lab.said(steps) == [("read", "done", "look")]
    assert lab.answers[1].outputs["colour"] == "red"
    assert lab.said(lab.run([])) == [("forget", "done", "look")]
    assert set(lab.world.things) == {"theirs"}


def test_a_secret_input_is_secret_in_the_outputs_and_sealed_on_the_disk() -> None:
    lab = Laboratory()
    lab.run([thing("base", colour=Hidden("ultraviolet"))])
    assert lab.world.things["base"]["colour"] == "ultraviolet"
    assert lab.answers[1].outputs["colour"] == Hidden("ultraviolet")
    assert "ultraviolet" not in str(lab.disk.records)
    steps = lab.run([thing("base", colour=Hidden("infrared"))])
    assert "infrared" not in repr(steps)


def test_an_output_that_the_program_calls_secret_is_secret() -> None:
    lab = Laboratory()
    lab.run([thing("base", options=ResourceOptions(additional_secret_outputs=("arn",)))])
    assert lab.answers[1].outputs["arn"] == Hidden("arn:base")
    assert "arn:base" not in str(lab.disk.records)


def test_the_keys_of_an_explicit_provider_are_never_in_clear_on_the_disk() -> None:
    lab = Laboratory()
    lab.run([provider("other", region="us-east-1", accessKey="AKIAEXAMPLE", secretKey=Hidden("very secret"))])
    assert "very secret" not in str(lab.disk.records)
    assert "AKIAEXAMPLE" not in str(lab.disk.records)


def test_a_provider_for_another_account_is_told_that_there_is_none() -> None:
    lab = Laboratory()
    lab.run([provider("other", assumeRoles='[{"roleArn": "arn:x"}]')])
    assert [event.text for event in lab.events if isinstance(event, Message)] == [
        "provider `other`: `assumeRoles` has no effect here, everything is made with the endpoint's own key"
    ]


def test_an_unsupported_type_is_one_clear_error() -> None:
    lab = Laboratory()
    steps = lab.run([Goal("aws:sqs/queue:Queue", "jobs", custom=True)])
    assert steps[1].phase is Phase.FAILED
    assert "`aws:sqs/queue:Queue` is not supported" in steps[1].reason
    assert f"`{THING}`" in steps[1].reason


@pytest.mark.parametrize("name", ["prod", "shop/prod", "acme/shop/prod"])
def test_a_stack_reference_reads_the_exports_of_another_stack(name: str) -> None:
    lab = Laboratory()
    lab.exported[StackName("shop", "prod")] = {"bucket": "data", "token": Hidden("swordfish")}
    reference = Goal("pulumi:pulumi:StackReference", "prod", custom=True, read_id=name)
    assert lab.said(lab.run([reference])) == [("read", "done", "prod")]
    outputs = lab.answers[1].outputs
    assert (outputs["outputs"], outputs["secretOutputNames"]) == ({"bucket": "data", "token": Hidden("swordfish")}, ["token"])
    assert "swordfish" not in str(lab.disk.records)
    assert lab.said(lab.run([])) == [("forget", "done", "prod")]


def test_a_program_that_ended_early_deletes_nothing() -> None:
    lab = Laboratory()
    lab.run([thing("base")])
    state = lab.state()
    deployment = StackDeployment(STACK, state, FakePlaces(lab.world, state), Progress(lab.events.append, dry_run=False), lambda name: {})
    deployment.delete_the_rest()
    assert set(lab.world.things) == {"base"}


def test_independent_resources_are_made_at_the_same_time() -> None:
    lab = Laboratory()
    lab.world.together = Barrier(2, timeout=10)
    state = lab.state()
    progress = Progress(lab.events.append, dry_run=False)
    deployment = StackDeployment(STACK, state, FakePlaces(lab.world, state), progress, lambda name: {})
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(deployment.register, [thing("a"), thing("b")]))
    assert [answer.ok for answer in answers] == [True, True]
    assert set(lab.state().live) == {urn("a"), urn("b")}


def test_what_is_deleted_with_its_container_costs_no_call_of_its_own() -> None:
    lab = Laboratory()
    lab.run([thing("base"), thing("shelf", options=ResourceOptions(deleted_with=urn("base")))])
    lab.world.calls.clear()
    lab.run([])
    assert lab.world.calls == ["delete base"]


def test_what_a_broken_run_left_behind_goes_even_if_the_next_program_does_not_ask_for_it() -> None:
    moments = 0
    while True:
        lab = Laboratory()
        lab.world.moments_left = moments
        try:
            lab.run([thing("a"), thing("b", on="a", tags={"t": "1"})])
            break
        except PowerCut:
            pass
        lab.world.moments_left = None
        lab.run([])
        assert (lab.world.things, lab.state().pending_create) == ({}, {}), moments
        moments += 1


PROGRAMS = {
    "creation": ([], [thing("a"), thing("b", on="a", tags={"t": "1"}), thing("c")]),
    "update": ([thing("a", colour="red"), thing("b", on="a")], [thing("a", colour="blue"), thing("b", on="a")]),
    "replacement in place": ([thing("a", size=1), thing("b", on="a")], [thing("a", size=2), thing("b", on="a")]),
    "replacement": (
        [Goal(THING, "a", custom=True, inputs={"name": "a1", "tags": {"t": "1"}})],
        [Goal(THING, "a", custom=True, inputs={"name": "a2", "tags": {"t": "1"}})],
    ),
    "deletion": ([thing("a"), thing("b", on="a"), thing("c")], [thing("c")]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_power_cut_at_any_moment_is_mended_by_the_next_run(name: str) -> None:
    before, after = PROGRAMS[name]
    calm = Laboratory()
    calm.run(before)
    calm.run(after)
    moments = 0
    while True:
        lab = Laboratory()
        lab.run(before)
        lab.world.moments_left = moments
        try:
            lab.run(after)
            break
        except PowerCut:
            pass
        lab.world.moments_left = None
        steps = lab.run(after)
        assert [step.reason for step in steps if step.phase is Phase.FAILED] == [], moments
        assert lab.world.things == calm.world.things, moments
        state = lab.state()
        assert (state.pending_replacement, state.pending_create, state.pending_delete) == ([], {}, []), moments
        assert {resource.id for resource in state.live.values() if resource.type == THING} == set(lab.world.things), moments
        assert all(step.operation is StepOperation.SAME for step in lab.run(after)), moments
        moments += 1
    assert moments > 3
