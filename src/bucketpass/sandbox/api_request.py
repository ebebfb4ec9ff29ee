"""The S3 API request that makes a given authorization request: the opposite of `bucketpass.requests.s3`.

What the connection says of itself (addresses, VPC endpoints, the time) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from bucketpass.aws.arn import parse_arn
from bucketpass.aws.operations import OPERATIONS, On, Operation
from bucketpass.requests.request import AuthorizationRequest

__all__ = ["ApiRequest", "api_request"]

_QUERY = {"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max-keys", "s3:versionid": "versionId"}
_HEADERS = {"s3:if-none-match": "If-None-Match", "s3:if-match": "If-Match", "aws:referer": "Referer", "aws:useragent": "User-Agent"}
# Values of what an operation's query has to name; what they name does not have to exist for the request to be decided.
_VALUES = {"list-type": "2", "partNumber": "1", "uploadId": "x", "id": "x"}
_OBJECT_TAG, _REQUEST_TAG = "s3:existingobjecttag/", "s3:requestobjecttag/"
# The least of a configuration that S3 takes, by operation.
_BODIES = {
    "PutBucketPolicy": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",'
    '"Resource":"arn:PARTITION:s3:::BUCKET/-"}]}',
    "PutPublicAccessBlock": "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
    "PutBucketOwnershipControls": "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
    "</OwnershipControls>",
    "PutBucketLifecycle": "<LifecycleConfiguration><Rule><ID>-</ID><Filter><Prefix>-</Prefix></Filter><Status>Disabled</Status>"
    "<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "PutBucketEncryption": "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
    "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
    "PutBucketVersioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "PutBucketLogging": "<BucketLoggingStatus/>",
    "PutBucketNotification": "<NotificationConfiguration/>",
    "PutBucketTagging": "<Tagging><TagSet/></Tagging>",
    "PutObjectTagging": "<Tagging><TagSet/></Tagging>",
    "PutBucketCors": "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin>"
    "</CORSRule></CORSConfiguration>",
}
# What clients send for several actions: the first of the table would be an older or rarer one.
_USUAL = {"s3:ListBucket": "ListObjectsV2"}


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request to S3. `target`: path and query. `object_tags`: tags that the object has to have before it is sent."""

    operation: str
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secure: bool = True
    object_tags: Mapping[str, str] = field(default_factory=dict)
    with_version: bool = False
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


def api_request(asked: AuthorizationRequest) -> ApiRequest | None:
    """Return the API request; None where no operation of S3 asks for the action by itself."""
    context = {key.lower(): value for key, value in asked.context.items() if isinstance(value, str)}
    found = _operation(asked.action, context)
    bucket, _, key = asked.resource.partition(":::")[2].partition("/")
    if found is None or not bucket or (found.target is On.OBJECT) is not bool(key):
        return None
    query = {name: _VALUES.get(name, "") for name in found.query}
    query |= {name: context[known] for known, name in _QUERY.items() if known in context}
    headers = {name: context[known] for known, name in _HEADERS.items() if known in context}
    headers |= {known.removeprefix("s3:"): value for known, value in context.items() if known.startswith("s3:x-amz-")}
    if sent := dict(_tags(context, _REQUEST_TAG)):
        headers["x-amz-tagging"] = urlencode(sent)
    encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
    path = f"/{bucket}/{quote(key, safe='/-_.~')}" if key else f"/{bucket}"
    return ApiRequest(
        found.name,
        found.method,
        f"{path}?{encoded}" if encoded else path,
        headers,
        context.get("aws:securetransport") != "false",
        dict(_tags(context, _OBJECT_TAG)),
        found.needs[0].versioned == asked.action,
        _BODIES.get(found.name, "").replace("PARTITION", parse_arn(asked.resource).partition).replace("BUCKET", bucket).encode(),
    )


def _operation(action: str, context: Mapping[str, str]) -> Operation | None:
    if action == "s3:PutObject" and context.get("s3:objectcreationoperation") == "false":
        return OPERATIONS["CreateMultipartUpload"]
    if action in _USUAL:
        return OPERATIONS[_USUAL[action]]
    first = (row for row in OPERATIONS.values() if row.needs[0].on in (On.BUCKET, On.OBJECT))
    return next((row for row in first if action in (row.needs[0].action, row.needs[0].versioned)), None)


def _tags(context: Mapping[str, str], start: str) -> Iterator[tuple[str, str]]:
    return ((key.removeprefix(start), value) for key, value in context.items() if key.startswith(start))
