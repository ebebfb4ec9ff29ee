"""A service whose every link holds, as the doctor's tests examine it, and the changes that break one."""

from collections.abc import Mapping
from pathlib import Path

from tests.fake_machine import NOON, Server, fake_machine
from tests.fixed_clock import FixedClock
from tests.integration.fake_sts import ROLE, granted
from tests.tokens import unsigned_token

from bucketpass.credentials.address import parse_address
from bucketpass.credentials.doctor import CheckResult, ExaminedService, examine
from bucketpass.credentials.options import option_values
from bucketpass.model import parse_access
from bucketpass.wire.client import HttpResponse

__all__ = ["DATE", "DECLARATION", "ISSUER", "LISTING", "NOW", "STS", "findings", "server", "token"]

NOW = NOON.timestamp()
STS = "https://sts.test/"
ISSUER = "https://issuer.test"
DATE = {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}
LISTING = "http://s3.test/datasets"
DECLARATION = """
issuers:
  okta: {preset: generic, url: "https://issuer.test", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: SUBJECT}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""


def token(**changes: object) -> str:
    """The service's token, with some claims changed."""
    return unsigned_token(claims={"iat": int(NOW), "exp": int(NOW) + 300, **changes})


def server(**changes: object) -> Server:
    """STS, the issuer and S3, each well unless its answer is changed."""
    answers: dict[str, object] = {
        STS: [HttpResponse(302, DATE, b""), HttpResponse(200, DATE, granted(1, NOW + 3600).encode())],
        f"{ISSUER}/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"},
        f"{ISSUER}/keys": {"keys": [{"kid": "1"}]},
        LISTING: b"<ListBucketResult/>",
    }
    return Server(answers | changes)


def findings(
    directory: Path,
    answers: Server | None = None,
    text: str | None = None,
    access: str | None = None,
    *,
    address: str = "s3://datasets/raw/",
    files: Mapping[str, str] | None = None,
    **variables: str,
) -> dict[str, CheckResult]:
    """What each check of the service finds, in the environment of these variables; one that is empty is not set."""
    own = {
        "AWS_ROLE_ARN": ROLE,
        "BUCKETPASS_TOKEN": text or token(),
        "AWS_ENDPOINT_URL_STS": STS,
        "BUCKETPASS_CACHE": str(directory / "cache"),
        **variables,
    }
    clock = FixedClock(NOON)
    machine = fake_machine({name: value for name, value in own.items() if value}, files, answers or server(), clock=clock)
    declared = parse_access(access, "access.yaml") if access else None
    service = ExaminedService(
        option_values((), machine.variables),
        machine,
        declared,
        address=parse_address(address),
        s3_endpoint="http://s3.test",
        sleep=clock.advance,
    )
    return {finding.check: finding for finding in examine(service)}
