"""Actions by name."""

from bucketpass.aws.actions import ACTIONS, ResourceKind, action_named
from bucketpass.aws.operations import OPERATIONS, On

KINDS = {On.BUCKET: ResourceKind.BUCKET, On.OBJECT: ResourceKind.OBJECT, On.SOURCE: ResourceKind.OBJECT}


def test_an_action_is_found_in_any_case() -> None:
    assert action_named("S3:GETOBJECT") is ACTIONS["s3:GetObject"]
    assert action_named("s3:GetObjects") is None


def test_operations_ask_for_actions_on_the_resource_that_the_action_has() -> None:
    for operation in OPERATIONS.values():
        for need in operation.needs:
            if need.action in ACTIONS and need.on in KINDS:
                assert ACTIONS[need.action].resource is KINDS[need.on], operation.name
