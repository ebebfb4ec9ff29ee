from bucketpass.aws.actions import ACTIONS
from bucketpass.compile.actions import LEVELS, VERSIONS, ActionKind, actions_of, by_kind, kind_of
from bucketpass.model import AccessLevel, Grant


def test_every_action_of_a_level_is_one_that_aws_has() -> None:
    assert {action for actions in LEVELS.values() for action in actions} | set(VERSIONS.values()) <= set(ACTIONS)


def test_only_listing_takes_a_prefix() -> None:
    listings = {name for name, row in ACTIONS.items() if row.name.startswith("s3:") and kind_of(name) is ActionKind.LISTING}
    assert listings == {"s3:ListBucket", "s3:ListBucketVersions"}


def test_actions_of_a_kind_share_a_statement() -> None:
    actions = ("s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject")
    assert by_kind(actions) == (
        (ActionKind.TAGGED_OBJECT, ("s3:GetObject", "s3:GetObjectVersion")),
        (ActionKind.OBJECT, ("s3:PutObject",)),
        (ActionKind.LISTING, ("s3:ListBucket",)),
        (ActionKind.BUCKET, ("s3:GetBucketLocation",)),
    )


def test_actions_are_added_to_levels_and_sorted() -> None:
    grant = Grant("b", access=(AccessLevel.WRITE,), actions=("s3:GetObjectTagging",))
    assert actions_of(grant) == ("s3:AbortMultipartUpload", "s3:GetObjectTagging", "s3:ListMultipartUploadParts", "s3:PutObject")


def test_reading_one_key_lists_nothing() -> None:
    assert actions_of(Grant("b", key="k")) == ("s3:GetObject",)
