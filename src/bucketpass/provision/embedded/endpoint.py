"""Where the AWS API is, and the clients that speak to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from bucketpass.aws.arn import partition_of_region
from bucketpass.errors import MissingExtra, ProvisionError
from bucketpass.provision.embedded import rgw
from bucketpass.secret import Secret
from bucketpass.version import VERSION

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.config import Config
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

__all__ = ["ClientOptions", "Endpoint", "RegionClients", "without_account"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that speaks the AWS API, and the administrator's key for it. `dialect`: `aws`, or how else it speaks.

    named_by_environment: only AWS_ENDPOINT_URL says that it is the target, so that a person has to agree before anything is done there.

    `instance` is another one each time that an endpoint is started which forgets what was made in it; empty for one that keeps it.
    """

    url: str
    region: str
    access_key_id: str
    secret_access_key: Secret
    ca_bundle: Path | None = None
    session_token: Secret | None = None
    dialect: str = "aws"
    instance: str = ""
    named_by_environment: bool = False


class ClientOptions(TypedDict, total=False):
    """What every client is made with."""

    endpoint_url: str
    verify: str | None
    config: Config


@dataclass
class RegionClients:
    """The clients of one Region of an endpoint: each is made once, at first use, and used by all threads."""

    endpoint: Endpoint
    region: str
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _session: Session | None = None

    @cached_property
    def iam(self) -> IAMClient:
        """The client for IAM, which is one for all Regions: its requests are signed for the endpoint's own."""
        with self._lock:
            return self._make().client("iam", region_name=self.endpoint.region, **self.options)

    @cached_property
    def s3(self) -> S3Client:
        """The client for S3, path-style: it works where wildcard names do not resolve."""
        with self._lock:
            return self._make().client("s3", **self.options)

    @cached_property
    def s3control(self) -> Any:
        """The client for S3's control API. Its URL is the endpoint's, without the account before the host, which seldom resolves."""
        with self._lock:
            client = self._make().client("s3control", **self.options)
            client.meta.events.register_first("request-created.s3-control", without_account)
            return client

    @cached_property
    def kms(self) -> KMSClient:
        """The client for KMS."""
        with self._lock:
            return self._make().client("kms", **self.options)

    @cached_property
    def sts(self) -> STSClient:
        """The client for STS."""
        with self._lock:
            return self._make().client("sts", region_name=self.endpoint.region, **self.options)

    @cached_property
    def identity(self) -> dict[str, str]:
        """Who the administrator's key belongs to: `Account`, `Arn`, `UserId`."""
        from botocore.exceptions import BotoCoreError, ClientError, SSLError

        try:
            answer = rgw.identity(self.s3) if self.endpoint.dialect == "rgw" else self.sts.get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            remedies: tuple[tuple[type[Exception], str], ...] = (
                (SSLError, "set AWS_CA_BUNDLE to a file with the endpoint's certificate authority"),
                (BotoCoreError, "see that it is running: `bucketpass sandbox` starts the sandbox"),
                (ClientError, "see that the key is its administrator's"),
            )
            remedy = next(words for kind, words in remedies if isinstance(error, kind))
            raise ProvisionError(f"the AWS API at `{self.endpoint.url}` does not answer as expected: {error}", remedy=remedy) from None
        return {name: str(answer[name]) for name in ("Account", "Arn", "UserId")}

    @property
    def account(self) -> str:
        """The account's number."""
        return self.identity["Account"]

    @property
    def partition(self) -> str:
        """The partition's name."""
        return partition_of_region(self.region).name

    def close(self) -> None:
        """No connection is left open."""
        for name in ("iam", "s3", "s3control", "kms", "sts"):
            client = self.__dict__.get(name)  # where a cached property keeps what it has made
            if client is not None:
                client.close()

    def _make(self) -> Session:
        if self._session is None:
            try:
                from boto3.session import Session
            except ImportError:
                raise MissingExtra("pulumi", "boto3") from None
            token = self.endpoint.session_token
            self._session = Session(
                aws_access_key_id=self.endpoint.access_key_id,
                aws_secret_access_key=self.endpoint.secret_access_key.reveal(),
                aws_session_token=None if token is None else token.reveal(),
                region_name=self.region,
            )
            if self.endpoint.dialect == "rgw":
                rgw.adapt(self._session)
        return self._session

    @property
    def options(self) -> ClientOptions:
        """What every client is made with: where it speaks to, how it checks that, how patient it is."""
        from botocore.config import Config

        return {
            "endpoint_url": self.endpoint.url,
            # SECURITY: the certificate is always checked; a `False` here would let anyone on the way read the key.
            "verify": None if self.endpoint.ca_bundle is None else str(self.endpoint.ca_bundle),
            "config": Config(
                retries={"mode": "standard", "max_attempts": 3},
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=60,
                max_pool_connections=16,
                user_agent=f"bucketpass/{VERSION}",  # botocore would put its own together anew for each request
            ),
        }


def without_account(request: Any, **_: object) -> None:
    """The request goes to the endpoint's own host; the account is in a header as well."""
    account = request.headers.get("x-amz-account-id")
    request.url = request.url.replace(f"://{account}.", "://", 1)
