"""S3's API operations: how each is sent, and which actions on which resources it needs.

`Need.on` says which resource: the bucket, the object, the source of a copy, the KMS key of either, or none (`*`).
A need with `headers` is there only where one of them is sent, one `with_tags` only where the body sets tags; with
`versioned`, that action takes its place where a version is named. A need `per_key` is one for each key in the body.
The table knows every operation of the S3 API model (a test compares it with botocore's).

Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; S3 API Reference, the
permissions of each operation [D]; where the version and header variants are not spelled out there [K].
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

__all__ = ["ACL_HEADERS", "COPIED_TAGS", "COPY_SOURCE_HEADER", "OPERATIONS", "Need", "On", "Operation", "operation_of_request"]


class On(Enum):
    """The resource that an action is asked for."""

    SERVICE = "service"
    BUCKET = "bucket"
    OBJECT = "object"
    SOURCE = "source"
    KEY = "key"
    SOURCE_KEY = "source key"

    __hash__ = object.__hash__  # members are unique; Enum's own hash is a call in Python on every look-up


@dataclass(frozen=True, slots=True)
class Need:
    """One action that an operation needs."""

    action: str
    on: On
    versioned: str | None = None
    headers: tuple[str, ...] = ()
    per_key: bool = False
    with_tags: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `method` on `target` with all of `query` and `header` (the copy source) present."""

    name: str
    method: str
    target: On
    query: tuple[str, ...]
    needs: tuple[Need, ...]
    header: str | None = None


ACL_HEADERS = (
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
)
TAGGING_HEADERS = ("x-amz-tagging",)
RETENTION_HEADERS = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")
LEGAL_HOLD_HEADERS = ("x-amz-object-lock-legal-hold",)
BYPASS_HEADERS = ("x-amz-bypass-governance-retention",)
COPY_SOURCE_HEADER = "x-amz-copy-source"

_READ = Need("s3:GetObject", On.OBJECT, versioned="s3:GetObjectVersion")
_READ_SOURCE = Need("s3:GetObject", On.SOURCE, versioned="s3:GetObjectVersion")
_WRITE = Need("s3:PutObject", On.OBJECT)
_LIST = Need("s3:ListBucket", On.BUCKET)
_DECRYPT = Need("kms:Decrypt", On.KEY)
_DECRYPT_SOURCE = Need("kms:Decrypt", On.SOURCE_KEY)
_ENCRYPT = Need("kms:GenerateDataKey", On.KEY)
_BYPASS = Need("s3:BypassGovernanceRetention", On.OBJECT, headers=BYPASS_HEADERS)
_WRITE_EXTRAS = (
    Need("s3:PutObjectAcl", On.OBJECT, headers=ACL_HEADERS),
    Need("s3:PutObjectTagging", On.OBJECT, headers=TAGGING_HEADERS),
    Need("s3:PutObjectRetention", On.OBJECT, headers=RETENTION_HEADERS),
    Need("s3:PutObjectLegalHold", On.OBJECT, headers=LEGAL_HOLD_HEADERS),
)
# What CopyObject needs besides where it copies tags: the source has some, and x-amz-tagging-directive is not REPLACE [K].
COPIED_TAGS = (
    Need("s3:GetObjectTagging", On.SOURCE, versioned="s3:GetObjectVersionTagging"),
    Need("s3:PutObjectTagging", On.OBJECT),
)


def _bucket(name: str, method: str, query: str, action: str) -> Operation:
    return Operation(name, method, On.BUCKET, tuple(query.split("&")) if query else (), (Need(f"s3:{action}", On.BUCKET),))


def _object(name: str, method: str, query: str, *needs: Need, header: str | None = None) -> Operation:
    return Operation(name, method, On.OBJECT, tuple(query.split("&")) if query else (), needs, header)


def _per_object(name: str, method: str, query: str, action: str, versioned: str | None = None) -> Operation:
    return _object(name, method, query, Need(f"s3:{action}", On.OBJECT, f"s3:{versioned}" if versioned else None))


