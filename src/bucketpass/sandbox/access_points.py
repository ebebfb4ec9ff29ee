"""Access points: S3's control API as far as the sandbox has it, and the way through one to its bucket's objects.

An access point is named in the place of the bucket: by its alias, by the host NAME-ACCOUNT (`...s3-accesspoint.REGION...`, or of the
endpoint itself, as SDKs write it), or by its ARN. Source: S3 API reference, "Actions / Amazon S3 Control"; S3 User Guide, "Using
Amazon S3 access points" [A].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, unescape

from bucketpass.aws.arn import Arn, parse_arn
from bucketpass.aws.quotas import BUCKET_POLICY_BYTES
from bucketpass.clock import Clock
from bucketpass.decide.public_access import is_public
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy, parse_policy
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.context import authorization_request
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.objects.xml import parse_body, text_of
from bucketpass.sandbox.principals import bind_principals, show_principals, unknown_principal
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredAccessPoint
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal
from bucketpass.sandbox.world import UnusableRequest
from bucketpass.wire.server import ServerRequest, ServerResponse
from bucketpass.wire.xml import document
from bucketpass.wire.xml import text as xml_text

__all__ = ["AccessPoints", "access_point_of", "is_control_request"]

PREFIX = "/v20180820/"
ACCOUNT_HEADER = "x-amz-account-id"
ALIAS_SUFFIX = "-s3alias"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")
NAMESPACE = "http://awss3control.amazonaws.com/doc/2018-08-20/"
_PUT_POLICY = "PutAccessPointPolicyRequest"
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
PATH = re.compile(rf"{PREFIX}accesspoint(/(?P<name>[^/]+)(?P<policy>/policy)?)?")
OPERATIONS = {
    ("PUT", ""): "CreateAccessPoint",
    ("GET", ""): "GetAccessPoint",
    ("DELETE", ""): "DeleteAccessPoint",
    ("PUT", "/policy"): "PutAccessPointPolicy",
    ("GET", "/policy"): "GetAccessPointPolicy",
    ("DELETE", "/policy"): "DeleteAccessPointPolicy",
}


def is_control_request(request: ServerRequest) -> bool:
    """Return whether the request is of the control API: its path could be a bucket's, but for the account's header."""
    return request.raw_path.startswith(PREFIX) and bool(request.header(ACCOUNT_HEADER))


@dataclass(frozen=True, slots=True)
class _ControlCall:
    operation: str
    name: str


class AccessPoints:
    """The access points of the accounts."""

    def __init__(self, state: State, authorizer: Authorizer, clock: Clock) -> None:
        self._state = state
        self._authorizer = authorizer
        self._clock = clock

    def answer(self, exchange: Exchange, body: bytes) -> ServerResponse:
        """S3's answer. Raises AwsError."""
        call = _parsed(exchange.request)
        exchange.operation = call.operation
        principal = exchange.requester.principal
        if principal.kind is PrincipalKind.ANONYMOUS:
            raise refusal(Problem.ACCESS_DENIED, Protocol.S3)
        state = self._state.of(principal.account, exchange.region)
        if exchange.request.header(ACCOUNT_HEADER) != state.account:
            raise AwsError("AccessDenied", "The sandbox has access points of the account that asks alone", 403)
        resource = f"arn:{state.partition}:s3:{exchange.region}:{state.account}:accesspoint/{call.name}" if call.name else "*"
        self._authorizer.require(
            exchange,
            authorization_request(
                exchange.requester.caller,
                f"s3:{call.operation}",
                resource,
                exchange.connection(self._clock.now()),
                resource_account=state.account,
            ),
        )
        _check(state, call, exchange.region, body)
        if call.operation == "PutAccessPointPolicy":
            body = _stored_policy(self._state, state.access_point(call.name), body)
        headers = (("Content-Type", "application/xml"), (ACCOUNT_HEADER, state.account))
        try:
            changes = not call.operation.startswith(("Get", "List"))
            answer = state.forward("s3control", exchange.request.method, exchange.request.target, headers, body, changes=changes)
        except UnusableRequest:
            raise AwsError("InvalidRequest", f"A parameter of {call.operation} is missing or is not what it should be") from None
        shown = _of_region(answer, exchange.region)
        return _with_arns(self._state, shown) if call.operation == "GetAccessPointPolicy" and shown.status == 200 else shown


