"""S3: each request is parsed, what it is on is located, it is authorized, performed and answered.

What is not in the two tables (operations on objects here, on buckets in `buckets`) is refused: the sandbox answers nothing
that it cannot decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bucketpass.clock import Clock
from bucketpass.requests.request import AuthorizationRequest
from bucketpass.requests.s3 import S3Call, authorization_requests, listing_requests
from bucketpass.sandbox.access_points import access_point_of
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.bucket_list import parse_configuration
from bucketpass.sandbox.buckets import Buckets
from bucketpass.sandbox.cors import CorsRule, cors_headers, preflight
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.keys import check_usable
from bucketpass.sandbox.locate import CREATING, Located, Locator
from bucketpass.sandbox.objects import listing, locking, multipart, reading, tagging, upload_listing, writing
from bucketpass.sandbox.objects.call import NONE_REFUSED, ObjectCall
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.parse import bucket_of_host, parse_call, with_presigned_headers
from bucketpass.sandbox.payload import Payload
from bucketpass.sandbox.regions import check_bucket_region
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse

__all__ = ["S3"]


def _no_acl(call: ObjectCall) -> ServerResponse:
    if call.bucket.owner_enforced:
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    raise AwsError("NotImplemented", "The sandbox does not decide by ACLs: grant with a bucket policy", 501)


HANDLERS: dict[str, Callable[[ObjectCall], ServerResponse]] = {
    "GetObject": reading.get_object,
    "HeadObject": reading.get_object,
    "GetObjectAttributes": tagging.get_object_attributes,
    "PutObject": writing.put_object,
    "CopyObject": writing.copy_object,
    "DeleteObject": writing.delete_object,
    "DeleteObjects": writing.delete_objects,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListObjectVersions": listing.list_versions,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "UploadPart": multipart.upload_part,
    "UploadPartCopy": multipart.upload_part_copy,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "ListParts": upload_listing.list_parts,
    "ListMultipartUploads": upload_listing.list_multipart_uploads,
    "GetObjectTagging": tagging.get_object_tagging,
    "PutObjectTagging": tagging.put_object_tagging,
    "DeleteObjectTagging": tagging.delete_object_tagging,
    "GetObjectAcl": tagging.get_object_acl,
    "GetObjectRetention": locking.get_object_retention,
    "PutObjectRetention": locking.put_object_retention,
    "GetObjectLegalHold": locking.get_object_legal_hold,
    "PutObjectLegalHold": locking.put_object_legal_hold,
    "PutObjectAcl": _no_acl,
}
MAX_ATTEMPTS = 3
# Beside those on objects.
_THROUGH_ACCESS_POINTS = frozenset({"GetBucketLocation", "HeadBucket"})
_LOCK_HEADERS = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")

Refused = Mapping[int, AwsError]


@dataclass(slots=True)
class _Parsed:
    """A call, and its body, which is made ready where it is needed. `quiet`: DeleteObjects is to report errors only.

    `access_point` is the ARN of the one that the call's bucket is reached through.
    """

    call: S3Call
    make_body: Callable[[bool], Payload]
    quiet: bool = False
    access_point: str = ""
    _body: Payload | None = None

    def body(self) -> Payload:
        """Return the decoded body, the same each time. Raises AwsError."""
        if self._body is None:
            self._body = self.make_body(self.call.operation != "CompleteMultipartUpload")
        return self._body


class S3:
    """S3 of one account: `objects` holds the objects, moto the buckets' settings."""

    def __init__(self, state: State, objects: ObjectStore, authorizer: Authorizer, clock: Clock) -> None:
        self._state = state
        self._objects = objects
        self._authorizer = authorizer
        self._clock = clock
        self._locator = Locator(state, objects)
        self._buckets = Buckets(state, objects)

    def answer(self, exchange: Exchange, payload: Callable[[bool], Payload]) -> ServerResponse:
        """Return S3's answer. `payload(checksum_is_of_body)` gives the decoded body. Raises AwsError."""
        parsed = self._parse(exchange, payload)
        for _ in range(MAX_ATTEMPTS):
            try:
                located = self._locate(exchange, parsed)
                refused = self._authorize(exchange, parsed.call, located)
                return self._perform(exchange, parsed, located, refused)
            except FileNotFoundError:
                # The object was overwritten after it was located: the request is authorized anew by what exists now.
                exchange.authorizations.clear()
            except AwsError as refused:
                if parsed.call.operation == "HeadBucket" and refused.code == "AccessDenied":
                    # Also who may not list a bucket learns its Region [A: HeadBucket].
                    refused.headers.append(("x-amz-bucket-region", exchange.region))
                raise
        raise AwsError("SlowDown", "Please reduce your request rate.", 503)

    def preflight(self, exchange: Exchange) -> ServerResponse:
        """Return the answer to a browser's question before a request from another origin. Raises AwsError."""
        exchange.operation = "PreflightRequest"
        return preflight(self._cors(exchange), exchange.request)

    def cors_headers(self, exchange: Exchange) -> list[tuple[str, str]]:
        """Return the headers for a browser beside the answer to its request from another origin."""
        return cors_headers(self._cors(exchange), exchange.request)

    def _cors(self, exchange: Exchange) -> tuple[CorsRule, ...]:
        name = bucket_of_host(exchange.request.header("host")) or exchange.request.path[1:].partition("/")[0]
        bucket = self._state.bucket(name) if name else None
        return bucket.cors if bucket is not None else ()

    def _parse(self, exchange: Exchange, payload: Callable[[bool], Payload]) -> _Parsed:
        if exchange.signature is not None and exchange.signature.presigned:
            exchange.request = with_presigned_headers(exchange.request)
        call = parse_call(exchange.request)
        exchange.operation, exchange.call = call.operation, call
        if call.operation not in HANDLERS and not self._buckets.knows(call.operation):
            raise AwsError("NotImplemented", f"The sandbox does not have {call.operation}", 501)
        parsed = _Parsed(call, payload)
        point = access_point_of(self._state, call.bucket, by_host=bucket_of_host(exchange.request.header("host")) is not None)
        if point is not None:
            if call.operation not in HANDLERS and call.operation not in _THROUGH_ACCESS_POINTS:
                raise AwsError(
                    "NotImplemented", f"The sandbox does not have {call.operation} through an access point: name its bucket", 501
                )
            parsed.access_point = point.arn
            parsed.call = call = exchange.call = replace(call, bucket=point.bucket)
        # What the body of these says decides which actions they need, and the condition keys.
        match call.operation:
            case "DeleteObjects":
                deletion = writing.parse_delete(exchange.request, parsed.body())
                parsed.call, parsed.quiet = replace(call, keys=deletion.keys, etags=deletion.etags), deletion.quiet
            case "PutObjectTagging":
                parsed.call = replace(call, tags=tagging.parse_tagging(parsed.body().read_setting()))
            case "CreateBucket":
                configuration = parse_configuration(parsed.body().read_setting())
                parsed.call = replace(call, tags=configuration.tags, location_constraint=configuration.location_constraint)
        return parsed

    def _locate(self, exchange: Exchange, parsed: _Parsed) -> Located:
        """Return what the call is on. Raises AwsError, where the bucket is in another Region than the request is for as well."""
        call = parsed.call
        located = self._locator.locate(call, exchange.request)
        if parsed.access_point:
            located = located._replace(target=located.target._replace(access_point=parsed.access_point))
        if located.bucket is not None and call.operation != "CreateBucket":
            check_bucket_region(exchange, call.operation, located.bucket)
            exchange.region = located.bucket.region
        return located

    def _authorize(self, exchange: Exchange, call: S3Call, located: Located) -> Refused:
        """Raise AwsError where the call is not allowed. Return the errors of the keys of DeleteObjects that are refused, by position."""
        if call.operation in ("GetObject", "HeadObject") and located.found is not None and located.found.is_delete_marker:
            # S3 answers for a delete marker before it asks policies [L].
            return NONE_REFUSED
        caller = exchange.requester.caller
        connection = exchange.connection(self._clock.now())
        if call.operation == "DeleteObjects":
            one_key = (_of_one_key(call, position) for position in range(len(call.keys)))
            return {
                position: error
                for position, one in enumerate(one_key)
                if (error := self._refusal(exchange, authorization_requests(one, located.target, caller, connection))) is not None
            }
        for request in authorization_requests(call, located.target, caller, connection):
            if request.action.startswith("kms:"):
                check_usable(self._state, request.resource)
            self._authorizer.require(exchange, request)
        # Only a caller that may list a bucket under a key learns that the key does not exist; others are refused [L].
        for bucket, key in located.missing(call):
            target = located.target if bucket == call.bucket else located.target._replace(access_point="")
            for request in listing_requests(bucket, key, target, caller, connection):
                self._authorizer.require(exchange, request)
        return NONE_REFUSED

    def _refusal(self, exchange: Exchange, requests: tuple[AuthorizationRequest, ...]) -> AwsError | None:
        try:
            for request in requests:
                self._authorizer.require(exchange, request)
        except AwsError as refused:
            return refused
        return None

    def _perform(self, exchange: Exchange, parsed: _Parsed, located: Located, refused: Refused) -> ServerResponse:
        call, bucket = parsed.call, located.bucket
        handler = HANDLERS.get(call.operation)
        if handler is None or bucket is None:
            return self._buckets.answer(exchange, call, bucket, parsed.body().read_setting())
        _check_source(call, located)
        _check_headers(exchange.request, bucket, call.operation)
        signed = exchange.signature is not None
        now = self._clock.now()
        return handler(ObjectCall(self._objects, exchange.request, call, bucket, located, parsed.body, now, signed, parsed.quiet, refused))


