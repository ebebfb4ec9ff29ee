"""Where an engine is, and clients that speak to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bucketpass.provision.embedded import Endpoint
from bucketpass.secret import Secret

__all__ = ["Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """An endpoint that speaks the AWS API, S3, IAM and STS alike, over http and over https, with its administrator's key."""

    http_url: str
    https_url: str
    ca_bundle: Path
    access_key_id: str
    secret_access_key: Secret
    region: str = "us-east-1"
    dialect: str = "aws"

    def client(self, service: str, *, plain: bool = False, credentials: dict[str, Any] | None = None) -> Any:
        """A boto3 client of the administrator, or of `credentials` as STS returned them; unsigned where they are empty."""
        from botocore import UNSIGNED
        from botocore.config import Config

        keys: dict[str, str] = {"aws_access_key_id": self.access_key_id, "aws_secret_access_key": self.secret_access_key.reveal()}
        if credentials:
            keys = {
                "aws_access_key_id": credentials["AccessKeyId"],
                "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials["SessionToken"],
            }
        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            signature_version=UNSIGNED if credentials == {} else None,
        )
        return _boto().client(
            service,
            endpoint_url=self.http_url if plain else self.https_url,
            region_name=self.region,
            verify=str(self.ca_bundle),
            config=config,
            **keys,
        )

    def endpoint(self) -> Endpoint:
        """The site as the embedded engine knows it."""
        return Endpoint(self.https_url, self.region, self.access_key_id, self.secret_access_key, self.ca_bundle, dialect=self.dialect)


@cache
def _boto() -> Any:
    """One session for all clients: it has read botocore's models once."""
    import boto3

    return boto3.Session()