def access_point_of(state: State, name: str, *, by_host: bool) -> StoredAccessPoint | None:
    """Return the access point that stands in the place of a bucket's name. Raises AwsError for an ARN that is of none."""
    if name.startswith("arn:"):
        arn = Arn.parse(name)
        owner = state.known(arn.account) if arn is not None else None
        found = owner.access_point(name.partition("/")[2]) if owner is not None else None
        if found is None or found.arn != name:
            raise AwsError("NoSuchAccessPoint", "The specified accesspoint does not exist", 404)
    elif name.endswith(ALIAS_SUFFIX):
        found = state.access_point_of_alias(name)
    else:
        point, _, account = name.rpartition("-") if by_host else ("", "", "")
        owner = state.known(account) if state.bucket(name) is None else None
        found = owner.access_point(point) if owner is not None else None
    if found is not None and found.in_vpc:
        raise AwsError("AccessDenied", "The access point is its VPC's alone", 403)
    return found


def _parsed(request: ServerRequest) -> _ControlCall:
    match = PATH.fullmatch(request.raw_path)
    if match is not None and match["name"] is None and request.method == "GET":
        return _ControlCall("ListAccessPoints", "")
    operation = OPERATIONS.get((request.method, match["policy"] or "")) if match is not None and match["name"] else None
    if match is None or operation is None:
        what = request.raw_path.removeprefix(PREFIX).partition("/")[0]
        raise AwsError("NotImplemented", f"The sandbox does not have `{what}` of S3's control API", 501)
    return _ControlCall(operation, match["name"])


def _check(state: State, call: _ControlCall, region: str, body: bytes) -> None:
    """Raise AwsError for what S3 refuses and moto takes."""
    if call.operation == "ListAccessPoints":
        return
    found = state.access_point(call.name)
    if call.operation == "CreateAccessPoint":
        if not NAME.fullmatch(call.name):
            raise AwsError("InvalidRequest", "The access point name is not valid")
        if found is not None:
            raise AwsError("AccessPointAlreadyOwnedByYou", "The access point that you tried to create already exists, and you own it.", 409)
        bucket = state.bucket(text_of(parse_body(body, "CreateAccessPointRequest"), "Bucket") or "")
        if bucket is None or (bucket.account, bucket.region) != (state.account, region):
            raise AwsError("InvalidRequest", "Amazon S3 bucket does not exist in this Region, or is another account's")
    elif found is None or parse_arn(found.arn).region != region:
        raise AwsError("NoSuchAccessPoint", "The specified accesspoint does not exist", 404)


def _stored_policy(state: State, point: StoredAccessPoint | None, body: bytes) -> bytes:
    """Return the request with its policy as it is stored: roles and users by their unique IDs. Raises AwsError."""
    written = text_of(parse_body(body, _PUT_POLICY), "Policy") or ""
    if len(written.encode()) > BUCKET_POLICY_BYTES:
        raise AwsError("PolicyTooLarge", "The policy is larger than 20 KB")
    try:
        policy = parse_policy(written)
        check_policy(policy, PolicyKind.BUCKET)
    except PolicyError as problem:
        raise AwsError("MalformedPolicy", str(problem)) from None
    if point is not None:
        for resource in (
            one for statement in policy.statements for one in (*(statement.resources or ()), *(statement.not_resources or ()))
        ):
            if resource != point.arn and not resource.startswith(f"{point.arn}/object/"):
                raise AwsError("MalformedPolicy", "Policy has invalid resource", details=(("Detail", resource),))
        if point.block_public_policy and is_public(policy):
            raise AwsError("AccessDenied", "Public policies are blocked by the access point's BlockPublicPolicy setting", 403)
    if (unknown := unknown_principal(state, policy)) is not None:
        raise AwsError("MalformedPolicy", "Invalid principal in policy", details=(("Detail", f'"AWS" : "{unknown}"'),))
    return document(_PUT_POLICY, NAMESPACE, xml_text("Policy", bind_principals(state, written)))


def _with_arns(state: State, answer: ServerResponse) -> ServerResponse:
    """The answer with its policy as it is shown."""
    shown = re.sub(
        r"(?<=<Policy>)[^<]*(?=</Policy>)",
        lambda found: escape(show_principals(state, unescape(found[0], _ENTITIES))),
        b"".join(answer.blocks()).decode(),
    )
    return ServerResponse(answer.status, answer.headers, shown.encode())


def _of_region(answer: ServerResponse, region: str) -> ServerResponse:
    """moto's answer, which always names us-east-1, for the Region of the request."""
    text = b"".join(answer.blocks()).decode()
    shown = re.sub(r"(arn:[a-z-]+:s3:|s3-accesspoint(?:-fips)?(?:\.dualstack)?\.)us-east-1", rf"\g<1>{region}", text)
    return ServerResponse(answer.status, answer.headers, shown.encode())
