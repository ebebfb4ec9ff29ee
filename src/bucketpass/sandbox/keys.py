"""Which key an object is encrypted with: what the request says, else what the bucket says; and whether it can be used.

Nothing is encrypted here: the object says that it is, and needs the key's permission, as on AWS.

Source: S3 user guide, "Setting default server-side encryption behavior", "Using SSE-KMS"; errors as S3 passes them on [A].
"""

from __future__ import annotations

from bucketpass.requests.s3 import DSSE, uses_bucket_key
from bucketpass.sandbox.objects.model import Encryption
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest

__all__ = ["MANAGED_ALIAS", "check_usable", "chosen_encryption"]

MANAGED_ALIAS = "alias/aws/s3"
# What KMS calls the states in which a key cannot be used.
STATES = {"Disabled": "disabled", "PendingDeletion": "pending deletion"}


def chosen_encryption(state: State, bucket: StoredBucket, request: ServerRequest) -> Encryption:
    """How the object that a request writes is encrypted. Raises AwsError."""
    if any(name.startswith("x-amz-server-side-encryption-customer-") for name in request.fields):
        # Blocked on new buckets since April 2026 [A].
        raise AwsError("AccessDenied", "Server-side encryption with customer-provided keys (SSE-C) is blocked for this bucket", 403)
    algorithm = request.header("x-amz-server-side-encryption")
    key_id = request.header("x-amz-server-side-encryption-aws-kms-key-id")
    if algorithm not in ("", "AES256", "aws:kms", DSSE):
        raise AwsError("InvalidEncryptionAlgorithmError", "The encryption request that you specified is not valid.")
    if key_id and not algorithm.startswith("aws:kms"):
        raise AwsError(
            "InvalidArgument", "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
        )
    if algorithm == "AES256":
        return Encryption()
    # A request that names KMS and no key has the one that AWS manages, whatever the bucket's own is [A].
    named = key_id or (MANAGED_ALIAS if algorithm else bucket.key_id)
    if not named:
        return Encryption()
    dsse = algorithm == DSSE or (not algorithm and bucket.dsse)
    bucket_key = not dsse and uses_bucket_key(request.fields, bucket.bucket_key)
    if named.endswith(MANAGED_ALIAS):
        return Encryption(f"arn:{state.partition}:kms:{state.region}:{state.account}:{MANAGED_ALIAS}", bucket_key, dsse)
    key = state.key(named)
    if key is None:
        raise AwsError("KMS.NotFoundException", f"Invalid keyId '{named}'")
    return Encryption(key.arn, bucket_key, dsse)


def check_usable(state: State, arn: str) -> None:
    """Raise AwsError where the KMS key of this ARN does not exist or is disabled."""
    key = state.key_of_arn(arn)
    if key is None:
        raise AwsError("KMS.NotFoundException", f"Key '{arn}' does not exist")
    if not key.usable:
        code = "KMS.DisabledException" if key.state == "Disabled" else "KMS.KMSInvalidStateException"
        raise AwsError(code, f"{arn} is {STATES[key.state]}.")
