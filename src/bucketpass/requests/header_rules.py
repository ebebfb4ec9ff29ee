"""Headers that S3 takes only together with others, or never: a request that breaks a rule is refused, whatever policies say of it.

Sources ([A] AWS documentation, [K] general knowledge): Amazon S3 API reference, PutObject and PutObjectAcl.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HEADER_RULES", "HeaderRule"]

_SSE, _LOCK = "s3:x-amz-server-side-encryption", "s3:object-lock"
_GRANTS = tuple(f"s3:x-amz-grant-{whose}" for whose in ("full-control", "read", "read-acp", "write", "write-acp"))


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """A request for `action` that has `key` has `other` as one of `values` (None: as any); where there are no values, it has no `other`."""

    action: str
    key: str
    other: str
    values: tuple[str, ...] | None


HEADER_RULES = (
    # InvalidArgument: "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms" [K].
    HeaderRule("s3:PutObject", f"{_SSE}-aws-kms-key-id", _SSE, ("aws:kms", "aws:kms:dsse")),
    # InvalidArgument: "Server Side Encryption with Customer provided key is incompatible with the encryption method specified" [K].
    HeaderRule("s3:PutObject", f"{_SSE}-customer-algorithm", _SSE, ()),
    HeaderRule("s3:PutObject", f"{_SSE}-customer-algorithm", f"{_SSE}-aws-kms-key-id", ()),
    # InvalidArgument: "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied" [K].
    HeaderRule("s3:PutObject", f"{_LOCK}-mode", f"{_LOCK}-retain-until-date", None),
    HeaderRule("s3:PutObject", f"{_LOCK}-retain-until-date", f"{_LOCK}-mode", None),
    # A canned ACL or grants, not both [A].
    *(
        HeaderRule(action, "s3:x-amz-acl", grant, ())
        for action in ("s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:CreateBucket", "s3:PutBucketAcl")
        for grant in _GRANTS
    ),
)
