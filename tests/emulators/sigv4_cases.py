"""Signature Version 4, as S3 checks it. AWS's answers: S3 API reference, "Authenticating Requests" and "Error responses"."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.emulators.case import ALLOWED, Call, case
from tests.emulators.lab import REGION, Lab, statement
from tests.sandboxes import Keys

MISMATCH = "SignatureDoesNotMatch"


def _credentials(keys: Keys) -> Credentials:
    return Credentials(keys.access_key_id, keys.secret, keys.token)


def _signed(lab: Lab, keys: Keys, method: str, path: str, body: bytes = b"", **headers: str) -> dict[str, str]:
    """The headers of a request that is signed as boto3 signs it."""
    host = lab.url.removeprefix("http://")
    request = AWSRequest(method, f"{lab.url}{path}", headers={"Host": host, **headers}, data=body)
    request.headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
    S3SigV4Auth(_credentials(keys), "s3", REGION).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


def _send(lab: Lab, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Call:
    """Send it as it is; the code of the error that comes back."""

    def call() -> str:
        answer = lab.http.request(method, f"{lab.url}{path}", headers=dict(headers or {}), body=body or None)
        found = re.search(rb"<Code>([^<]*)</Code>", answer.data)
        return ALLOWED if answer.status < 300 else found[1].decode() if found else str(answer.status)

    return call


def _reader(lab: Lab) -> tuple[str, Keys]:
    bucket = lab.bucket()
    return bucket, lab.user(statement("s3:*"))


def _get(lab: Lab, path: str, keys: Keys, sent: str | None = None) -> Call:
    return _send(lab, "GET", sent or path, _signed(lab, keys, "GET", path))


@case("SigV4", "a right signature", ALLOWED)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _get(lab, f"/{bucket}/raw/1", keys)


@case("SigV4", "a wrong secret", MISMATCH)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _get(lab, f"/{bucket}/raw/1", Keys(keys.access_key_id, "wrong" + keys.secret[5:]))


@case("SigV4", "an unknown access key", "InvalidAccessKeyId")
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _get(lab, f"/{bucket}/raw/1", Keys("AKIAQQQQQQQQQQQQQQQQ", keys.secret))


@case("SigV4", "another path than was signed", MISMATCH)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _get(lab, f"/{bucket}/raw/1", keys, f"/{bucket}/other/1")


@case("SigV4", "a query parameter that was not signed", MISMATCH)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _get(lab, f"/{bucket}?list-type=2", keys, f"/{bucket}?list-type=2&prefix=raw")


@case("SigV4", "another header than was signed", MISMATCH)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    headers = _signed(lab, keys, "PUT", f"/{bucket}/new", b"x", **{"x-amz-meta-a": "1"})
    return _send(lab, "PUT", f"/{bucket}/new", {**headers, "x-amz-meta-a": "2"}, b"x")


@case("SigV4", "another body than was signed", "XAmzContentSHA256Mismatch")
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _send(lab, "PUT", f"/{bucket}/new", _signed(lab, keys, "PUT", f"/{bucket}/new", b"x"), b"y")


@case("SigV4", "an x-amz header that was not signed", "AccessDenied")
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    headers = _signed(lab, keys, "PUT", f"/{bucket}/new", b"x")
    return _send(lab, "PUT", f"/{bucket}/new", {**headers, "x-amz-meta-a": "1"}, b"x")


@case("SigV4", "a signature of 20 minutes ago", "RequestTimeTooSkewed")
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    path, host, digest = f"/{bucket}/raw/1", lab.url.removeprefix("http://"), hashlib.sha256(b"").hexdigest()
    signer = S3SigV4Auth(_credentials(keys), "s3", REGION)
    request = AWSRequest("GET", f"{lab.url}{path}", headers={"Host": host, "x-amz-content-sha256": digest})
    moment = (datetime.now(UTC) - timedelta(minutes=20)).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = moment
    request.headers["X-Amz-Date"] = moment
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signed = signer.signed_headers(signer.headers_to_sign(request))
    scope = f"Credential={signer.scope(request)}, SignedHeaders={signed}, Signature={signer.signature(text, request)}"
    return _send(lab, "GET", path, {**dict(request.headers.items()), "Authorization": f"AWS4-HMAC-SHA256 {scope}"})


@case("SigV4", "a session's key without its token", "InvalidAccessKeyId", "InvalidToken")
def _(lab: Lab) -> Call:
    bucket, session = lab.bucket(), lab.session(lab.role(statement("s3:*")))
    return _get(lab, f"/{bucket}/raw/1", Keys(session.access_key_id, session.secret))


@case("SigV4", "an inactive access key", "InvalidAccessKeyId")
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    name = lab.sts(keys).get_caller_identity()["Arn"].rpartition("/")[2]
    lab.iam.update_access_key(UserName=name, AccessKeyId=keys.access_key_id, Status="Inactive")
    return _get(lab, f"/{bucket}/raw/1", keys)


def _presigned(lab: Lab, path: str, keys: Keys, *, age_seconds: int = 0) -> str:
    """The path and query of a URL that is good for a minute, signed so long ago."""
    signer = _At(datetime.now(UTC) - timedelta(seconds=age_seconds), _credentials(keys))
    request = AWSRequest("GET", f"{lab.url}{path}")
    signer.add_auth(request)
    return str(request.url).removeprefix(lab.url)


class _At(S3SigV4QueryAuth):
    """Signs as of another time."""

    def __init__(self, moment: datetime, credentials: Credentials) -> None:
        super().__init__(credentials, "s3", REGION, expires=60)
        self.moment = moment.strftime("%Y%m%dT%H%M%SZ")

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self.moment
        super()._modify_request_before_signing(request)  # type: ignore[misc]


@case("SigV4", "a presigned URL", ALLOWED)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _send(lab, "GET", _presigned(lab, f"/{bucket}/raw/1", keys))


@case("SigV4", "a presigned URL after its time", "AccessDenied")
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _send(lab, "GET", _presigned(lab, f"/{bucket}/raw/1", keys, age_seconds=120))


@case("SigV4", "a presigned URL with another key", MISMATCH)
def _(lab: Lab) -> Call:
    bucket, keys = _reader(lab)
    return _send(lab, "GET", _presigned(lab, f"/{bucket}/raw/1", keys).replace("/raw/1", "/other/1"))
