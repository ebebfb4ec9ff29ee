"""What S3 checks before it changes a bucket's settings, and what it answers itself; all else about settings is moto's.

Source: S3 API reference of these operations; user guide, "Blocking public access", "Controlling ownership of objects",
"Default settings for new buckets" [A]; error texts [K].
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from bucketpass.aws.names import is_bucket_name
from bucketpass.aws.quotas import BUCKET_POLICY_BYTES
from bucketpass.decide.public_access import is_public
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy, parse_policy
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.s3 import S3Call
from bucketpass.sandbox import own_settings
from bucketpass.sandbox.authorizer import parse_stored
from bucketpass.sandbox.bucket_list import list_buckets
from bucketpass.sandbox.cors import check_cors
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.objects.xml import NAMESPACE, access_control_policy, malformed_xml, parse_body, text_of, xml_response
from bucketpass.sandbox.parse import path_of
from bucketpass.sandbox.principals import bind_principals, show_principals, unknown_principal
from bucketpass.sandbox.regions import DEFAULT_REGION, region_of_new_bucket
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.sandbox.world import UnusableRequest
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import document, element, text

__all__ = ["Buckets"]

# moto answers a setting that it does not know as if it were the bucket itself, so only these are handed on.
READ_BY_MOTO = frozenset(
    {
        "GetBucketAccelerateConfiguration",
        "GetBucketCors",
        "GetBucketLocation",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetPublicAccessBlock",
    }
)
WRITTEN_BY_MOTO = frozenset(
    {
        "CreateBucket",
        "DeleteBucket",
        "DeleteBucketCors",
        "DeleteBucketEncryption",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPolicy",
        "DeleteBucketTagging",
        "DeletePublicAccessBlock",
        "PutBucketAccelerateConfiguration",
        "PutBucketAcl",
        "PutBucketCors",
        "PutBucketEncryption",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutPublicAccessBlock",
    }
)
# The API's older names of the same requests.
_MODERN = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}


Check = Callable[[Exchange, S3Call, StoredBucket | None, bytes], None]


class Buckets:
    """The settings of buckets. Every request that comes here was allowed."""

    def __init__(self, state: State, objects: ObjectStore) -> None:
        self._state = state
        self._objects = objects
        self._checks: dict[str, Check] = {
            "CreateBucket": self._check_create,
            "DeleteBucket": self._check_delete,
            "PutBucketPolicy": self._check_policy,
            "PutBucketAcl": self._check_acl,
            "PutBucketVersioning": self._check_versioning,
            "PutBucketCors": lambda exchange, call, bucket, body: check_cors(body),
        }

    @staticmethod
    def knows(operation: str) -> bool:
        """The sandbox can answer this operation."""
        name = _MODERN.get(operation, operation)
        return name == "ListBuckets" or name in READ_BY_MOTO or name in WRITTEN_BY_MOTO or name in _OWN or name in own_settings.WRITTEN

    def answer(self, exchange: Exchange, call: S3Call, bucket: StoredBucket | None, body: bytes) -> ServerResponse:
        """The answer to a request about a bucket itself. Raises AwsError."""
        name = _MODERN.get(call.operation, call.operation)
        state = self._state.of(bucket.account, bucket.region) if bucket is not None else self._requesters(exchange)
        if (check := self._checks.get(name)) is not None:
            check(exchange, call, bucket, body)
        if (own := _OWN.get(name)) is not None and bucket is not None:
            return own(bucket)
        if (write := own_settings.WRITTEN.get(name)) is not None and bucket is not None:
            return write(state, bucket, body)
        if name == "ListBuckets":
            return list_buckets(state, call.parameters)
        # moto sees what was judged: the operation's own query, without the signature.
        query = "&".join(f"{quote(key)}={quote(value)}" for key, value in exchange.request.query if not key.lower().startswith("x-amz-"))
        target = f"{path_of(call)}?{query}" if query else path_of(call)
        if name == "PutBucketPolicy":
            body = bind_principals(self._state, body.decode()).encode()
        headers = tuple(pair for pair in exchange.request.headers if pair[0].lower() != "x-amz-acl")
        try:
            if name == "CreateBucket":
                ownership = exchange.request.header("x-amz-object-ownership", "BucketOwnerEnforced")
                region = region_of_new_bucket(self._state, exchange.region, call.location_constraint)
                state = state.of(state.account, region)
                constraint = text("LocationConstraint", region)
                configuration = b"" if region == DEFAULT_REGION else document("CreateBucketConfiguration", NAMESPACE, constraint)
                response = state.create_bucket(call.bucket, target, headers, configuration, ownership=ownership, tags=call.tags)
            else:
                response = state.forward("s3", exchange.request.method, target, headers, body, changes=name in WRITTEN_BY_MOTO)
        except UnusableRequest:
            raise malformed_xml() from None
        if name == "DeleteBucket" and response.status == 204:
            self._objects.remove_uploads(call.bucket)
        return self._shown(name, call.bucket, response)

    def _shown(self, name: str, bucket: str, response: ServerResponse) -> ServerResponse:
        """moto's answer as S3 gives it."""
        answer = b"".join(response.blocks())
        if response.status >= 400 and b"<BucketName>" not in answer:
            answer = answer.replace(b"</Message>", b"</Message>" + text("BucketName", bucket).encode(), 1)
        elif name == "PutBucketPolicy" and response.status == 200:
            return ServerResponse(204)
        elif name == "GetBucketPolicy" and response.status == 200:
            answer = show_principals(self._state, answer.decode()).encode()
        return ServerResponse(response.status, response.headers, answer)

    def _requesters(self, exchange: Exchange) -> State:
        """The state of the account that asks; of the first one where nobody signed."""
        return self._state.known(exchange.requester.principal.account) or self._state

    def _check_create(self, exchange: Exchange, call: S3Call, bucket: StoredBucket | None, body: bytes) -> None:
        name, request = call.bucket, exchange.request
        if not is_bucket_name(name):
            raise AwsError("InvalidBucketName", "The specified bucket is not valid.", details=(("BucketName", name),))
        if bucket is not None and bucket.account != exchange.requester.principal.account:
            raise AwsError("BucketAlreadyExists", "The requested bucket name is not available.", 409, (("BucketName", name),))
        region = region_of_new_bucket(self._state, exchange.region, call.location_constraint)
        if bucket is not None and not region == bucket.region == DEFAULT_REGION:
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise AwsError("BucketAlreadyOwnedByYou", message, 409, (("BucketName", name),))
        ownership = request.header("x-amz-object-ownership", "BucketOwnerEnforced")
        if ownership == "BucketOwnerEnforced" and request.header("x-amz-acl", "private") != "private":
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
            )
        if request.header("x-amz-acl", "private") != "private" or any(key.startswith("x-amz-grant-") for key in request.fields):
            raise AwsError("NotImplemented", "The sandbox does not decide by ACLs: grant with a bucket policy", 501)

    def _check_delete(self, exchange: Exchange, call: S3Call, bucket: StoredBucket | None, body: bytes) -> None:
        if not self._objects.is_empty(call.bucket):
            message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
            raise AwsError("BucketNotEmpty", message, 409, (("BucketName", call.bucket),))
        if bucket is not None and self._state.of(bucket.account).has_access_points(bucket.name):
            message = "The bucket you tried to delete has access points attached. Delete your access points before deleting your bucket."
            raise AwsError("BucketHasAccessPointsAttached", message, 409, (("BucketName", call.bucket),))

    def _check_acl(self, exchange: Exchange, call: S3Call, bucket: StoredBucket | None, body: bytes) -> None:
        if bucket is not None and bucket.owner_enforced:
            raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
        if exchange.request.header("x-amz-acl") != "private":
            raise AwsError("NotImplemented", "The sandbox does not decide by ACLs: grant with a bucket policy", 501)

    def _check_versioning(self, exchange: Exchange, call: S3Call, bucket: StoredBucket | None, body: bytes) -> None:
        root = parse_body(body, "VersioningConfiguration")
        if text_of(root, "Status") not in ("Enabled", "Suspended"):
            raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
        if bucket is not None and bucket.object_lock is not None and text_of(root, "Status") != "Enabled":
            message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
            raise AwsError("InvalidBucketState", message, 409)
        if (text_of(root, "MfaDelete") or "Disabled") != "Disabled":
            raise AwsError("NotImplemented", "The sandbox has no MFA", 501)

    def _check_policy(self, exchange: Exchange, call: S3Call, bucket: StoredBucket | None, body: bytes) -> None:
        if len(body) > BUCKET_POLICY_BYTES:
            raise AwsError("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
        try:
            document = parse_policy(body)
            check_policy(document, PolicyKind.BUCKET)
        except PolicyError as problem:
            raise AwsError("MalformedPolicy", str(problem)) from None
        self._check_resources(document, call.bucket)
        if (unknown := unknown_principal(self._state, document)) is not None:
            raise AwsError("MalformedPolicy", "Invalid principal in policy", details=(("Detail", f'"AWS" : "{unknown}"'),))
        if bucket is not None and bucket.block_public_policy and is_public(document):
            user = exchange.requester.arn
            resource = f"arn:{self._state.partition}:s3:::{call.bucket}"
            why = "because public policies are blocked by the BlockPublicPolicy block public access setting."
            raise AwsError(
                "AccessDenied", f'User: {user} is not authorized to perform: s3:PutBucketPolicy on resource: "{resource}" {why}', 403
            )

    def _check_resources(self, document: PolicyDocument, bucket: str) -> None:
        own = f"arn:{self._state.partition}:s3:::{bucket}"
        for statement in document.statements:
            for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
                if resource != own and not resource.startswith(f"{own}/") and not (set(resource) & set("*?") and _may_match(resource, own)):
                    raise AwsError("MalformedPolicy", "Policy has invalid resource", details=(("Detail", resource),))


def _may_match(resource: str, own: str) -> bool:
    """A pattern whose text before its first wildcard is the start of the bucket's ARN."""
    fixed = re.split(r"[*?]", resource, maxsplit=1)[0]
    return own.startswith(fixed) or fixed.startswith(f"{own}/")


def _head_bucket(bucket: StoredBucket) -> ServerResponse:
    return ServerResponse(200, [("x-amz-bucket-region", bucket.region), ("Content-Type", "application/xml")])


def _policy_status(bucket: StoredBucket) -> ServerResponse:
    if bucket.policy is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404, (("BucketName", bucket.name),))
    return xml_response("PolicyStatus", text("IsPublic", is_public(parse_stored(bucket.policy))))


