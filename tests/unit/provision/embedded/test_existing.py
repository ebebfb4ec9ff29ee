from dataclasses import replace

import pytest
from tests.fake_cloud import Laboratory, thing
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.existing import existing_resource, is_unset
from bucketpass.provision.embedded.values import Properties

ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


@pytest.mark.parametrize(
    ("token", "found", "unset"),
    [
        ("aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration", {"bucket": "b", "status": "Suspended"}, True),
        ("aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration", {"bucket": "b", "status": "Enabled"}, False),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "b", "versioningConfiguration": {"status": "Disabled"}}, True),
        ("aws:s3/bucketVersioningV2:BucketVersioningV2", {"bucket": "b", "versioningConfiguration": {"status": "Disabled"}}, True),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "b", "versioningConfiguration": {"status": "Enabled"}}, False),
        ("aws:s3/bucketLogging:BucketLogging", {"bucket": "b", "targetBucket": "logs"}, False),
        (ENCRYPTION, {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]}, True),
        (ENCRYPTION, {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]}, False),
        ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", {"bucket": "b", "rules": [{"id": "x"}]}, False),
        ("aws:iam/role:Role", {"arn": "x"}, False),
    ],
)
def test_what_every_bucket_has_was_made_by_nobody(token: str, found: dict[str, object], unset: bool) -> None:
    assert is_unset(token, found) is unset  # type: ignore[arg-type]


def test_the_error_names_the_traces_and_the_three_ways_on() -> None:
    found: Properties = {"createDate": "2024-05-06T07:08:09+00:00", "tagsAll": {"team": "ml", "app": "x"}}
    (said,) = existing_resource(moto_clients(), "aws:iam/role:Role", "trainer", found).diagnostics()
    assert said.message == (
        "`trainer` (aws:iam/role:Role) exists and was not made by this stack (created 2024-05-06T07:08:09+00:00; tags app=x, team=ml)"
    )
    assert [words in said.remedy for words in (".get()", "import_='trainer'", "another name")] == [True] * 3


def test_one_resource_has_one_urn() -> None:
    lab = Laboratory()
    said = lab.said(lab.run([thing("a"), replace(thing("a"), name="b")], dry_run=True))
    assert said == [("create", "planned", "a"), ("create", "failed", "b")]


def test_what_others_made_is_told_by_a_preview_and_by_up() -> None:
    lab = Laboratory()
    lab.world.things["a"] = {"name": "a", "colour": "red"}
    for dry_run in (True, False):
        (step,) = [step for step in lab.run([thing("a")], dry_run=dry_run) if step.name == "a"]
        assert (step.phase.value, "exists and was not made by this stack" in step.reason) == ("failed", True)
    assert lab.world.things["a"]["colour"] == "red"


def test_a_resource_that_was_renamed_in_the_program_is_not_made_over_itself() -> None:
    lab = Laboratory()
    lab.run([thing("a")])
    (step,) = [step for step in lab.run([replace(thing("a"), name="b")]) if step.name == "b"]
    assert "is already the resource `a` of this stack" in step.reason
    assert "aliases=[pulumi.Alias(name='a')]" in step.reason
    assert "a" in lab.world.things
