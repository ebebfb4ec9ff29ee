"""The condition keys that AWS would set for a request: who asks, how, when, and for what.

Source: IAM user guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for Amazon S3"
and "for AWS KMS" [A]. A key is absent where AWS leaves it absent: conditions tell the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bucketpass.aws.arn import bucket_arn, object_arn, partition_of_region
from bucketpass.aws.request_keys import CREATING, HEADER_KEYS, LISTING_PARAMETERS, LISTINGS
from bucketpass.decide.calls import request_tag_keys
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.request import ContextValue
from bucketpass.sandbox.credentials import Caller
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.objects.model import ObjectVersion
from bucketpass.wire.server import ServerRequest

__all__ = ["Asked", "key_context", "principal_context", "request_context", "s3_context"]

Context = dict[str, ContextValue]

_TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
}


def principal_context(caller: Caller) -> Context:
    """The keys about the principal; a session brings its own."""
    principal = caller.principal
    if caller.session is not None:
        return dict(caller.session.context)
    if principal.kind is PrincipalKind.ANONYMOUS:
        return {"aws:PrincipalType": "Anonymous", "aws:PrincipalIsAWSService": "false", "aws:userid": "anonymous"}
    found: Context = {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": _TYPES[principal.kind],
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": caller.user_id,
    }
    if caller.user_name is not None:
        found["aws:username"] = caller.user_name
    return found


def request_context(request: ServerRequest, region: str, now: datetime) -> Context:
    """The keys about any request: the way it came, its time and its client."""
    found: Context = {
        "aws:SecureTransport": "true" if request.secure else "false",
        "aws:SourceIp": request.peer.address,
        "aws:RequestedRegion": region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ViaAWSService": "false",
    }
    if request.header("user-agent"):
        found["aws:UserAgent"] = request.header("user-agent")
    if request.header("referer"):
        found["aws:Referer"] = request.header("referer")
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """The object that a request is about: what is there, None where nothing is, and the version that was named."""

    existing: ObjectVersion | None = None
    version_id: str | None = None


def s3_context(exchange: Exchange, action: str, account: str, now: datetime, asked: Asked = Asked()) -> Context:
    """The keys about an S3 request."""
    request, signature = exchange.request, exchange.signature
    found: Context = {"s3:ResourceAccount": account, "aws:ResourceAccount": account}
    if request.peer.tls_version is not None:
        found["s3:TlsVersion"] = request.peer.tls_version
    if signature is not None:
        found["s3:signatureversion"] = "AWS4-HMAC-SHA256"
        found["s3:authType"] = "REST-QUERY-STRING" if signature.presigned else "REST-HEADER"
        found["s3:signatureAge"] = str(max(0, int((now - signature.moment).total_seconds() * 1000)))
    if request.header("x-amz-content-sha256"):
        found["s3:x-amz-content-sha256"] = request.header("x-amz-content-sha256")
    if action in LISTINGS:
        found |= {f"s3:{name}": request.parameters[name] for name in LISTING_PARAMETERS if name in request.parameters}
    if asked.version_id:
        found["s3:versionid"] = asked.version_id
    found |= {key: request.fields[name] for name, key in HEADER_KEYS.items() if name in request.fields}
    if request.method in ("PUT", "POST"):
        found["s3:ObjectCreationOperation"] = "true" if exchange.operation in CREATING else "false"
    found |= request_tag_keys(request.header("x-amz-tagging"))
    if asked.existing is not None:
        found |= {f"s3:ExistingObjectTag/{name}": value for name, value in asked.existing.tags.items()}
    return found


def key_context(partition: str, region: str, account: str, bucket: str, key: str, *, bucket_key: bool) -> Context:
    """The keys of a KMS request that S3 makes for an object."""
    suffix = partition_of_region(region).dns_suffix
    arn = bucket_arn(partition, bucket) if bucket_key else object_arn(partition, bucket, key)
    return {
        "kms:ViaService": f"s3.{region}.{suffix}",
        "kms:CallerAccount": account,
        "kms:EncryptionContext:aws:s3:arn": arn,
        "kms:EncryptionContextKeys": ("aws:s3:arn",),
        "aws:ViaAWSService": "true",
        "aws:ResourceAccount": account,
        # However S3 was asked: KMS listens with TLS alone [A].
        "aws:SecureTransport": "true",
    }
