from bucketpass.aws.actions import ACTIONS
from bucketpass.compile.actions import BUCKET_ACTIONS, LEVELS, OBJECT_ACTIONS, PREFIX_ACTIONS, TAGGED_ACTIONS, VERSIONS, actions_of
from bucketpass.model import AccessLevel, Grant


def test_every_action_of_a_level_is_one_that_aws_has() -> None:
    meant = {action for actions in LEVELS.values() for action in actions} | set(VERSIONS.values())
    assert meant <= set(ACTIONS)
    assert meant <= OBJECT_ACTIONS | BUCKET_ACTIONS


def test_only_listing_takes_a_prefix() -> None:
    assert {"s3:ListBucket", "s3:ListBucketVersions"} == PREFIX_ACTIONS


def test_object_tags_are_looked_at_where_objects_are_read() -> None:
    assert {"s3:GetObject", "s3:GetObjectVersion"} <= TAGGED_ACTIONS
    assert "s3:PutObject" not in TAGGED_ACTIONS


def test_actions_are_added_to_levels_and_sorted() -> None:
    grant = Grant("b", access=(AccessLevel.WRITE,), actions=("s3:GetObjectTagging",))
    assert actions_of(grant) == ("s3:AbortMultipartUpload", "s3:GetObjectTagging", "s3:ListMultipartUploadParts", "s3:PutObject")


def test_reading_one_key_lists_nothing() -> None:
    assert actions_of(Grant("b", key="k")) == ("s3:GetObject",)