def _request_payment(bucket: StoredBucket) -> ServerResponse:
    return xml_response("RequestPaymentConfiguration", text("Payer", "BucketOwner"))


def _encryption(bucket: StoredBucket) -> ServerResponse:
    """moto does not tell the blocked encryption types."""
    rule = bucket.encryption_rule
    if rule is None:
        message = "The server side encryption configuration was not found"
        raise AwsError("ServerSideEncryptionConfigurationNotFoundError", message, 404, (("BucketName", bucket.name),))
    default = element("ApplyServerSideEncryptionByDefault", text("SSEAlgorithm", rule.algorithm), text("KMSMasterKeyID", rule.key_id))
    types = [text("EncryptionType", one) for one in rule.blocked_types]
    blocked = element("BlockedEncryptionTypes", *types) if types else ""
    return xml_response("ServerSideEncryptionConfiguration", element("Rule", default, text("BucketKeyEnabled", rule.bucket_key), blocked))


_OWN: dict[str, Callable[[StoredBucket], ServerResponse]] = {
    "GetBucketAcl": lambda bucket: access_control_policy(bucket.account),
    "HeadBucket": _head_bucket,
    "GetBucketEncryption": _encryption,
    "GetBucketPolicyStatus": _policy_status,
    "GetBucketRequestPayment": _request_payment,
    **own_settings.READ,
}
