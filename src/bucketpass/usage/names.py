"""How logs name S3's operations, as names of the S3 API.

CloudTrail has the API's names but for a few; server access logs have names of their own, `REST.METHOD.RESOURCE_TYPE`.

Sources: S3 User Guide, "Amazon S3 CloudTrail events" and "Amazon S3 server access log format" [A]; the names that stand in
samples of real logs: GET, PUT and EXPIRE of OBJECT, GET.BUCKET, GET.LOCATION, BATCH.DELETE, COPY.OBJECT_GET [K]; the other
REST names follow the documented scheme [A].
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from bucketpass.aws.operations import OPERATIONS

__all__ = ["AccessLogName", "CopyPart", "cloudtrail_names", "cloudtrail_operation"]


class CopyPart(Enum):
    """Which side of a copy a record is about. Access logs write two records for a copy, CloudTrail one for both sides."""

    BOTH = ""
    SOURCE = "source"
    DESTINATION = "destination"


class AccessLogName(NamedTuple):
    """What an operation's name in an access log means. `key_decodings`: how often the key was URL-encoded."""

    operation: str
    part: CopyPart = CopyPart.BOTH
    key_decodings: int = 2


# CloudTrail's event name -> the operation's name in the API, where they differ.
_CLOUDTRAIL = {
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "GetAccelerateConfiguration": "GetBucketAccelerateConfiguration",
    "GetAnalyticsConfiguration": "GetBucketAnalyticsConfiguration",
    "GetBucketObjectLockConfiguration": "GetObjectLockConfiguration",
    "GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "GetInventoryConfiguration": "GetBucketInventoryConfiguration",
    "GetLifecycleConfiguration": "GetBucketLifecycleConfiguration",
    "GetMetricsConfiguration": "GetBucketMetricsConfiguration",
    "GetReplicationConfiguration": "GetBucketReplication",
    "ListBucketVersions": "ListObjectVersions",
    "ListMultipartUploadParts": "ListParts",
    "PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
}

# Resource type of an access log -> operation, by method.
_REST: dict[str, dict[str, str]] = {
    "OBJECT": {
        "GET": "GetObject",
        "HEAD": "HeadObject",
        "PUT": "PutObject",
        "DELETE": "DeleteObject",
        "POST": "PostObject",
    },
    "BUCKET": {"GET": "ListObjects", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"},
    "BUCKETVERSIONS": {"GET": "ListObjectVersions"},
    "SERVICE": {"GET": "ListBuckets"},
    "UPLOADS": {"POST": "CreateMultipartUpload", "GET": "ListMultipartUploads"},
    "UPLOAD": {"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"},
    "PART": {"PUT": "UploadPart"},
    "ACL": {"GET": "GetObjectAcl", "PUT": "PutObjectAcl"},
    "OBJECT_TAGGING": {"GET": "GetObjectTagging", "PUT": "PutObjectTagging", "DELETE": "DeleteObjectTagging"},
    "OBJECT_RETENTION": {"GET": "GetObjectRetention", "PUT": "PutObjectRetention"},
    "OBJECT_LEGAL_HOLD": {"GET": "GetObjectLegalHold", "PUT": "PutObjectLegalHold"},
    "OBJECT_ATTRIBUTES": {"GET": "GetObjectAttributes"},
    "MULTI_OBJECT_DELETE": {"POST": "DeleteObjects"},
    "SELECT": {"POST": "SelectObjectContent"},
    "RESTORE": {"POST": "RestoreObject"},
    "LOCATION": {"GET": "GetBucketLocation"},
    "TAGGING": {"GET": "GetBucketTagging", "PUT": "PutBucketTagging", "DELETE": "DeleteBucketTagging"},
    "BUCKETPOLICY": {"GET": "GetBucketPolicy", "PUT": "PutBucketPolicy", "DELETE": "DeleteBucketPolicy"},
    "POLICY_STATUS": {"GET": "GetBucketPolicyStatus"},
    "VERSIONING": {"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"},
    "LIFECYCLE": {
        "GET": "GetBucketLifecycleConfiguration",
        "PUT": "PutBucketLifecycleConfiguration",
        "DELETE": "DeleteBucketLifecycle",
    },
    "LOGGING_STATUS": {"GET": "GetBucketLogging", "PUT": "PutBucketLogging"},
    "NOTIFICATION": {"GET": "GetBucketNotificationConfiguration", "PUT": "PutBucketNotificationConfiguration"},
    "CORS": {"GET": "GetBucketCors", "PUT": "PutBucketCors", "DELETE": "DeleteBucketCors"},
    "ENCRYPTION": {"GET": "GetBucketEncryption", "PUT": "PutBucketEncryption", "DELETE": "DeleteBucketEncryption"},
    "REPLICATION": {"GET": "GetBucketReplication", "PUT": "PutBucketReplication", "DELETE": "DeleteBucketReplication"},
    "WEBSITE": {"GET": "GetBucketWebsite", "PUT": "PutBucketWebsite", "DELETE": "DeleteBucketWebsite"},
    "REQUEST_PAYMENT": {"GET": "GetBucketRequestPayment", "PUT": "PutBucketRequestPayment"},
    "OBJECT_LOCK": {"GET": "GetObjectLockConfiguration", "PUT": "PutObjectLockConfiguration"},
    "OWNERSHIP_CONTROLS": {
        "GET": "GetBucketOwnershipControls",
        "PUT": "PutBucketOwnershipControls",
        "DELETE": "DeleteBucketOwnershipControls",
    },
    "PUBLIC_ACCESS_BLOCK": {
        "GET": "GetPublicAccessBlock",
        "PUT": "PutPublicAccessBlock",
        "DELETE": "DeletePublicAccessBlock",
    },
}
_ACCESS_LOG = {
    f"REST.{method}.{resource}": AccessLogName(operation) for resource, methods in _REST.items() for method, operation in methods.items()
} | {
    "BATCH.DELETE.OBJECT": AccessLogName("DeleteObject", key_decodings=1),
    "REST.COPY.OBJECT": AccessLogName("CopyObject", CopyPart.DESTINATION),
    "REST.COPY.OBJECT_GET": AccessLogName("CopyObject", CopyPart.SOURCE),
    "REST.COPY.PART": AccessLogName("UploadPartCopy", CopyPart.DESTINATION),
    "REST.COPY.PART_GET": AccessLogName("UploadPartCopy", CopyPart.SOURCE),
}
# Records of what S3 does by itself (expiry, replication, log delivery of its own): no request, and nobody's grant.
S3_ITSELF = "S3."


def cloudtrail_operation(event_name: str, list_type: str | None = None) -> str | None:
    """The API's name of a CloudTrail event of S3, or None where the API has no such operation."""
    if event_name == "ListObjects" and list_type == "2":
        return "ListObjectsV2"
    name = _CLOUDTRAIL.get(event_name, event_name)
    return name if name in OPERATIONS else None


def cloudtrail_names() -> dict[str, str]:
    """CloudTrail's event names that differ from the API's, and the API's."""
    return dict(_CLOUDTRAIL)


def access_log_names() -> dict[str, AccessLogName]:
    """Every name of access logs that is known."""
    return dict(_ACCESS_LOG)
