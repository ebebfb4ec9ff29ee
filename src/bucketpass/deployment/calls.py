"""A call that a person describes, put to the decision engine over what is deployed; and the whole explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bucketpass.aws.arn import Arn, bucket_arn, parse_arn
from bucketpass.aws.operations import OPERATIONS, On
from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy, PolicySet, PublicAccessBlock
from bucketpass.decide.assume_role import (
    RoleSession,
    SessionDecision,
    TrustedProvider,
    TrustedRole,
    WebIdentityRequest,
    assume_role_with_web_identity,
)
from bucketpass.decide.call import CallDecision, decide_call
from bucketpass.decide.changes import PolicyChange, smallest_changes
from bucketpass.decide.faults import TrustFault, usual_faults
from bucketpass.decide.ownership import ObjectOwnership
from bucketpass.decide.reasons import Explanation, explain
from bucketpass.decide.web_identity import TokenRefused, provider_of, token_time
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.errors import InvalidInput, RequestError
from bucketpass.model import Access
from bucketpass.model.bucket import OTHERS
from bucketpass.model.notes import nearest
from bucketpass.requests.callers import role_session
from bucketpass.requests.request import AuthorizationRequest, Connection
from bucketpass.requests.s3 import SSE_HEADER, CopySource, ObjectFacts, S3Call, S3Target, uses_bucket_key

__all__ = [
    "DescribedCall",
    "ExplainedCall",
    "GrantChange",
    "call_of",
    "decide_described",
    "explain_call",
    "role_named",
    "with_role_of_token",
]

VERBS = {
    "get": "GetObject",
    "head": "HeadObject",
    "put": "PutObject",
    "upload": "CreateMultipartUpload",
    "delete": "DeleteObject",
    "list": "ListObjectsV2",
    "copy": "CopyObject",
}
SESSION_NAME = "bucketpass"
SSE_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


@dataclass(frozen=True, slots=True)
class DescribedCall:
    """A call of a role, or of a token for it. `claims` None: the role itself; `connection` None: over TLS, in the deployment's Region.

    `ownership` is the bucket's; `extra` are policies beside those that are deployed. access: the declaration that the deployment is of.
    """

    deployment: Deployment
    role: DeployedRole
    call: S3Call
    claims: Mapping[str, object] | None = None
    connection: Connection | None = None
    ownership: ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED
    extra: PolicySet = field(default_factory=PolicySet)
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class GrantChange:
    """One change of the declaration after which the call is allowed. `statement`: the path of what is changed."""

    statement: str
    description: str


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """The decision, why each request of it fell as it did, the usual faults of the token, and the changes that would be sufficient.

    `assumed`: what the decision rests on that is not known here.
    """

    decision: CallDecision
    trust: tuple[Explanation, ...]
    requests: tuple[Explanation, ...]
    faults: tuple[TrustFault, ...]
    changes: tuple[PolicyChange | GrantChange, ...]
    assumed: tuple[str, ...] = ()


def call_of(verb: str, uri: str, *, source: str | None = None, **more: Mapping[str, str]) -> S3Call:
    """The call that `get s3://bucket/key` means; `verb` may be any operation of S3. Raises `RequestError` for neither."""
    operation = VERBS.get(verb, verb)
    if operation not in OPERATIONS:
        raise RequestError(
            f"`{verb}` is neither a verb nor an operation of S3", remedy=f"one of {', '.join(VERBS)}, or such as GetObjectTagging"
        )
    bucket, key = _s3_uri(uri)
    call = S3Call(operation, bucket, key, **more)  # type: ignore[arg-type]
    if OPERATIONS[operation].target is On.BUCKET:
        call = replace(call, key="", parameters={"prefix": key} if key else {}, keys=((key, None),) if key else ())
    elif not key:
        raise RequestError(f"{operation} is asked of an object, and `{uri}` names a bucket", remedy="write s3://BUCKET/KEY")
    return call if source is None else replace(call, source=CopySource(*_s3_uri(source)))


def _s3_uri(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise RequestError(f"got `{uri}`, expected an S3 URI", remedy="write s3://BUCKET/KEY")
    return bucket, key


def role_named(deployment: Deployment, name: str) -> DeployedRole:
    """The role of a service, or the role of that name or ARN. Raises `InvalidInput` where there is none."""
    for role in deployment.roles:
        if name in (role.service, role.name, role.arn):
            return role
    known = ", ".join(role.service or role.name for role in deployment.roles) or "none"
    raise InvalidInput(f"there is no service or role `{name}`", remedy=f"known: {known}")


def with_role_of_token(described: DescribedCall) -> DescribedCall:
    """Return the call by that role of the service which admits the token: several share what is too long for one trust policy."""
    if described.claims is None or described.role.service is None:
        return described
    for role in described.deployment.roles:
        call = replace(described, role=role)
        if role.service == described.role.service and assume_role_with_web_identity(_web_identity(call, described.claims)).allowed:
            return call
    return described


def explain_call(described: DescribedCall) -> ExplainedCall:
    """Return AWS's decision on the call, with all reasons."""
    faults = () if described.claims is None else usual_faults(_web_identity(described, described.claims))
    return _explained(decide_described(described), described, faults)


