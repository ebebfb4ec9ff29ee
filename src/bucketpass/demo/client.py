"""The demo's AI services as they would be written: plain boto3 with the credentials that STS gave for their token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.demo.story import BUCKET, AttemptedCall
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

__all__ = ["Addresses", "DemoOutcome", "ServiceClient"]

PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes for a part which is not the last
SESSION_NAME = "demo"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the AWS API is. Certificates are checked against `ca_file`."""

    https: str
    http: str
    region: str
    ca_file: Path


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What the AWS API answered: the code of its error, or what the calls returned."""

    allowed: bool
    result: str


class ServiceClient:
    """A service with a token, which assumes a role and then reads and writes."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def assume(self, role_arn: str, token: Secret, *, seconds: int) -> CredentialsTypeDef | DemoOutcome:
        """Return credentials for the role, or the error of STS."""
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import ClientError

        sts = boto3.client(
            "sts",
            endpoint_url=self._addresses.https,
            region_name=self._addresses.region,
            verify=str(self._addresses.ca_file),
            # boto3 refuses less than AWS's minimum of 900 seconds; one attempt of the demo waits for the end of its session.
            config=Config(signature_version=UNSIGNED, parameter_validation=False),
        )
        try:
            answer = sts.assume_role_with_web_identity(
                RoleArn=role_arn, RoleSessionName=SESSION_NAME, WebIdentityToken=token.reveal(), DurationSeconds=seconds
            )
        except ClientError as error:
            return _refusal(error)
        return answer["Credentials"]

    def call(self, credentials: CredentialsTypeDef, calls: tuple[AttemptedCall, ...], *, plain_http: bool) -> DemoOutcome:
        """Make all calls in their order; the first refusal ends them."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError

        s3 = boto3.client(
            "s3",
            endpoint_url=self._addresses.http if plain_http else self._addresses.https,
            region_name=self._addresses.region,
            verify=str(self._addresses.ca_file),
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )
        try:
            if len(calls) > 1:
                return DemoOutcome(True, _upload_in_parts(s3, calls[0].key))
            results = [_CALLS[call.operation](s3, call.key) for call in calls]
        except ClientError as error:
            return _refusal(error)
        return DemoOutcome(True, results[0] if results else "credentials given")


def _refusal(error: Exception) -> DemoOutcome:
    response = getattr(error, "response", {})
    return DemoOutcome(False, str(response.get("Error", {}).get("Code", "?")))


def _list(s3: S3Client, prefix: str) -> str:
    count = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"]
    return f"{count} key{'' if count == 1 else 's'}"


def _read(s3: S3Client, key: str) -> str:
    return f"{len(s3.get_object(Bucket=BUCKET, Key=key)['Body'].read()):,} bytes"


def _write(s3: S3Client, key: str) -> str:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"not yours")
    return "written"


def _delete(s3: S3Client, key: str) -> str:
    s3.delete_object(Bucket=BUCKET, Key=key)
    return "deleted"


def _upload_in_parts(s3: S3Client, key: str) -> str:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    bodies = (b"w" * PART_BYTES, b"w" * 1024)
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})  # type: ignore[typeddict-item]
    return f"{sum(map(len, bodies)):,} bytes in {len(parts)} parts"


_CALLS = {"ListObjectsV2": _list, "GetObject": _read, "PutObject": _write, "DeleteObject": _delete}
