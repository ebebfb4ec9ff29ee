"""An S3 API call as the authorization requests that it makes: one for each action that it needs, and those of S3 to KMS.

::

    call = S3Call("CopyObject", "datasets", "b", source=CopySource("datasets", "a"))
    authorization_requests(call, S3Target("111122223333"), caller)
    # s3:GetObject on datasets/a, s3:PutObject on datasets/b

Which actions, when and on what stands in `aws.operations`; with which condition keys in `keys`. A listing without a prefix makes
two requests, without `s3:prefix` and with an empty one: which of the two S3 sends is not documented [open], so that only what
both allow is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bucketpass.aws.arn import Arn, bucket_arn, object_arn, partition_of_region
from bucketpass.aws.operations import COPIED_TAGS, COPY_SOURCE_HEADER, OPERATIONS, Need, On
from bucketpass.errors import RequestError
from bucketpass.requests.callers import NOTHING, Caller
from bucketpass.requests.context import context_of
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection, RequestFacts

__all__ = ["CopySource", "ObjectFacts", "S3Call", "S3Target", "authorization_requests", "listing_requests", "uses_bucket_key"]

SSE_HEADER = "x-amz-server-side-encryption"
BUCKET_KEY_HEADER = "x-amz-server-side-encryption-bucket-key-enabled"
DSSE = "aws:kms:dsse"

# The operations that make an object: with the others of s3:PutObject no object exists yet.
_CREATING = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"})
_LISTINGS = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})

Requests = tuple[AuthorizationRequest, ...]


@dataclass(frozen=True, slots=True)
class CopySource:
    """The object that a copy reads."""

    bucket: str
    key: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class S3Call:
    """A call as the client sends it. `parameters` are those of the query, `headers` have names in lower case.

    `keys` and, by position, `etags` are the body of DeleteObjects; `tags` are those that the body of PutObjectTagging or CreateBucket
    sets, `location_constraint` is the Region that CreateBucket's names.
    """

    operation: str
    bucket: str = ""
    key: str = ""
    version_id: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    source: CopySource | None = None
    keys: tuple[tuple[str, str | None], ...] = ()
    etags: tuple[str | None, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    location_constraint: str | None = None


class ObjectFacts(NamedTuple):
    """What S3 knows of an object: the tags of the one that exists, and the key that it is or will be encrypted with.

    `kms_key` is the ARN of a KMS key, None for SSE-S3 and for the key that AWS manages for S3, which admits every principal of the
    account that comes through S3 [A]. With `bucket_key` the encryption context is the bucket, without the object.
    """

    tags: Mapping[str, str] = NOTHING
    kms_key: str | None = None
    bucket_key: bool = True


def uses_bucket_key(headers: Mapping[str, str], default: bool) -> bool:
    """Return whether an upload with these headers uses a bucket key; `default` is the bucket's setting. DSSE-KMS has none [A]."""
    if headers.get(SSE_HEADER) == DSSE:
        return False
    flag = headers.get(BUCKET_KEY_HEADER, "")
    return flag.lower() == "true" if flag else default


class S3Target(NamedTuple):
    """What a call is on: the account of its bucket, its object, and those of a copy's source.

    upload_headers: the encryption headers that the multipart upload of a part was created with; S3 evaluates policies on them for
    every part, which sends none itself [K].
    access_point: the ARN of the access point through which the bucket is reached, which must allow the call as well [A].
    """

    account: str = ""
    object: ObjectFacts = ObjectFacts()
    source: ObjectFacts = ObjectFacts()
    source_account: str = ""
    upload_headers: Mapping[str, str] = NOTHING
    access_point: str = ""


def authorization_requests(
    call: S3Call, target: S3Target, caller: Caller, connection: Connection = OVER_TLS
) -> tuple[AuthorizationRequest, ...]:
    """Return the requests that must all be allowed, in the order in which S3 makes them.

    Raises `RequestError` for an operation that S3 does not have, and for a copy without a source.
    """
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise RequestError(
            f"`{call.operation}` is not an S3 operation", remedy="write it as the API does, such as GetObject or ListObjectsV2"
        )
    maker = _Maker(call, target, caller, connection)
    needs = (*operation.needs, *COPIED_TAGS) if _copies_tags(call, target) else operation.needs
    return tuple(
        request
        for need in needs
        if (not need.headers or any(name in call.headers for name in need.headers)) and (call.tags or not need.with_tags)
        for request in maker.requests(need)
    )


def listing_requests(bucket: str, key: str, target: S3Target, caller: Caller, connection: Connection) -> Requests:
    """Return the requests that decide whether a caller learns that an object does not exist: to list the bucket under its key [L]."""
    call = S3Call("ListObjectsV2", bucket, parameters={"prefix": key})
    maker = _Maker(call, target, caller, connection)
    found = (maker.on_bucket("s3:ListBucket", call.parameters),)
    return maker.through(found) if target.access_point else found


def _copies_tags(call: S3Call, target: S3Target) -> bool:
    """True of a copy that takes tags along, which it does unless it replaces them [K]."""
    return call.operation == "CopyObject" and bool(target.source.tags) and call.headers.get("x-amz-tagging-directive", "COPY") == "COPY"


