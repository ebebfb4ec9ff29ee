"""The actions of S3, KMS and STS that a data path can meet: on which resource they apply, what they do, which keys they know.

Sources: Service Authorization Reference for Amazon S3, AWS KMS and AWS STS [D].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["ACTIONS", "AccessKind", "Action", "ResourceKind", "action_named"]


class ResourceKind(Enum):
    """The kind of resource that an action is asked for. NONE means that policies name it `*`."""

    NONE = "none"
    BUCKET = "bucket"
    OBJECT = "object"
    KEY = "key"
    ROLE = "role"


class AccessKind(Enum):
    """What an action does, in the words of the Service Authorization Reference."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `keys` are the service's own condition keys that it knows beside those of every action of the service."""

    name: str
    resource: ResourceKind
    access: AccessKind
    keys: tuple[str, ...] = ()


_LISTING = ("s3:prefix", "s3:delimiter", "s3:max-keys")
_EXISTING_TAG = ("s3:ExistingObjectTag/",)
_VERSION = ("s3:VersionId",)
_ACL = ("s3:x-amz-acl", "s3:x-amz-grant-full-control", "s3:x-amz-grant-read", "s3:x-amz-grant-read-acp", "s3:x-amz-grant-write",
        "s3:x-amz-grant-write-acp")  # fmt: skip
_REQUEST_TAGS = ("s3:RequestObjectTag/", "s3:RequestObjectTagKeys")
_LOCK = ("s3:object-lock-mode", "s3:object-lock-retain-until-date", "s3:object-lock-remaining-retention-days")
_PUT = (
    *_ACL,
    *_REQUEST_TAGS,
    *_LOCK,
    "s3:object-lock-legal-hold",
    "s3:x-amz-copy-source",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
    "s3:x-amz-website-redirect-location",
    "s3:if-match",
    "s3:if-none-match",
    "s3:ObjectCreationOperation",
)
_KMS = ("kms:ViaService", "kms:CallerAccount", "kms:EncryptionContext:", "kms:EncryptionContextKeys")
_TRUST = ("aws:RequestTag/", "aws:TagKeys", "sts:TransitiveTagKeys", "sts:RoleSessionName", "sts:SourceIdentity")

_Row = tuple[str, ResourceKind, AccessKind, tuple[str, ...], str]

