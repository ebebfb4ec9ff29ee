"""Which S3 and KMS actions a grant means, and on which kind of resource each applies.

Sources: Service Authorization Reference for S3; multipart and KMS companions as in the S3 User Guide [A].
"""

from __future__ import annotations

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.model.access import AccessLevel, Grant

__all__ = ["BUCKET_ACTIONS", "KMS_ACTIONS", "OBJECT_ACTIONS", "PREFIX_ACTIONS", "TAGGED_ACTIONS", "actions_of"]

# A writer may give up its own unfinished upload and see its parts, but neither read nor delete objects.
LEVELS = {
    AccessLevel.READ: ("s3:GetObject", "s3:ListBucket"),
    AccessLevel.WRITE: ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
    AccessLevel.DELETE: ("s3:DeleteObject",),
    AccessLevel.LIST: ("s3:ListBucket",),
}
VERSIONS = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:ListBucket": "s3:ListBucketVersions",
}

# Reading asks KMS to decrypt; writing for a data key; a multipart upload for both [A].
KMS_ACTIONS = {
    "s3:GetObject": ("kms:Decrypt",),
    "s3:GetObjectVersion": ("kms:Decrypt",),
    "s3:PutObject": ("kms:Decrypt", "kms:GenerateDataKey"),
}


def _s3_actions(resource: ResourceKind, key: str = "") -> frozenset[str]:
    rows = (row for row in ACTIONS.values() if row.name.startswith("s3:") and row.resource is resource)
    return frozenset(row.name for row in rows if not key or key in row.keys)


OBJECT_ACTIONS = _s3_actions(ResourceKind.OBJECT)
BUCKET_ACTIONS = _s3_actions(ResourceKind.BUCKET)
PREFIX_ACTIONS = _s3_actions(ResourceKind.BUCKET, "s3:prefix")
TAGGED_ACTIONS = _s3_actions(ResourceKind.OBJECT, "s3:ExistingObjectTag/")


def actions_of(grant: Grant) -> tuple[str, ...]:
    """All S3 actions that the grant means, sorted."""
    levels = {action for level in grant.access for action in LEVELS[level]}
    if grant.key is not None:
        levels.discard("s3:ListBucket")  # one object is read by its name
    versions = {VERSIONS[action] for action in levels if grant.versions and action in VERSIONS}
    return tuple(sorted(levels | versions | set(grant.actions)))