class _Maker(NamedTuple):
    """Makes the requests of one call."""

    call: S3Call
    target: S3Target
    caller: Caller
    connection: Connection

    def requests(self, need: Need) -> Requests:
        """The requests of what the call needs; through an access point each is made to the point first, and then to the bucket."""
        found = _REQUESTS[need.on](self, need)
        return self.through(found) if self.target.access_point and need.on in (On.BUCKET, On.OBJECT) else found

    def through(self, found: Requests) -> Requests:
        """The requests about the bucket, each after the same of the access point."""
        return tuple(one for request in found for one in (self._at_access_point(request), request))

    def _at_access_point(self, request: AuthorizationRequest) -> AuthorizationRequest:
        key = request.resource.removeprefix(bucket_arn(self._partition, self.call.bucket))
        return replace(request, resource=f"{self.target.access_point}{f'/object{key}' if key else ''}")

    def of_service(self, need: Need) -> Requests:
        """The request of an action on no resource."""
        return (self._request(need.action, "*", self._facts(need.action)),)

    def of_bucket(self, need: Need) -> Requests:
        """The request of an action on the bucket; two of a listing without a prefix."""
        if need.action not in _LISTINGS:
            return (self.on_bucket(need.action, NOTHING),)
        parameters = self.call.parameters
        readings = (parameters,) if "prefix" in parameters else (parameters, {**parameters, "prefix": ""})
        return tuple(self.on_bucket(need.action, reading) for reading in readings)

    def of_object(self, need: Need) -> Requests:
        """The request of an action on the object; one for each key that the body names."""
        call = self.call
        if need.per_key:
            return tuple(self._on_object(need, key, version) for key, version in call.keys)
        return (self._on_object(need, call.key, call.version_id),)

    def of_source(self, need: Need) -> Requests:
        """The request to read a copy's source."""
        return (self._on_source(need),)

    def of_key(self, need: Need) -> Requests:
        """S3's request for the key of the object, none for an object that is not under SSE-KMS."""
        encrypted = self.target.object
        return (self._on_key(need.action, encrypted, self.call.bucket, self.call.key),) if encrypted.kms_key else ()

    def of_source_key(self, need: Need) -> Requests:
        """S3's request for the key of a copy's source."""
        if not self.target.source.kms_key:
            return ()
        source = self._copy_source()
        return (self._on_key(need.action, self.target.source, source.bucket, source.key),)

    def on_bucket(self, action: str, parameters: Mapping[str, str]) -> AuthorizationRequest:
        """The request of an action on the bucket."""
        call = self.call
        facts = self._facts(action)._replace(
            headers=call.headers,
            parameters=parameters,
            request_tags=call.tags,
            location_constraint=call.location_constraint,
            access_point=self.target.access_point,
        )
        return self._request(action, bucket_arn(self._partition, self.call.bucket), facts)

    def _on_object(self, need: Need, key: str, version: str | None) -> AuthorizationRequest:
        call = self.call
        action = need.versioned if version is not None and need.versioned is not None else need.action
        headers = {**self.target.upload_headers, **call.headers} if self.target.upload_headers else call.headers
        if call.source is not None and COPY_SOURCE_HEADER not in headers:
            headers = {**headers, COPY_SOURCE_HEADER: f"{call.source.bucket}/{call.source.key}"}
        facts = RequestFacts(
            self.caller,
            self.connection,
            action,
            self.target.account or self.caller.principal.account,
            headers=headers,
            object_tags=self.target.object.tags,
            version_id=version,
            creates_object=call.operation in _CREATING,
            request_tags=call.tags,
            access_point=self.target.access_point,
        )
        return self._request(action, object_arn(self._partition, call.bucket, key), facts)

    def _on_source(self, need: Need) -> AuthorizationRequest:
        """The request to read a copy's source. The call's headers are about the object that is written, not about this one."""
        source, target = self._copy_source(), self.target
        action = need.versioned if source.version_id is not None and need.versioned is not None else need.action
        facts = self._facts(action)._replace(object_tags=target.source.tags, version_id=source.version_id)
        if target.source_account:
            facts = facts._replace(resource_account=target.source_account)
        return self._request(action, object_arn(self._partition, source.bucket, source.key), facts)

    def _on_key(self, action: str, encrypted: ObjectFacts, bucket: str, key: str) -> AuthorizationRequest:
        """The request that S3 makes to KMS on the caller's behalf: with TLS, however it was reached itself [A]."""
        region, kms_key = self.connection.region, encrypted.kms_key or ""
        arn, partition = Arn.parse(kms_key), self._partition
        about = bucket_arn(partition, bucket) if encrypted.bucket_key else object_arn(partition, bucket, key)
        facts = self._facts(action)._replace(
            connection=self.connection._replace(secure=True),
            via_service=f"s3.{region}.{partition_of_region(region).dns_suffix}",
            encryption_context={"aws:s3:arn": about},
        )
        if arn is not None and arn.account:
            facts = facts._replace(resource_account=arn.account)
        return self._request(action, kms_key, facts)

    def _facts(self, action: str) -> RequestFacts:
        return RequestFacts(self.caller, self.connection, action, self.target.account or self.caller.principal.account)

    def _request(self, action: str, resource: str, facts: RequestFacts) -> AuthorizationRequest:
        return AuthorizationRequest(self.caller.principal, action, resource, context_of(facts), facts.resource_account)

    def _copy_source(self) -> CopySource:
        if self.call.source is None:
            # SECURITY: what reads another object must not pass for a plain write.
            raise RequestError(f"{self.call.operation} copies an object, and no source is named", remedy="name the source of the copy")
        return self.call.source

    @property
    def _partition(self) -> str:
        return partition_of_region(self.connection.region).name


_REQUESTS: dict[On, Callable[[_Maker, Need], Requests]] = {
    On.SERVICE: _Maker.of_service,
    On.BUCKET: _Maker.of_bucket,
    On.OBJECT: _Maker.of_object,
    On.SOURCE: _Maker.of_source,
    On.KEY: _Maker.of_key,
    On.SOURCE_KEY: _Maker.of_source_key,
}