_ROWS: tuple[_Row, ...] = (
    ("s3", ResourceKind.NONE, AccessKind.LIST, (), "ListAllMyBuckets"),
    ("s3", ResourceKind.BUCKET, AccessKind.LIST, _LISTING, "ListBucket ListBucketVersions"),
    ("s3", ResourceKind.BUCKET, AccessKind.LIST, (), "ListBucketMultipartUploads"),
    ("s3", ResourceKind.OBJECT, AccessKind.READ, _EXISTING_TAG, "GetObject GetObjectAttributes GetObjectTagging GetObjectAcl"),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.READ,
        (*_EXISTING_TAG, *_VERSION),
        "GetObjectVersion GetObjectVersionAttributes GetObjectVersionTagging GetObjectVersionAcl",
    ),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.READ,
        (),
        "GetObjectLegalHold GetObjectRetention GetObjectTorrent GetObjectVersionTorrent GetObjectVersionForReplication"
        " GetObjectAnnotation ListObjectAnnotations",
    ),
    ("s3", ResourceKind.OBJECT, AccessKind.LIST, (), "ListMultipartUploadParts"),
    ("s3", ResourceKind.OBJECT, AccessKind.WRITE, _PUT, "PutObject"),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.WRITE,
        (),
        "AbortMultipartUpload RestoreObject ReplicateObject ReplicateDelete UpdateObjectEncryption PutObjectAnnotation"
        " DeleteObjectAnnotation",
    ),
    ("s3", ResourceKind.OBJECT, AccessKind.WRITE, ("s3:if-match",), "DeleteObject"),
    ("s3", ResourceKind.OBJECT, AccessKind.WRITE, _VERSION, "DeleteObjectVersion"),
    ("s3", ResourceKind.OBJECT, AccessKind.WRITE, _LOCK, "PutObjectRetention"),
    ("s3", ResourceKind.OBJECT, AccessKind.WRITE, ("s3:object-lock-legal-hold",), "PutObjectLegalHold"),
    ("s3", ResourceKind.OBJECT, AccessKind.TAGGING, (*_EXISTING_TAG, *_REQUEST_TAGS), "PutObjectTagging"),
    ("s3", ResourceKind.OBJECT, AccessKind.TAGGING, (*_EXISTING_TAG, *_REQUEST_TAGS, *_VERSION), "PutObjectVersionTagging"),
    ("s3", ResourceKind.OBJECT, AccessKind.TAGGING, _EXISTING_TAG, "DeleteObjectTagging ReplicateTags"),
    ("s3", ResourceKind.OBJECT, AccessKind.TAGGING, (*_EXISTING_TAG, *_VERSION), "DeleteObjectVersionTagging"),
    ("s3", ResourceKind.OBJECT, AccessKind.PERMISSIONS, (*_ACL, *_EXISTING_TAG), "PutObjectAcl"),
    ("s3", ResourceKind.OBJECT, AccessKind.PERMISSIONS, (*_ACL, *_EXISTING_TAG, *_VERSION), "PutObjectVersionAcl"),
    ("s3", ResourceKind.OBJECT, AccessKind.PERMISSIONS, _LOCK, "BypassGovernanceRetention ObjectOwnerOverrideToBucketOwner"),
    (
        "s3",
        ResourceKind.BUCKET,
        AccessKind.READ,
        (),
        "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation"
        " GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration"
        " GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment"
        " GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration"
        " GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration",
    ),
    (
        "s3",
        ResourceKind.BUCKET,
        AccessKind.WRITE,
        (),
        "CreateBucket DeleteBucket CreateBucketMetadataTableConfiguration DeleteBucketMetadataTableConfiguration DeleteBucketWebsite"
        " PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac PutBucketCORS PutBucketLogging PutBucketNotification"
        " PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketRequestPayment PutBucketVersioning PutBucketWebsite"
        " PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration"
        " PutMetricsConfiguration PutReplicationConfiguration UpdateBucketMetadataAnnotationTableConfiguration"
        " UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration",
    ),
    ("s3", ResourceKind.BUCKET, AccessKind.TAGGING, (), "PutBucketTagging"),
    ("s3", ResourceKind.BUCKET, AccessKind.PERMISSIONS, (), "DeleteBucketPolicy PutBucketPolicy PutBucketPublicAccessBlock"),
    ("s3", ResourceKind.BUCKET, AccessKind.PERMISSIONS, _ACL, "PutBucketAcl"),
    ("kms", ResourceKind.KEY, AccessKind.WRITE, _KMS, "Decrypt Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo"),
    ("kms", ResourceKind.KEY, AccessKind.WRITE, _KMS, "GenerateDataKeyWithoutPlaintext"),
    ("kms", ResourceKind.KEY, AccessKind.READ, ("kms:ViaService", "kms:CallerAccount"), "DescribeKey GetKeyPolicy GetKeyRotationStatus"),
    ("kms", ResourceKind.KEY, AccessKind.PERMISSIONS, ("kms:ViaService", "kms:CallerAccount"), "CreateGrant PutKeyPolicy"),
    ("sts", ResourceKind.ROLE, AccessKind.WRITE, (*_TRUST, "sts:RoleAuthorizedByIdp"), "AssumeRoleWithWebIdentity"),
    ("sts", ResourceKind.ROLE, AccessKind.WRITE, (*_TRUST, "sts:ExternalId"), "AssumeRole"),
    ("sts", ResourceKind.ROLE, AccessKind.WRITE, _TRUST, "AssumeRoleWithSAML"),
    ("sts", ResourceKind.ROLE, AccessKind.TAGGING, ("aws:RequestTag/", "aws:TagKeys", "sts:TransitiveTagKeys"), "TagSession"),
    ("sts", ResourceKind.ROLE, AccessKind.WRITE, ("sts:SourceIdentity",), "SetSourceIdentity"),
    ("sts", ResourceKind.NONE, AccessKind.READ, (), "GetCallerIdentity"),
)
ACTIONS = {
    f"{service}:{name}": Action(f"{service}:{name}", resource, access, keys)
    for service, resource, access, keys, names in _ROWS
    for name in names.split()
}
_BY_LOWER_NAME = {name.lower(): action for name, action in ACTIONS.items()}


def action_named(name: str) -> Action | None:
    """The action of that name in any case, or None where the table does not know it."""
    return _BY_LOWER_NAME.get(name.lower())
