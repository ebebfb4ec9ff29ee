"""What of an S3 request becomes a condition key as it stands.

Source: Service Authorization Reference, "Condition keys for Amazon S3" [A].
"""

from __future__ import annotations

__all__ = ["CREATING", "HEADER_KEYS", "LISTINGS", "LISTING_PARAMETERS"]

# The listings whose parameters are condition keys `s3:<parameter>`. ListBucketMultipartUploads has none of them.
LISTINGS = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
LISTING_PARAMETERS = ("prefix", "delimiter", "max-keys")
# The operations of which `s3:ObjectCreationOperation` is true: with the others of s3:PutObject no object is there yet.
CREATING = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"})

_SAME_NAME = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "if-match",
    "if-none-match",
)
# Header in lower case -> key.
HEADER_KEYS = {
    **{name: f"s3:{name}" for name in _SAME_NAME},
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
}
