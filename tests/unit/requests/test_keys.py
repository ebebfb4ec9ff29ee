"""The table of condition keys."""

from bucketpass.aws.actions import ACTIONS
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.keys import KEYS


def test_a_key_stands_once() -> None:
    names = [row.name.lower() for row in KEYS]
    assert sorted(set(names)) == sorted(names)


def test_every_row_has_a_caller_an_action_and_a_source() -> None:
    assert [row.name for row in KEYS if not (row.callers and row.actions and row.source)] == []


def test_actions_of_s3_kms_and_sts_that_a_row_names_are_known() -> None:
    named = {action for row in KEYS for action in row.actions if not action.endswith("*") and not action.startswith("iam:")}
    # The catalogue has what proofs ask about, which making and tagging keys is not.
    assert sorted(named - ACTIONS.keys()) == ["kms:CreateKey", "kms:TagResource", "kms:UntagResource"]


def test_a_key_of_a_service_is_carried_by_requests_to_that_service_alone() -> None:
    for row in KEYS:
        service = row.name.partition(":")[0]
        if service != "aws":
            assert all(action.startswith(f"{service}:") for action in row.actions), row.name


def test_listing_uploads_does_not_know_the_prefix() -> None:
    prefix = next(row for row in KEYS if row.name == "s3:prefix")
    assert prefix.applies_to("s3:ListBucket")
    assert prefix.applies_to("s3:ListBucketVersions")
    assert not prefix.applies_to("s3:ListBucketMultipartUploads")


def test_nobody_but_a_service_says_for_which_resource_it_calls() -> None:
    source = next(row for row in KEYS if row.name == "aws:SourceArn")
    assert set(source.callers) == {PrincipalKind.SERVICE}
