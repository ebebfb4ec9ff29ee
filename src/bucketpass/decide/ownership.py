"""ACLs that a request brings: what object ownership and Block Public Access make of them before any policy is asked.

Sources: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs" and "Blocking public access" [A].
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from bucketpass.aws.operations import ACL_HEADERS
from bucketpass.decide.policy_set import PublicAccessBlock

__all__ = ["AclRefusal", "ObjectOwnership", "acl_refusal"]

_PUBLIC_CANNED_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_PUBLIC_GROUPS = ("groups/global/AllUsers", "groups/global/AuthenticatedUsers")
_HARMLESS_CANNED_ACLS = frozenset({"bucket-owner-full-control"})


class ObjectOwnership(Enum):
    """Who owns the objects of a bucket."""

    BUCKET_OWNER_ENFORCED = "BucketOwnerEnforced"
    BUCKET_OWNER_PREFERRED = "BucketOwnerPreferred"
    OBJECT_WRITER = "ObjectWriter"


class AclRefusal(NamedTuple):
    """S3's error for a request whose ACL cannot be."""

    code: str
    message: str


def acl_refusal(headers: Mapping[str, str], ownership: ObjectOwnership, block: PublicAccessBlock | None) -> AclRefusal | None:
    """Why S3 refuses the ACL in these headers (names in lower case), or None where it takes it or there is none."""
    sent = {name: headers[name] for name in ACL_HEADERS if name in headers}
    if not sent:
        return None
    canned = sent.get("x-amz-acl", "")
    if ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED and not (len(sent) == 1 and canned in _HARMLESS_CANNED_ACLS):
        return AclRefusal("AccessControlListNotSupported", "The bucket does not allow ACLs")
    public = canned in _PUBLIC_CANNED_ACLS or any(group in value for value in sent.values() for group in _PUBLIC_GROUPS)
    if public and block is not None and block.block_public_acls:
        return AclRefusal("AccessDenied", "Block Public Access refuses a public ACL")
    return None