def decide_described(described: DescribedCall) -> CallDecision:
    """Return AWS's decision on the call."""
    target, bucket = described.deployment.target, _there(described.deployment, described.call.bucket)
    if described.claims is None:
        session = SessionDecision(RoleSession(role_session(described.role.arn, SESSION_NAME)))
    else:
        session = assume_role_with_web_identity(_web_identity(described, described.claims))
    return decide_call(
        session,
        *_located(described, bucket),
        _PoliciesOf(described),
        described.connection or Connection(bucket.region or target.region),
        ownership=described.ownership,
        public_access=bucket.public_access,
    )


def _explained(decision: CallDecision, described: DescribedCall, faults: tuple[TrustFault, ...]) -> ExplainedCall:
    trust_policies = PolicySet(resource=(described.role.trust,), rcps=described.extra.rcps)
    trust = tuple(explain(request, trust_policies) for request, _ in decision.session.decisions)
    requests = tuple(explain(one.request, one.policies) for one in decision.requests)
    refused = [(why, one.policies) for why, one in zip(requests, decision.requests, strict=True) if not one.decision.allowed]
    refused += [(why, trust_policies) for why in trust if not why.decision.allowed]
    # Nobody writes the policies of a declaration: what there is to change in it, `grant_changes` says.
    changes = dict.fromkeys(change for why, policies in refused for change in smallest_changes(why, policies) if described.access is None)
    return ExplainedCall(decision, trust, requests, faults, tuple(changes), (*_times(described), *_assumed(decision, described)))


def _times(described: DescribedCall) -> Iterator[str]:
    """That the token is taken to be valid, where it is not now: the decision does not depend on times."""
    claims, connection = described.claims or {}, described.connection
    now = connection.time if connection is not None else None
    for claim, message in (("exp", "has not expired; it did at"), ("nbf", "is valid already; it will be at")):
        try:
            at = token_time(claims, claim)
        except TokenRefused:
            continue  # the decision says so
        if now is None or at is None:
            continue
        if (at <= now.timestamp()) if claim == "exp" else (at > now.timestamp()):
            yield f"the token {message} {_written(at)}, and STS refuses it now"


def _written(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g}"


def _assumed(decision: CallDecision, described: DescribedCall) -> Iterator[str]:
    """What of the resources that the call needs is not known."""
    deployment = described.deployment
    known = {key.arn for key in deployment.keys}
    for request in {one.request.resource: one.request for one in decision.requests}.values():
        resource = request.resource
        bucket = _there(deployment, arn.bucket if (arn := Arn.parse(resource)) is not None else resource)
        if _is_on_key(request):
            if resource not in known:
                yield f"key {resource} leaves all to the policies of its account"
        elif resource != "*" and bucket not in deployment.buckets:
            names = [name for one in deployment.buckets for name in (_name(one), one.name)]
            declared = "" if described.access is None else f": it is not declared ({nearest(bucket.name, dict.fromkeys(names))})"
            yield f"bucket {bucket.name} has no policy that concerns this{declared}"
        elif resource != "*" and bucket.account == OTHERS:
            yield f"bucket {bucket.name}, which is of others, lets everybody read this"
        elif resource != "*" and not bucket.known:
            yield f"the policy that bucket {bucket.name} has already does not concern this"


def _is_on_key(request: AuthorizationRequest) -> bool:
    return request.action.startswith("kms:")


