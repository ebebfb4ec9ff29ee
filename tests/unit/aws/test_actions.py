"""Actions by name."""

from bucketpass.aws.actions import ACTIONS, ResourceKind, action_named
from bucketpass.aws.condition_keys import condition_key
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


def test_listing_uploads_does_not_know_the_prefix() -> None:
    assert "s3:prefix" in ACTIONS["s3:ListBucket"].keys
    assert "s3:prefix" in ACTIONS["s3:ListBucketVersions"].keys
    assert "s3:prefix" not in ACTIONS["s3:ListBucketMultipartUploads"].keys


def test_every_key_of_an_action_is_a_known_condition_key() -> None:
    assert {key for action in ACTIONS.values() for key in action.keys if condition_key(key) is None} == set()
