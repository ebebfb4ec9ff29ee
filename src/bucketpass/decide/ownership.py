"""What S3 refuses whatever policies allow: ACLs that object ownership or Block Public Access do not take, and other accounts.

Sources: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs" and "Blocking public access";
S3 API reference, PutBucketPolicy (405) [A].
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from bucketpass.decide.policy_set import PublicAccessBlock, S3Refusal

__all__ = ["OWNERS_ALONE", "ObjectOwnership", "acl_refusal", "owner_refusal"]

_PUBLIC_CANNED_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_PUBLIC_GROUPS = ("groups/global/AllUsers", "groups/global/AuthenticatedUsers")
_HARMLESS_CANNED_ACLS = frozenset({"bucket-owner-full-control"})
# The bucket's policy is a matter of the account that owns it.
OWNERS_ALONE = frozenset({"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"})
_OWNERS_ALONE_IN_LOWER_CASE = frozenset(map(str.lower, OWNERS_ALONE))


class ObjectOwnership(Enum):
    """Who owns the objects of a bucket."""

    BUCKET_OWNER_ENFORCED = "BucketOwnerEnforced"
    BUCKET_OWNER_PREFERRED = "BucketOwnerPreferred"
    OBJECT_WRITER = "ObjectWriter"


def acl_refusal(headers: Mapping[str, str], ownership: ObjectOwnership, block: PublicAccessBlock | None) -> S3Refusal | None:
    """Why S3 refuses the ACL in these headers (names in lower case), or None where it takes it or there is none."""
    from bucketpass.aws.operations import ACL_HEADERS  # a table that a decision alone does not need

    sent = {name: headers[name] for name in ACL_HEADERS if name in headers}
    if not sent:
        return None
    canned = sent.get("x-amz-acl", "")
    if ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED and not (len(sent) == 1 and canned in _HARMLESS_CANNED_ACLS):
        return S3Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs")
    public = canned in _PUBLIC_CANNED_ACLS or any(group in value for value in sent.values() for group in _PUBLIC_GROUPS)
    if public and block is not None and block.block_public_acls:
        return S3Refusal("AccessDenied", "Block Public Access refuses a public ACL")
    return None


def owner_refusal(action: str, *, own_account: bool) -> S3Refusal | None:
    """Why S3 refuses an action that policies allow, to principals of the bucket's own account or of others; None where it does not."""
    if own_account or action.lower() not in _OWNERS_ALONE_IN_LOWER_CASE:
        return None
    return S3Refusal("MethodNotAllowed", "The specified method is not allowed against this resource.")
