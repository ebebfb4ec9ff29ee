"""A blueprint as the embedded engine gets it without Pulumi's SDK."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.declarations import EVERYTHING_DECLARED

from bucketpass.compile import Target, compile_access
from bucketpass.emit import Blueprint, blueprint_of
from bucketpass.model import parse_access
from bucketpass.provision.embedded.blueprinted import register_blueprint
from bucketpass.provision.embedded.deployment import Registered
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.resources.registry import HANDLERS
from bucketpass.provision.embedded.values import UNKNOWN


class Recorder:
    """Says of each resource that it was made, until one of `refused`."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.goals: list[Goal] = []
        self.finished = False

    def register(self, goal: Goal) -> Registered:
        self.goals.append(goal)
        outputs = {name: f"{name} of {goal.name}" for name in ("arn", "name", "keyId", "uniqueId")}
        return Registered(f"urn:{goal.type}::{goal.name}", f"id of {goal.name}", outputs, ok=goal.type != self.refused)

    def finish(self) -> None:
        self.finished = True


def blueprint() -> Blueprint:
    access = replace(parse_access(EVERYTHING_DECLARED), tags={"cost_center": "ml"})
    return blueprint_of(compile_access(access, Target("111122223333", "eu-central-1")))


def names(value: object) -> set[str]:
    if isinstance(value, Mapping):
        return set(value) | {name for key, inner in value.items() if key != "tags" for name in names(inner)}
    return {name for inner in value for name in names(inner)} if isinstance(value, list) else set()


def test_each_resource_is_registered_after_those_that_it_needs() -> None:
    recorder = Recorder()
    register_blueprint(blueprint(), recorder)
    assert len(recorder.goals) == len(blueprint().resources)
    assert recorder.finished
    seen: set[str] = set()
    for goal in recorder.goals:
        assert seen.issuperset(goal.dependencies)
        seen.add(f"urn:{goal.type}::{goal.name}")


def test_types_and_properties_have_pulumis_own_names_and_tags_keep_theirs() -> None:
    recorder = Recorder()
    register_blueprint(blueprint(), recorder)
    assert {goal.type for goal in recorder.goals} - HANDLERS.keys() <= {"aws:s3/accessPoint:AccessPoint"}
    for goal in recorder.goals:
        assert not [name for name in names({key: value for key, value in goal.inputs.items() if key != "tags"}) if "_" in name]
    assert {name for goal in recorder.goals for name in names(goal.inputs.get("tags", {})) if "enter" in name} == {"cost_center"}
    found: list[Any] = [goal.inputs["rules"] for goal in recorder.goals if "Lifecycle" in goal.type and goal.name.endswith("datasets")]
    filters = [rule["filter"] for rule in found[0] if "and" in rule["filter"]]
    assert filters == [{"and": {"prefix": "tmp/", "tags": {"keep_for": "short", "rules": "none"}}}]


def test_what_is_known_only_once_another_resource_is_made_is_filled_in() -> None:
    recorder = Recorder()
    register_blueprint(blueprint(), recorder)
    alias = next(goal for goal in recorder.goals if goal.type == "aws:kms/alias:Alias")
    assert alias.inputs["targetKeyId"] == f"keyId of {alias.name}"
    policy = next(goal for goal in recorder.goals if goal.type == "aws:iam/policy:Policy" and "kms:" in str(goal.inputs["policy"]))
    assert "arn of " in str(policy.inputs["policy"])


def test_what_needs_a_refused_resource_is_registered_with_unknown_values() -> None:
    recorder = Recorder("aws:iam/role:Role")
    made = register_blueprint(blueprint(), recorder)
    assert len(recorder.goals) == len(blueprint().resources)
    attachments = [goal for goal in recorder.goals if goal.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment"]
    assert {goal.inputs["role"] for goal in attachments} == {UNKNOWN}
    assert {key for key, registered in made.items() if not registered.ok} == {key for key in made if key[0] == "iam.Role"}


def test_names_and_parents_are_those_of_the_component() -> None:
    recorder = Recorder()
    register_blueprint(blueprint(), recorder, parent="urn:component", prefix="access-")
    assert {goal.parent for goal in recorder.goals} == {"urn:component"}
    assert all(goal.name.startswith("access-") for goal in recorder.goals)
    settings = [goal for goal in recorder.goals if goal.type == "aws:s3/bucketVersioning:BucketVersioning"]
    assert all(goal.options.deleted_with == f"urn:aws:s3/bucket:Bucket::{goal.name}" for goal in settings)
    assert all(goal.property_dependencies["bucket"] == (goal.options.deleted_with,) for goal in settings)
