"""Which S3 and KMS actions a grant means, and on which kind of resource each applies.

Sources: Service Authorization Reference for S3; multipart and KMS companions as in the S3 User Guide [A].
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.model.access import AccessLevel, Grant
from bucketpass.requests.context import can_carry

__all__ = ["KMS_ACTIONS", "ActionKind", "actions_of", "by_kind", "creates_only", "key_actions_of", "kind_of"]

# A writer may give up its own unfinished upload and see its parts, but neither read nor delete objects.
LEVELS = {
    AccessLevel.READ: ("s3:GetObject", "s3:ListBucket"),
    AccessLevel.CREATE: ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
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


class ActionKind(IntEnum):
    """Actions that share a statement: those of a kind have the same resource and know the same condition keys.

    Each is the place of its kind in a table.
    """

    TAGGED_OBJECT = 0
    OBJECT = 1
    LISTING = 2
    BUCKET = 3


def kind_of(action: str) -> ActionKind:
    """The kind of an S3 action on objects or a bucket."""
    if ACTIONS[action].resource is ResourceKind.OBJECT:
        return ActionKind.TAGGED_OBJECT if can_carry("s3:ExistingObjectTag/", action) else ActionKind.OBJECT
    return ActionKind.LISTING if can_carry("s3:prefix", action) else ActionKind.BUCKET


def creates_only(grant: Grant) -> bool:
    """True if the grant lets a service create objects and not overwrite them."""
    return AccessLevel.CREATE in grant.access and AccessLevel.WRITE not in grant.access and "s3:PutObject" not in grant.actions


@cache
def by_kind(actions: tuple[str, ...]) -> tuple[tuple[ActionKind, tuple[str, ...]], ...]:
    """The actions in groups of one kind, in the kinds' order."""
    groups = ((kind, tuple(action for action in actions if kind_of(action) is kind)) for kind in ActionKind)
    return tuple((kind, group) for kind, group in groups if group)


@cache
def key_actions_of(actions: tuple[str, ...]) -> tuple[str, ...]:
    """All KMS actions that S3 needs for these, sorted."""
    return tuple(sorted({companion for action in actions for companion in KMS_ACTIONS.get(action, ())}))


def actions_of(grant: Grant) -> tuple[str, ...]:
    """All S3 actions that the grant means, sorted."""
    # S3 asks for a right of its own where an upload brings tags [A].
    tagging = ("s3:PutObjectTagging",) if grant.upload_tags else ()
    return _actions(grant.access, (*grant.actions, *tagging), grant.versions, grant.key is not None)


@cache
def _actions(access: tuple[AccessLevel, ...], exact: tuple[str, ...], versions: bool, one_object: bool) -> tuple[str, ...]:
    levels = {action for level in access for action in LEVELS[level]}
    if one_object:
        levels.discard("s3:ListBucket")  # one object is read by its name
    further = {VERSIONS[action] for action in levels if versions and action in VERSIONS}
    return tuple(sorted(levels | further | set(exact)))
