"""A stack's own statements in the policy of a bucket that others write too: which they are, and the policy without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bucketpass.errors import ProvisionError
from bucketpass.policy.shared import others, owned, remove

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

__all__ = ["StatementsOf", "read_statements", "remove_statements"]


@dataclass(frozen=True, slots=True)
class StatementsOf:
    """A live bucket policy: the Sids of the stack's statements, those of others (empty for one without), and the policy itself."""

    own: tuple[str, ...]
    foreign: tuple[str, ...]
    policy: str


def read_statements(s3: S3Client, bucket: str, mark: str) -> StatementsOf:
    """Return whose the statements of the bucket's policy are. Raises `ProvisionError` if it cannot be read."""
    from botocore.exceptions import ClientError

    try:
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchBucketPolicy":
            return StatementsOf((), (), "")
        raise ProvisionError(
            f"the policy of bucket `{bucket}` cannot be read: {error}", remedy="Check the name and the credentials."
        ) from error
    return StatementsOf(_sids(owned(policy, mark)), _sids(others(policy, mark)), policy)


def remove_statements(s3: S3Client, bucket: str, mark: str, found: StatementsOf) -> None:
    """Remove the marked statements. The others stay as they are; a policy without other statements is deleted."""
    left = remove(found.policy, mark)
    if left is None:
        s3.delete_bucket_policy(Bucket=bucket)
    else:
        s3.put_bucket_policy(Bucket=bucket, Policy=left)


def _sids(statements: tuple[dict[str, Any], ...]) -> tuple[str, ...]:
    return tuple(str(statement.get("Sid", "")) for statement in statements)
