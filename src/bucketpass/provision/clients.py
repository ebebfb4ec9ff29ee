"""The clients of AWS itself, or of an endpoint that speaks its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bucketpass.errors import CredentialsNotFound, InvalidInput, MissingExtra
from bucketpass.provision.embedded import find_endpoint
from bucketpass.provision.embedded.endpoint import without_account

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sts.client import STSClient

__all__ = ["AwsClients", "clients_of"]


@dataclass(frozen=True, slots=True)
class AwsClients:
    """The clients that reading an account takes."""

    iam: IAMClient
    s3: S3Client
    kms: KMSClient
    sts: STSClient
    region: str
    make: Callable[[str], Any]

    @property
    def s3control(self) -> Any:
        """The client for S3's control API. An endpoint's URL has no account before the host, which seldom resolves."""
        client = self.make("s3control")
        if not client.meta.endpoint_url.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            client.meta.events.register_first("request-created.s3-control", without_account)
        return client


@contextmanager
def clients_of(source: str, region: str | None, environ: Mapping[str, str]) -> Iterator[AwsClients]:
    """Clients of `aws`, found as AWS's own tools find it, of the `sandbox` that runs here, or of a URL; closed after the block."""
    options: dict[str, Any] = {}
    if source != "aws":
        endpoint = find_endpoint(source, (Path(),), environ)
        region = region or endpoint.region
        options = {
            "endpoint_url": endpoint.url,
            "verify": str(endpoint.ca_bundle) if endpoint.ca_bundle else None,
            "aws_access_key_id": endpoint.access_key_id,
            "aws_secret_access_key": endpoint.secret_access_key.reveal(),
            "aws_session_token": endpoint.session_token.reveal() if endpoint.session_token else None,
        }
    # botocore reads AWS_DEFAULT_REGION alone, all other SDKs of AWS this one.
    session = _session(region or environ.get("AWS_REGION"), needs_credentials=source == "aws")
    if session.region_name is None:
        raise InvalidInput("no Region is known", remedy="set it with --region or AWS_REGION")
    with ExitStack() as stack:

        def client(service: str) -> Any:
            made: Any = session.client(service, **options)  # type: ignore[call-overload]
            stack.callback(made.close)
            return made

        yield AwsClients(client("iam"), client("s3"), client("kms"), client("sts"), session.region_name, client)


def _session(region: str | None, *, needs_credentials: bool) -> boto3.Session:
    """A session. Raises `CredentialsNotFound` where AWS's own search finds none, before anything is asked."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError:
        raise MissingExtra("pulumi", "boto3") from None
    try:
        session = boto3.Session(region_name=region)
        if needs_credentials and session.get_credentials() is None:
            raise CredentialsNotFound("no credentials for AWS were found", remedy="Set AWS_PROFILE, or log in with `aws sso login`.")
    except BotoCoreError as error:
        raise CredentialsNotFound(f"the AWS profile cannot be used: {error}", remedy="Correct AWS_PROFILE and ~/.aws/config.") from error
    return session