def _web_identity(described: DescribedCall, claims: Mapping[str, object]) -> WebIdentityRequest:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise RequestError("the token has no `iss`", remedy="give the claims with their issuer")
    role = TrustedRole(described.role.arn, described.role.trust, max_session_seconds=3600)
    return WebIdentityRequest(
        issuer,
        claims,
        role,
        _provider(described.deployment.providers, issuer),
        session_name=SESSION_NAME,
        rcps=described.extra.rcps,
        connection=Connection(described.deployment.target.region),
    )


def _provider(providers: tuple[TrustedProvider, ...], issuer: str) -> TrustedProvider | None:
    """The provider of the issuer; else one that differs by its last slash alone, so that this fault can be reported."""
    exact = (one for one in providers if provider_of(one.url) == provider_of(issuer))
    near = (one for one in providers if provider_of(one.url).rstrip("/") == provider_of(issuer).rstrip("/"))
    return next(exact, None) or next(near, None)


def _there(deployment: Deployment, name: str) -> DeployedBucket:
    """The bucket of a call, which may be named as in the declaration; one that is not deployed has nothing of its own."""
    arn = bucket_arn(deployment.target.partition, name)
    known = next((bucket for bucket in deployment.buckets if bucket.name == name), None)
    known = known or next((bucket for bucket in deployment.buckets if bucket.arn == arn), None)
    return known or DeployedBucket(name, arn, "", None)


def _located(described: DescribedCall, bucket: DeployedBucket) -> tuple[S3Call, S3Target]:
    """The call on the buckets as they are deployed, under their names in S3, and what is known of its target."""
    call, source, read = described.call, described.call.source, ObjectFacts()
    account = ""
    if source is not None:
        there = _there(described.deployment, source.bucket)
        source, read, account = replace(source, bucket=_name(there)), ObjectFacts({}, there.key, there.bucket_key), there.account
    bucket_key = uses_bucket_key(call.headers, bucket.bucket_key)
    written = ObjectFacts({}, _key_of(call, bucket, described.deployment.target), bucket_key)
    return replace(call, bucket=_name(bucket), source=source), S3Target(bucket.account, written, read, account)


def _key_of(call: S3Call, bucket: DeployedBucket, target: Target) -> str | None:
    """The key that the call's object is under: an upload's own headers say it, else the bucket.

    One that names KMS and no key has the key that AWS manages for S3, which allows requests that come through S3 [A].
    """
    if SSE_HEADER not in call.headers:
        return bucket.key
    named = call.headers.get(SSE_KEY_HEADER)
    if named is None or named.startswith("arn:"):
        return named
    if named.startswith("alias/"):
        raise RequestError(f"got the key `{named}`, and an alias does not say which key it is", remedy="name the key by its ARN")
    return f"arn:{target.partition}:kms:{bucket.region or target.region}:{target.account}:key/{named}"


def _name(bucket: DeployedBucket) -> str:
    return parse_arn(bucket.arn).bucket


class _PoliciesOf:
    """Gives the policies that apply to a request."""

    def __init__(self, described: DescribedCall) -> None:
        self._described = described

    def __call__(self, request: AuthorizationRequest) -> PolicySet:
        extra, role = self._described.extra, self._described.role
        boundary = extra.boundary if extra.boundary is not None else role.boundary
        if isinstance(boundary, str):
            # SECURITY: a boundary that nobody has read must not count for one that allows everything.
            raise InvalidInput(f"the role has the permissions boundary `{boundary}`, which is not known here", remedy="--boundary FILE")
        resource, public_access = self._resource(request)
        # S3 calls KMS from inside AWS: that request goes through no endpoint for S3.
        endpoint = None if _is_on_key(request) else extra.endpoint
        return replace(extra, identity=role.policies, resource=resource, boundary=boundary, public_access=public_access, endpoint=endpoint)

    def _resource(self, request: AuthorizationRequest) -> tuple[tuple[NamedPolicy, ...] | None, PublicAccessBlock | None]:
        deployment = self._described.deployment
        if _is_on_key(request):
            return (deployment.key(request.resource).policy,), None
        arn = request.resource.partition("/")[0]
        bucket = next((bucket for bucket in deployment.buckets if bucket.arn == arn), None)
        if bucket is None or bucket.policy is None:
            return None, None if bucket is None else bucket.public_access
        return (bucket.policy,), bucket.public_access