def _of_one_key(call: S3Call, position: int) -> S3Call:
    """The call for one of its keys; an ETag that is named for it is the condition that If-Match is for a single object."""
    etag = call.etags[position] if call.etags else None
    headers = {**call.headers, "if-match": etag} if etag is not None else call.headers
    return replace(call, keys=(call.keys[position],), headers=headers)


def _check_source(call: S3Call, located: Located) -> None:
    """Raise AwsError where a copy's source does not exist."""
    source = call.source
    if source is not None and (located.source is None or located.source.is_delete_marker):
        if source.version_id is not None:
            raise AwsError("NoSuchVersion", "The specified version does not exist.", 404)
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", source.key),))


def _check_headers(request: ServerRequest, bucket: StoredBucket, operation: str) -> None:
    """Raise AwsError for headers that the sandbox cannot honour: they are refused, not ignored."""
    if operation not in CREATING:
        return
    if any(name in request.fields for name in _LOCK_HEADERS):
        if bucket.object_lock is None:
            raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
        raise AwsError("NotImplemented", "The sandbox takes no lock with an upload: set retention or legal hold afterwards", 501)
    acl = request.header("x-amz-acl", "bucket-owner-full-control")
    grants = any(name.startswith("x-amz-grant-") for name in request.fields)
    if acl != "bucket-owner-full-control" or grants:
        if bucket.owner_enforced:
            raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
        if acl.startswith("public-") and bucket.block_public_acls:
            raise AwsError("AccessDenied", "Access Denied", 403)
        if acl not in ("private", "bucket-owner-full-control") or grants:
            raise AwsError("NotImplemented", "The sandbox does not decide by ACLs: grant with a bucket policy", 501)
