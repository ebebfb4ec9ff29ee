"""Logs of a bucket, copied to a folder: `s3://BUCKET/PREFIX`, with the caller's own AWS credentials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["downloaded"]


def downloaded(address: str, folder: Path, client: S3Client | None = None) -> Iterator[Path]:
    """Copy every object below `address` to `folder` and give the path of each copy. Digests and Insights events stay where they are.

    Raises `InvalidInput` for an address without a bucket and where S3 refuses, `MissingExtra` without boto3.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not bucket:
        raise InvalidInput(f"got `{address}`, expected s3://BUCKET/PREFIX", remedy="Name the bucket that has the logs.")
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise MissingExtra("sandbox", "boto3") from None
    number = 0
    try:
        s3 = client or boto3.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                if "CloudTrail-Digest/" in found["Key"] or "CloudTrail-Insight/" in found["Key"] or found["Key"].endswith("/"):
                    continue
                # A number, not the key: a key can be any text, and no path on this machine may follow from it.
                target = folder / f"object-{number}"
                number += 1
                s3.download_file(bucket, found["Key"], str(target))
                yield target
    except (ClientError, BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is not a URL
        raise InvalidInput(
            f"`{address}` cannot be read: {' '.join(str(error).split())}", remedy="Use credentials that may list and read the logs."
        ) from None