_ROWS = (
    # Objects
    _object("GetObject", "GET", "", _READ, _DECRYPT),
    _object("HeadObject", "HEAD", "", _READ, _DECRYPT),
    _object(
        "GetObjectAttributes",
        "GET",
        "attributes",
        _READ,
        Need("s3:GetObjectAttributes", On.OBJECT, versioned="s3:GetObjectVersionAttributes"),
        _DECRYPT,
    ),
    _object("SelectObjectContent", "POST", "select&select-type", _READ, _DECRYPT),
    _object("GetObjectTorrent", "GET", "torrent", Need("s3:GetObjectTorrent", On.OBJECT, versioned="s3:GetObjectVersionTorrent")),
    _object("PutObject", "PUT", "", _WRITE, *_WRITE_EXTRAS, _ENCRYPT),
    Operation("PostObject", "POST", On.BUCKET, (), (_WRITE, *_WRITE_EXTRAS, _ENCRYPT)),
    _object(
        "CopyObject",
        "PUT",
        "",
        _READ_SOURCE,
        _WRITE,
        *_WRITE_EXTRAS,
        _DECRYPT_SOURCE,
        _ENCRYPT,
        header=COPY_SOURCE_HEADER,
    ),
    _object("RenameObject", "PUT", "renameObject", _READ, _WRITE, Need("s3:DeleteObject", On.OBJECT)),
    _object(
        "DeleteObject",
        "DELETE",
        "",
        Need("s3:DeleteObject", On.OBJECT, versioned="s3:DeleteObjectVersion"),
        # What compares an ETag reads the object [A: S3 User Guide, conditional deletes].
        Need("s3:GetObject", On.OBJECT, headers=("if-match",)),
        _BYPASS,
    ),
    Operation(
        "DeleteObjects",
        "POST",
        On.BUCKET,
        ("delete",),
        (
            Need("s3:DeleteObject", On.OBJECT, versioned="s3:DeleteObjectVersion", per_key=True),
            Need("s3:GetObject", On.OBJECT, headers=("if-match",), per_key=True),
            Need("s3:BypassGovernanceRetention", On.OBJECT, headers=BYPASS_HEADERS, per_key=True),
        ),
    ),
    _per_object("GetObjectAcl", "GET", "acl", "GetObjectAcl", "GetObjectVersionAcl"),
    _per_object("PutObjectAcl", "PUT", "acl", "PutObjectAcl", "PutObjectVersionAcl"),
    _per_object("GetObjectTagging", "GET", "tagging", "GetObjectTagging", "GetObjectVersionTagging"),
    _per_object("PutObjectTagging", "PUT", "tagging", "PutObjectTagging", "PutObjectVersionTagging"),
    _per_object("DeleteObjectTagging", "DELETE", "tagging", "DeleteObjectTagging", "DeleteObjectVersionTagging"),
    _per_object("GetObjectRetention", "GET", "retention", "GetObjectRetention"),
    _object("PutObjectRetention", "PUT", "retention", Need("s3:PutObjectRetention", On.OBJECT), _BYPASS),
    _per_object("GetObjectLegalHold", "GET", "legal-hold", "GetObjectLegalHold"),
    _per_object("PutObjectLegalHold", "PUT", "legal-hold", "PutObjectLegalHold"),
    _per_object("RestoreObject", "POST", "restore", "RestoreObject"),
    _per_object("GetObjectAnnotation", "GET", "annotation", "GetObjectAnnotation"),
    _per_object("ListObjectAnnotations", "GET", "annotation", "ListObjectAnnotations"),
    _per_object("PutObjectAnnotation", "PUT", "annotation", "PutObjectAnnotation"),
    _per_object("DeleteObjectAnnotation", "DELETE", "annotation", "DeleteObjectAnnotation"),
    _object("UpdateObjectEncryption", "PUT", "encryption", Need("s3:UpdateObjectEncryption", On.OBJECT), _DECRYPT, _ENCRYPT),
    # Multipart uploads
    _object("CreateMultipartUpload", "POST", "uploads", _WRITE, *_WRITE_EXTRAS, _ENCRYPT),
    _object("UploadPart", "PUT", "partNumber&uploadId", _WRITE, _DECRYPT),
    _object("UploadPartCopy", "PUT", "partNumber&uploadId", _READ_SOURCE, _WRITE, _DECRYPT_SOURCE, _DECRYPT, header=COPY_SOURCE_HEADER),
    _object("CompleteMultipartUpload", "POST", "uploadId", _WRITE, _DECRYPT),
    _per_object("AbortMultipartUpload", "DELETE", "uploadId", "AbortMultipartUpload"),
    _per_object("ListParts", "GET", "uploadId", "ListMultipartUploadParts"),
    _bucket("ListMultipartUploads", "GET", "uploads", "ListBucketMultipartUploads"),
    # Listing
    Operation("ListBuckets", "GET", On.SERVICE, (), (Need("s3:ListAllMyBuckets", On.SERVICE),)),
    Operation("ListDirectoryBuckets", "GET", On.SERVICE, (), (Need("s3express:ListAllMyDirectoryBuckets", On.SERVICE),)),
    Operation("ListObjects", "GET", On.BUCKET, (), (_LIST,)),
    Operation("ListObjectsV2", "GET", On.BUCKET, ("list-type",), (_LIST,)),
    Operation("HeadBucket", "HEAD", On.BUCKET, (), (_LIST,)),
    _bucket("ListObjectVersions", "GET", "versions", "ListBucketVersions"),
    # Buckets
    Operation(
        "CreateBucket",
        "PUT",
        On.BUCKET,
        (),
        (
            Need("s3:CreateBucket", On.BUCKET),
            # CreateBucketConfiguration: "you must have the s3:TagResource permission to create a general purpose bucket with tags" [A].
            Need("s3:TagResource", On.BUCKET, with_tags=True),
            Need("s3:PutBucketAcl", On.BUCKET, headers=ACL_HEADERS),
            Need("s3:PutBucketObjectLockConfiguration", On.BUCKET, headers=("x-amz-bucket-object-lock-enabled",)),
            Need("s3:PutBucketVersioning", On.BUCKET, headers=("x-amz-bucket-object-lock-enabled",)),
            Need("s3:PutBucketOwnershipControls", On.BUCKET, headers=("x-amz-object-ownership",)),
        ),
    ),
    _bucket("DeleteBucket", "DELETE", "", "DeleteBucket"),
    Operation("CreateSession", "GET", On.BUCKET, ("session",), (Need("s3express:CreateSession", On.BUCKET),)),
    _bucket("GetBucketLocation", "GET", "location", "GetBucketLocation"),
    _bucket("GetBucketAbac", "GET", "abac", "GetBucketAbac"),
    _bucket("PutBucketAbac", "PUT", "abac", "PutBucketAbac"),
    _bucket("GetBucketAccelerateConfiguration", "GET", "accelerate", "GetAccelerateConfiguration"),
    _bucket("PutBucketAccelerateConfiguration", "PUT", "accelerate", "PutAccelerateConfiguration"),
    _bucket("GetBucketAcl", "GET", "acl", "GetBucketAcl"),
    _bucket("PutBucketAcl", "PUT", "acl", "PutBucketAcl"),
    _bucket("GetBucketAnalyticsConfiguration", "GET", "analytics&id", "GetAnalyticsConfiguration"),
    _bucket("ListBucketAnalyticsConfigurations", "GET", "analytics", "GetAnalyticsConfiguration"),
    _bucket("PutBucketAnalyticsConfiguration", "PUT", "analytics", "PutAnalyticsConfiguration"),
    _bucket("DeleteBucketAnalyticsConfiguration", "DELETE", "analytics", "PutAnalyticsConfiguration"),
    _bucket("GetBucketCors", "GET", "cors", "GetBucketCORS"),
    _bucket("PutBucketCors", "PUT", "cors", "PutBucketCORS"),
    _bucket("DeleteBucketCors", "DELETE", "cors", "PutBucketCORS"),
    _bucket("GetBucketEncryption", "GET", "encryption", "GetEncryptionConfiguration"),
    _bucket("PutBucketEncryption", "PUT", "encryption", "PutEncryptionConfiguration"),
    _bucket("DeleteBucketEncryption", "DELETE", "encryption", "PutEncryptionConfiguration"),
    _bucket("GetBucketIntelligentTieringConfiguration", "GET", "intelligent-tiering&id", "GetIntelligentTieringConfiguration"),
    _bucket("ListBucketIntelligentTieringConfigurations", "GET", "intelligent-tiering", "GetIntelligentTieringConfiguration"),
    _bucket("PutBucketIntelligentTieringConfiguration", "PUT", "intelligent-tiering", "PutIntelligentTieringConfiguration"),
    _bucket("DeleteBucketIntelligentTieringConfiguration", "DELETE", "intelligent-tiering", "PutIntelligentTieringConfiguration"),
    _bucket("GetBucketInventoryConfiguration", "GET", "inventory&id", "GetInventoryConfiguration"),
    _bucket("ListBucketInventoryConfigurations", "GET", "inventory", "GetInventoryConfiguration"),
    _bucket("PutBucketInventoryConfiguration", "PUT", "inventory", "PutInventoryConfiguration"),
    _bucket("DeleteBucketInventoryConfiguration", "DELETE", "inventory", "PutInventoryConfiguration"),
    _bucket("GetBucketLifecycle", "GET", "lifecycle", "GetLifecycleConfiguration"),
    _bucket("GetBucketLifecycleConfiguration", "GET", "lifecycle", "GetLifecycleConfiguration"),
    _bucket("PutBucketLifecycle", "PUT", "lifecycle", "PutLifecycleConfiguration"),
    _bucket("PutBucketLifecycleConfiguration", "PUT", "lifecycle", "PutLifecycleConfiguration"),
    _bucket("DeleteBucketLifecycle", "DELETE", "lifecycle", "PutLifecycleConfiguration"),
    _bucket("GetBucketLogging", "GET", "logging", "GetBucketLogging"),
    _bucket("PutBucketLogging", "PUT", "logging", "PutBucketLogging"),
    _bucket("CreateBucketMetadataConfiguration", "POST", "metadataConfiguration", "CreateBucketMetadataTableConfiguration"),
    _bucket("GetBucketMetadataConfiguration", "GET", "metadataConfiguration", "GetBucketMetadataTableConfiguration"),
    _bucket("DeleteBucketMetadataConfiguration", "DELETE", "metadataConfiguration", "DeleteBucketMetadataTableConfiguration"),
    _bucket("CreateBucketMetadataTableConfiguration", "POST", "metadataTable", "CreateBucketMetadataTableConfiguration"),
    _bucket("GetBucketMetadataTableConfiguration", "GET", "metadataTable", "GetBucketMetadataTableConfiguration"),
    _bucket("DeleteBucketMetadataTableConfiguration", "DELETE", "metadataTable", "DeleteBucketMetadataTableConfiguration"),
    _bucket(
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "PUT",
        "metadataAnnotationTable",
        "UpdateBucketMetadataAnnotationTableConfiguration",
    ),
    _bucket(
        "UpdateBucketMetadataInventoryTableConfiguration",
        "PUT",
        "metadataInventoryTable",
        "UpdateBucketMetadataInventoryTableConfiguration",
    ),
    _bucket(
        "UpdateBucketMetadataJournalTableConfiguration",
        "PUT",
        "metadataJournalTable",
        "UpdateBucketMetadataJournalTableConfiguration",
    ),
    _bucket("GetBucketMetricsConfiguration", "GET", "metrics&id", "GetMetricsConfiguration"),
    _bucket("ListBucketMetricsConfigurations", "GET", "metrics", "GetMetricsConfiguration"),
    _bucket("PutBucketMetricsConfiguration", "PUT", "metrics", "PutMetricsConfiguration"),
    _bucket("DeleteBucketMetricsConfiguration", "DELETE", "metrics", "PutMetricsConfiguration"),
    _bucket("GetBucketNotification", "GET", "notification", "GetBucketNotification"),
    _bucket("GetBucketNotificationConfiguration", "GET", "notification", "GetBucketNotification"),
    _bucket("PutBucketNotification", "PUT", "notification", "PutBucketNotification"),
    _bucket("PutBucketNotificationConfiguration", "PUT", "notification", "PutBucketNotification"),
    _bucket("GetObjectLockConfiguration", "GET", "object-lock", "GetBucketObjectLockConfiguration"),
    _bucket("PutObjectLockConfiguration", "PUT", "object-lock", "PutBucketObjectLockConfiguration"),
    _bucket("GetBucketOwnershipControls", "GET", "ownershipControls", "GetBucketOwnershipControls"),
    _bucket("PutBucketOwnershipControls", "PUT", "ownershipControls", "PutBucketOwnershipControls"),
    _bucket("DeleteBucketOwnershipControls", "DELETE", "ownershipControls", "PutBucketOwnershipControls"),
    _bucket("GetBucketPolicy", "GET", "policy", "GetBucketPolicy"),
    _bucket("PutBucketPolicy", "PUT", "policy", "PutBucketPolicy"),
    _bucket("DeleteBucketPolicy", "DELETE", "policy", "DeleteBucketPolicy"),
    _bucket("GetBucketPolicyStatus", "GET", "policyStatus", "GetBucketPolicyStatus"),
    _bucket("GetPublicAccessBlock", "GET", "publicAccessBlock", "GetBucketPublicAccessBlock"),
    _bucket("PutPublicAccessBlock", "PUT", "publicAccessBlock", "PutBucketPublicAccessBlock"),
    _bucket("DeletePublicAccessBlock", "DELETE", "publicAccessBlock", "PutBucketPublicAccessBlock"),
    _bucket("GetBucketReplication", "GET", "replication", "GetReplicationConfiguration"),
    _bucket("PutBucketReplication", "PUT", "replication", "PutReplicationConfiguration"),
    _bucket("DeleteBucketReplication", "DELETE", "replication", "PutReplicationConfiguration"),
    _bucket("GetBucketRequestPayment", "GET", "requestPayment", "GetBucketRequestPayment"),
    _bucket("PutBucketRequestPayment", "PUT", "requestPayment", "PutBucketRequestPayment"),
    _bucket("GetBucketTagging", "GET", "tagging", "GetBucketTagging"),
    _bucket("PutBucketTagging", "PUT", "tagging", "PutBucketTagging"),
    _bucket("DeleteBucketTagging", "DELETE", "tagging", "PutBucketTagging"),
    _bucket("GetBucketVersioning", "GET", "versioning", "GetBucketVersioning"),
    _bucket("PutBucketVersioning", "PUT", "versioning", "PutBucketVersioning"),
    _bucket("GetBucketWebsite", "GET", "website", "GetBucketWebsite"),
    _bucket("PutBucketWebsite", "PUT", "website", "PutBucketWebsite"),
    _bucket("DeleteBucketWebsite", "DELETE", "website", "DeleteBucketWebsite"),
    # Object Lambda: the answer of a function, on no resource that a bucket policy can name
    Operation("WriteGetObjectResponse", "POST", On.SERVICE, (), (Need("s3-object-lambda:WriteGetObjectResponse", On.SERVICE),)),
)
OPERATIONS = {row.name: row for row in _ROWS}


def _by_route() -> dict[tuple[str, On], tuple[Operation, ...]]:
    """The operations of a method on a target, the most telling first."""
    routes: dict[tuple[str, On], list[Operation]] = {}
    for row in _ROWS:
        routes.setdefault((row.method, row.target), []).append(row)
    return {
        route: tuple(sorted(rows, key=lambda row: (len(row.query), row.header is not None), reverse=True)) for route, rows in routes.items()
    }


_ROUTES = _by_route()


def operation_of_request(method: str, target: On, query: Collection[str], headers: Collection[str]) -> Operation | None:
    """The operation that such a request is, or None where it is none or could be two.

    `query` are the names of its parameters, `headers` those of its headers in lower case.
    """
    rows = [
        row
        for row in _ROUTES.get((method, target), ())
        if all(name in query for name in row.query) and (row.header is None or row.header in headers)
    ]
    # SECURITY: `?acl&tagging` could be decided as the one and served as the other; S3 refuses conflicting subresources too.
    if not rows or any(not set(row.query) <= set(rows[0].query) for row in rows):
        return None
    return rows[0]
