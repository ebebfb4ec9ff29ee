"""ACLs in requests."""

import pytest

from bucketpass.decide import PublicAccessBlock
from bucketpass.decide.ownership import ObjectOwnership, acl_refusal, owner_refusal

ENFORCED, PREFERRED = ObjectOwnership.BUCKET_OWNER_ENFORCED, ObjectOwnership.BUCKET_OWNER_PREFERRED
EVERYONE = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'


@pytest.mark.parametrize(
    ("headers", "ownership", "code"),
    [
        ({}, ENFORCED, None),
        ({"x-amz-acl": "private"}, ENFORCED, "AccessControlListNotSupported"),
        ({"x-amz-acl": "bucket-owner-full-control"}, ENFORCED, None),
        ({"x-amz-acl": "bucket-owner-full-control", "x-amz-grant-read": "id=1"}, ENFORCED, "AccessControlListNotSupported"),
        ({"x-amz-grant-read": "id=1"}, ENFORCED, "AccessControlListNotSupported"),
        ({"x-amz-acl": "private"}, PREFERRED, None),
        ({"x-amz-acl": "public-read"}, PREFERRED, "AccessDenied"),
        ({"x-amz-grant-read": EVERYONE}, PREFERRED, "AccessDenied"),
    ],
)
def test_an_acl_is_taken_or_refused(headers: dict[str, str], ownership: ObjectOwnership, code: str | None) -> None:
    refusal = acl_refusal(headers, ownership, PublicAccessBlock())
    assert (None if refusal is None else refusal.code) == code


def test_without_a_block_a_public_acl_is_taken() -> None:
    assert acl_refusal({"x-amz-acl": "public-read"}, PREFERRED, PublicAccessBlock(block_public_acls=False)) is None
    assert acl_refusal({"x-amz-acl": "public-read"}, PREFERRED, None) is None


@pytest.mark.parametrize("action", ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:deletebucketpolicy"])
def test_a_bucket_policy_is_the_owning_accounts_alone(action: str) -> None:
    refusal = owner_refusal(action, own_account=False)
    assert refusal is not None and refusal.code == "MethodNotAllowed"
    assert owner_refusal(action, own_account=True) is owner_refusal("s3:GetBucketAcl", own_account=False) is None
