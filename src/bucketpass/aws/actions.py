"""The actions of S3, KMS and STS that a data path can meet: on which resource they apply, and what they do.

Sources: Service Authorization Reference for Amazon S3, AWS KMS and AWS STS [D].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["ACTIONS", "OTHER_ACTIONS", "AccessKind", "Action", "ResourceKind", "action_named"]


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
    """One action."""

    name: str
    resource: ResourceKind
    access: AccessKind


_Row = tuple[str, ResourceKind, AccessKind, str]

_ROWS: tuple[_Row, ...] = (
    ("s3", ResourceKind.NONE, AccessKind.LIST, "ListAllMyBuckets"),
    ("s3", ResourceKind.BUCKET, AccessKind.LIST, "ListBucket ListBucketVersions ListBucketMultipartUploads"),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.READ,
        "GetObject GetObjectAttributes GetObjectTagging GetObjectAcl GetObjectVersion GetObjectVersionAttributes "
        "GetObjectVersionTagging GetObjectVersionAcl GetObjectLegalHold GetObjectRetention GetObjectTorrent "
        "GetObjectVersionTorrent GetObjectVersionForReplication GetObjectAnnotation ListObjectAnnotations",
    ),
    ("s3", ResourceKind.OBJECT, AccessKind.LIST, "ListMultipartUploadParts"),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.WRITE,
        "PutObject AbortMultipartUpload RestoreObject ReplicateObject ReplicateDelete UpdateObjectEncryption "
        "PutObjectAnnotation DeleteObjectAnnotation DeleteObject DeleteObjectVersion PutObjectRetention PutObjectLegalHold",
    ),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.TAGGING,
        "PutObjectTagging PutObjectVersionTagging DeleteObjectTagging ReplicateTags DeleteObjectVersionTagging",
    ),
    (
        "s3",
        ResourceKind.OBJECT,
        AccessKind.PERMISSIONS,
        "PutObjectAcl PutObjectVersionAcl BypassGovernanceRetention ObjectOwnerOverrideToBucketOwner",
    ),
    (
        "s3",
        ResourceKind.BUCKET,
        AccessKind.READ,
        "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation "
        "GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration "
        "GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment "
        "GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration "
        "GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration",
    ),
    (
        "s3",
        ResourceKind.BUCKET,
        AccessKind.WRITE,
        "CreateBucket DeleteBucket CreateBucketMetadataTableConfiguration DeleteBucketMetadataTableConfiguration "
        "DeleteBucketWebsite PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac PutBucketCORS PutBucketLogging "
        "PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketRequestPayment "
        "PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration "
        "PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration "
        "UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration "
        "UpdateBucketMetadataJournalTableConfiguration",
    ),
    ("s3", ResourceKind.BUCKET, AccessKind.TAGGING, "PutBucketTagging TagResource UntagResource"),
    ("s3", ResourceKind.BUCKET, AccessKind.PERMISSIONS, "DeleteBucketPolicy PutBucketPolicy PutBucketPublicAccessBlock PutBucketAcl"),
    (
        "kms",
        ResourceKind.KEY,
        AccessKind.WRITE,
        "Decrypt Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo GenerateDataKeyWithoutPlaintext",
    ),
    ("kms", ResourceKind.KEY, AccessKind.READ, "DescribeKey GetKeyPolicy GetKeyRotationStatus"),
    ("kms", ResourceKind.KEY, AccessKind.PERMISSIONS, "CreateGrant PutKeyPolicy"),
    ("sts", ResourceKind.ROLE, AccessKind.WRITE, "AssumeRoleWithWebIdentity AssumeRole AssumeRoleWithSAML SetSourceIdentity"),
    ("sts", ResourceKind.ROLE, AccessKind.TAGGING, "TagSession"),
    ("sts", ResourceKind.NONE, AccessKind.READ, "GetCallerIdentity"),
)
ACTIONS = {
    f"{service}:{name}": Action(f"{service}:{name}", resource, access)
    for service, resource, access, names in _ROWS
    for name in names.split()
}
# Further actions of the same services, with the kind of resource where it is a bucket or an object: no data path meets them.
_OTHERS: tuple[tuple[str, ResourceKind | None, str], ...] = (
    ("s3", ResourceKind.BUCKET, "AllowVendedLogDeliveryForResource PauseReplication"),
    (
        "s3",
        ResourceKind.OBJECT,
        "DeleteObjectVersionAnnotation GetObjectVersionAnnotation GetObjectVersionAnnotationForReplication "
        "InitiateReplication ListObjectVersionAnnotations PutObjectVersionAnnotation ReplicateObjectAnnotation",
    ),
    (
        "s3",
        None,
        "AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance CreateAccessGrantsLocation "
        "CreateAccessPoint CreateAccessPointForObjectLambda CreateJob CreateMultiRegionAccessPoint "
        "CreateStorageLensGroup DeleteAccessGrant DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy "
        "DeleteAccessGrantsLocation DeleteAccessPoint DeleteAccessPointForObjectLambda DeleteAccessPointPolicy "
        "DeleteAccessPointPolicyForObjectLambda DeleteJobTagging DeleteMultiRegionAccessPoint "
        "DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging DeleteStorageLensGroup DescribeJob "
        "DescribeMultiRegionAccessPointOperation DissociateAccessGrantsIdentityCenter GetAccessGrant "
        "GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy "
        "GetAccessGrantsLocation GetAccessPoint GetAccessPointConfigurationForObjectLambda "
        "GetAccessPointForObjectLambda GetAccessPointPolicy GetAccessPointPolicyForObjectLambda "
        "GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda GetAccountPublicAccessBlock GetDataAccess "
        "GetJobTagging GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus "
        "GetMultiRegionAccessPointRoutes GetStorageLensConfiguration GetStorageLensConfigurationTagging "
        "GetStorageLensDashboard GetStorageLensGroup ListAccessGrants ListAccessGrantsInstances "
        "ListAccessGrantsLocations ListAccessPoints ListAccessPointsForObjectLambda ListCallerAccessGrants ListJobs "
        "ListMultiRegionAccessPoints ListStorageLensConfigurations ListStorageLensGroups ListTagsForResource "
        "PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy "
        "PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock PutJobTagging "
        "PutMultiRegionAccessPointPolicy PutStorageLensConfiguration PutStorageLensConfigurationTagging "
        "SubmitMultiRegionAccessPointRoutes UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus "
        "UpdateStorageLensGroup",
    ),
    (
        "kms",
        None,
        "CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateKey DeleteAlias "
        "DeleteCustomKeyStore DeleteImportedKeyMaterial DeriveSharedSecret DescribeCustomKeyStores DisableKey "
        "DisableKeyRotation DisconnectCustomKeyStore EnableKey EnableKeyRotation GenerateDataKeyPair "
        "GenerateDataKeyPairWithoutPlaintext GenerateMac GenerateRandom GetKeyLastUsage GetParametersForImport "
        "GetPublicKey ImportKeyMaterial ListAliases ListGrants ListKeyPolicies ListKeyRotations ListKeys "
        "ListResourceTags ListRetirableGrants ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand "
        "ScheduleKeyDeletion Sign SynchronizeMultiRegionKey TagResource UntagResource UpdateAlias UpdateCustomKeyStore "
        "UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac",
    ),
    (
        "sts",
        None,
        "AssumeRoot DecodeAuthorizationMessage GetAccessKeyInfo GetDelegatedAccessToken GetFederationToken "
        "GetServiceBearerToken GetSessionToken GetWebIdentityToken SetContext TagGetWebIdentityToken",
    ),
)
OTHER_ACTIONS = {f"{service}:{name}": kind for service, kind, names in _OTHERS for name in names.split()}
_BY_LOWER_NAME = {name.lower(): action for name, action in ACTIONS.items()}


def action_named(name: str) -> Action | None:
    """The action of that name in any case, or None where the table does not know it."""
    return _BY_LOWER_NAME.get(name.lower())
