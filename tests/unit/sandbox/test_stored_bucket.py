"""The contract with moto: each setting of a bucket that is read is what moto's own API stores."""

import json
from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, REGION, Inside, inside, outcome

from bucketpass.sandbox.stored_bucket import LogTarget, StoredObjectLock


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def test_a_buckets_settings_are_read_and_read_again_after_a_change(world: Inside) -> None:
    world.s3("PUT", "/data-bucket")
    fresh = world.state.bucket("data-bucket")
    assert fresh is not None
    assert (fresh.block_public_acls, fresh.ignore_public_acls, fresh.block_public_policy, fresh.restrict_public_buckets) == (True,) * 4
    assert (fresh.owner_enforced, fresh.key_id, fresh.versioning, fresh.policy, fresh.region) == (True, None, None, None, REGION)
    assert world.state.bucket("data-bucket") is fresh
    settings = {
        "versioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        "ownershipControls": "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
        "publicAccessBlock": "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
        "encryption": "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
        "<KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>"
        "</ServerSideEncryptionConfiguration>",
    }
    for name, body in settings.items():
        assert outcome(world.s3("PUT", f"/data-bucket?{name}", {}, body.encode())) == (200, "")
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": "arn:aws:s3:::data-bucket"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.s3("PUT", "/data-bucket?policy", {}, policy.encode())
    changed = world.state.bucket("data-bucket")
    assert changed is not None
    assert (changed.block_public_acls, changed.block_public_policy, changed.owner_enforced) == (True, False, False)
    assert (changed.versioning, changed.key_id, changed.bucket_key, changed.policy) == ("Enabled", "k", True, policy)
    world.s3("DELETE", "/data-bucket?encryption")
    cleared = world.state.bucket("data-bucket")
    assert cleared is not None
    assert cleared.key_id is None
    assert (cleared.log_target, cleared.object_lock) == (None, None)
    world.state.set_log_target("data-bucket", LogTarget("data-bucket", "logs/"))
    world.state.set_object_lock("data-bucket", StoredObjectLock("GOVERNANCE", years=2))
    last = world.state.bucket("data-bucket")
    assert last is not None
    assert (last.log_target, last.object_lock) == (LogTarget("data-bucket", "logs/"), StoredObjectLock("GOVERNANCE", years=2))


def test_a_bucket_that_is_sealed_without_naming_a_key_uses_the_accounts(world: Inside) -> None:
    world.s3("PUT", "/data-bucket")
    rule = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
    body = f"<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>"
    world.s3("PUT", "/data-bucket?encryption", {}, body.encode())
    bucket = world.state.bucket("data-bucket")
    assert bucket is not None
    assert bucket.key_id == "alias/aws/s3"
