"""An S3 request as the call that it is: the operation, the bucket and the key, from the host, the path and the query.

Both ways of naming a bucket are known: `https://localhost:PORT/bucket/key` and `https://bucket.s3.localhost:PORT/key`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from bucketpass.aws.operations import COPY_SOURCE_HEADER, OPERATIONS, On, Operation, operation_of_request
from bucketpass.requests.s3 import CopySource, S3Call
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, parse_query

__all__ = ["bucket_of_host", "check_version_id", "parse_call", "path_of", "region_of_host", "with_presigned_headers"]

MAX_KEY_BYTES = 1024
_VERSION_ID = re.compile(r"[A-Za-z0-9._-]{32}", re.ASCII)

# `localhost` and what AWS's own names look like, so that a request that was made for AWS and sent here is understood.
_REGION = r"(?P<region>[a-z]{2}(-[a-z]+)+-[0-9])"
_PATH_HOSTS = re.compile(rf"(localhost|127\.0\.0\.1|(s3[.-])?({_REGION}\.)?(localhost|amazonaws\.com|amazonaws\.com\.cn))(:[0-9]+)?")
_VIRTUAL_HOSTS = re.compile(
    rf"(?P<bucket>[a-z0-9][a-z0-9.-]{{1,61}}?[a-z0-9])\.(s3[.-]|s3-accesspoint\.)?({_REGION}\.)?(localhost|amazonaws\.com|amazonaws\.com\.cn)(:[0-9]+)?"
)
_SERVICE_HOSTS = frozenset({"s3", "iam", "sts", "kms"})
_SUBRESOURCES = frozenset(name for operation in OPERATIONS.values() for name in operation.query)
# These stand beside an operation's own query and choose no other operation.
# What signs a presigned request, and does not stand for a header.
_SIGNING = frozenset(
    f"x-amz-{name}"
    for name in ("algorithm", "credential", "date", "expires", "signedheaders", "signature", "security-token", "content-sha256")
)
_HEADER_PREFIXES = ("x-amz-", "if-", "content-md5")
_PLAIN_PARAMETERS = frozenset({"partNumber", "id"})


def path_of(call: S3Call) -> str:
    """Return the path of the call in path style, as moto takes it."""
    return f"/{call.bucket}/{quote(call.key)}" if call.key else f"/{call.bucket}"


def bucket_of_host(host: str) -> str | None:
    """Return the bucket that a Host header names, None where it names none. Raises AwsError for a host that is not this machine's."""
    return _named_by_host(host)[0]


def region_of_host(host: str) -> str | None:
    """Return the Region that a Host header names, None where it names none. Raises AwsError as `bucket_of_host`."""
    return _named_by_host(host)[1]


@lru_cache(maxsize=256)
def _named_by_host(host: str) -> tuple[str | None, str | None]:
    lower = host.lower()
    if path_style := _PATH_HOSTS.fullmatch(lower):
        return None, path_style["region"]
    virtual = _VIRTUAL_HOSTS.fullmatch(lower)
    if virtual and virtual["bucket"] not in _SERVICE_HOSTS:
        return virtual["bucket"], virtual["region"]
    # SECURITY: a page in a browser can make a name of its own point to loopback (DNS rebinding); it is not answered.
    raise AwsError("InvalidRequest", "The Host header is not that of the sandbox: use localhost")


def parse_call(request: ServerRequest) -> S3Call:
    """Return the call that the request is, without what its body says. Raises AwsError."""
    bucket = bucket_of_host(request.header("host"))
    rest = _decode(request.raw_path)[1:]
    key = rest
    if bucket is None:
        bucket, _, key = rest.partition("/")
    if bucket.startswith("arn:"):
        name, _, key = key.partition("/")
        bucket = f"{bucket}/{name}"
    if len(key.encode()) > MAX_KEY_BYTES:
        raise AwsError("KeyTooLongError", "Your key is too long")
    if "\0" in key:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.")
    on = On.SERVICE if not bucket else On.OBJECT if key else On.BUCKET
    query = frozenset(name for name, _ in request.query)
    operation = _operation(request.method, on, query & _SUBRESOURCES, copies=COPY_SOURCE_HEADER in request.fields)
    if len(request.query) != len(query):
        raise AwsError("InvalidArgument", "A query string parameter is given twice")
    source = _copy_source(request) if operation.header == COPY_SOURCE_HEADER else None
    check_version_id(request.parameters.get("versionId"))
    return S3Call(operation.name, bucket, key, request.parameters.get("versionId"), request.parameters, request.fields, source)


@lru_cache(maxsize=1024)
def _operation(method: str, on: On, subresources: frozenset[str], *, copies: bool) -> Operation:
    operation = operation_of_request(method, on, subresources, (COPY_SOURCE_HEADER,) if copies else ())
    if operation is None:
        raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    # SECURITY: with two subresources the one that is authorized and the one that is done could differ.
    others = subresources - set(operation.query) - _PLAIN_PARAMETERS
    if others:
        raise AwsError("InvalidArgument", f"Conflicting query string parameters: {', '.join(sorted(others | set(operation.query)))}")
    return operation


def with_presigned_headers(request: ServerRequest) -> ServerRequest:
    """Return the presigned request with those parameters of its query as headers that S3 reads as such, such as If-None-Match [L]."""
    known = request.fields
    given = [
        (name, value)
        for name, value in request.query
        if name.lower() not in known and name.lower() not in _SIGNING and name.lower().startswith(_HEADER_PREFIXES)
    ]
    return replace(request, headers=(*request.headers, *given)) if given else request


def _copy_source(request: ServerRequest) -> CopySource:
    path, _, query = request.header(COPY_SOURCE_HEADER).partition("?")
    bucket, _, key = _decode(path).removeprefix("/").partition("/")
    parameters = dict(parse_query(query))
    if bucket.startswith("arn:"):
        raise AwsError("NotImplemented", "The sandbox copies from no access point: name the source's bucket", 501)
    if not bucket or not key or set(parameters) - {"versionId"}:
        raise AwsError("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    check_version_id(parameters.get("versionId"))
    return CopySource(bucket, key, parameters.get("versionId"))


def check_version_id(version_id: str | None) -> None:
    """Raise AwsError for a text that S3 cannot have as a version ID, whatever the bucket is [K]."""
    if version_id is not None and version_id != "null" and not _VERSION_ID.fullmatch(version_id):
        details = (("ArgumentName", "versionId"), ("ArgumentValue", version_id))
        raise AwsError("InvalidArgument", "Invalid version id specified", details=details)


def _decode(path: str) -> str:
    try:
        return unquote_to_bytes(path.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from None
