"""A question to the decision engine, put together from what is deployed, a token, and an S3 call; and its whole answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bucketpass.aws.arn import bucket_arn, partition_of_region
from bucketpass.aws.operations import OPERATIONS, On
from bucketpass.compile import Target
from bucketpass.decide import ContextValue, NamedPolicy, PolicySet, Principal, PrincipalKind, PublicAccessBlock
from bucketpass.decide.assume_role import Assumption, Provider, Role, Session, WebIdentityRequest
from bucketpass.decide.calls import Question, S3Call, Source
from bucketpass.decide.chain import Chain, decide_call, decide_chain
from bucketpass.decide.changes import Change, smallest_changes
from bucketpass.decide.faults import TrustFault, usual_faults
from bucketpass.decide.reasons import Explanation, explain
from bucketpass.decide.web_identity import provider_of
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.errors import InvalidInput, RequestError

__all__ = ["Answer", "Asked", "answer", "call_of", "role_named"]

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
SSE_HEADER, SSE_KEY_HEADER = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
_KEYS = (On.KEY, On.SOURCE_KEY)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks (a role, and a token for it or None), for what, with which layers beside those that are deployed."""

    deployment: Deployment
    role: DeployedRole
    call: S3Call
    claims: Mapping[str, object] | None = None
    context: Mapping[str, ContextValue] | None = None
    extra: PolicySet = field(default_factory=PolicySet)


@dataclass(frozen=True, slots=True)
class Answer:
    """The chain, why each of its decisions fell as it did, the usual faults of the token's way, and the changes that would turn it.

    `assumed`: what it rests on that is not known here.
    """

    chain: Chain
    trust: tuple[Explanation, ...]
    steps: tuple[Explanation, ...]
    faults: tuple[TrustFault, ...]
    changes: tuple[Change, ...]
    assumed: tuple[str, ...] = ()


def call_of(verb: str, uri: str, *, source: str | None = None, **more: Mapping[str, str]) -> S3Call:
    """The call that `get s3://bucket/key` means; `verb` may be any operation of S3. Raises `RequestError` for neither."""
    operation = VERBS.get(verb, verb)
    if operation not in OPERATIONS:
        raise RequestError(f"`{verb}` is no verb and no operation of S3", remedy=f"one of {', '.join(VERBS)}, or such as GetObjectTagging")
    bucket, key = _s3_uri(uri)
    call = S3Call(operation, bucket, key, **more)  # type: ignore[arg-type]
    if OPERATIONS[operation].target is On.BUCKET:
        call = replace(call, key="", parameters={"prefix": key} if key else {}, keys=((key, None),) if key else ())
    elif not key:
        raise RequestError(f"{operation} is asked of an object, and `{uri}` names a bucket", remedy="write s3://BUCKET/KEY")
    return call if source is None else replace(call, source=Source(*_s3_uri(source)))


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


def answer(asked: Asked) -> Answer:
    """What AWS answers, with all reasons."""
    call = _located(asked)
    account = _there(asked.deployment, asked.call.bucket).account
    layers = _LayersOf(asked)
    if asked.claims is None:
        session = _plain_session(asked.role)
        chain = decide_call(Assumption(session), session, call, layers, context=asked.context, resource_account=account)
        return _explained(chain, asked, ())
    request = _web_identity(asked, asked.claims)
    chain = decide_chain(request, call, layers, context=asked.context, resource_account=account)
    return _explained(chain, asked, usual_faults(request))


def _explained(chain: Chain, asked: Asked, faults: tuple[TrustFault, ...]) -> Answer:
    trust_layers = PolicySet(resource=(asked.role.trust,), rcps=asked.extra.rcps)
    trust = tuple(explain(request, trust_layers) for request, _ in chain.assumption.decisions)
    steps = tuple(explain(step.request, step.layers) for step in chain.steps)
    refused = [(explanation, step.layers) for explanation, step in zip(steps, chain.steps, strict=True) if not step.decision.allowed]
    refused += [(explanation, trust_layers) for explanation in trust if not explanation.decision.allowed]
    changes = [change for explanation, layers in refused for change in smallest_changes(explanation, layers)]
    return Answer(chain, trust, steps, faults, tuple(dict.fromkeys(changes)), tuple(_assumed(chain, asked.deployment)))


def _assumed(chain: Chain, deployment: Deployment) -> Iterator[str]:
    """What of the resources that the call needs is not known."""
    known = {key.arn for key in deployment.keys}
    for resource, on in dict.fromkeys((step.question.resource, step.question.on) for step in chain.steps):
        bucket = _there(deployment, resource.partition("/")[0].rpartition(":")[2])
        if on in _KEYS and resource not in known:
            yield f"key {resource} leaves all to the policies of its account"
        elif on not in _KEYS and on is not On.SERVICE and bucket not in deployment.buckets:
            yield f"bucket {bucket.name} has no policy that concerns this"
        elif on not in _KEYS and not bucket.known:
            yield f"the policy that bucket {bucket.name} has already does not concern this"


def _web_identity(asked: Asked, claims: Mapping[str, object]) -> WebIdentityRequest:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise RequestError("the token has no `iss`", remedy="give the claims with their issuer")
    role = Role(asked.role.arn, asked.role.trust, max_session_seconds=3600)
    return WebIdentityRequest(
        issuer, claims, role, _provider(asked.deployment.providers, issuer), session_name=SESSION_NAME, rcps=asked.extra.rcps
    )


def _provider(providers: tuple[Provider, ...], issuer: str) -> Provider | None:
    """The provider of the issuer; else one that differs by its last slash alone, so that the fault can be told."""
    exact = (one for one in providers if provider_of(one.url) == provider_of(issuer))
    near = (one for one in providers if provider_of(one.url).rstrip("/") == provider_of(issuer).rstrip("/"))
    return next(exact, None) or next(near, None)


def _plain_session(role: DeployedRole) -> Session:
    account = role.arn.split(":")[4]
    arn = f"arn:{role.arn.split(':')[1]}:sts::{account}:assumed-role/{role.name}/{SESSION_NAME}"
    context: dict[str, ContextValue] = {"aws:PrincipalArn": role.arn, "aws:PrincipalAccount": account, "aws:PrincipalType": "AssumedRole"}
    return Session(Principal(PrincipalKind.ROLE_SESSION, role.arn, account, arn), context)


def _there(deployment: Deployment, name: str) -> DeployedBucket:
    """The bucket of a call, which may be named as in the declaration; one that is not deployed has nothing of its own."""
    arn = bucket_arn(deployment.target.partition, name)
    known = next((bucket for bucket in deployment.buckets if bucket.name == name), None)
    known = known or next((bucket for bucket in deployment.buckets if bucket.arn == arn), None)
    return known or DeployedBucket(name, arn, "", None)


def _located(asked: Asked) -> S3Call:
    """The call on the buckets as they are deployed: their names in S3, their keys and settings."""
    target, call = asked.deployment.target, asked.call
    bucket = _there(asked.deployment, call.bucket)
    source = call.source
    if source is not None:
        read = _there(asked.deployment, source.bucket)
        source = replace(source, bucket=_name(read), kms_key=source.kms_key or read.key, bucket_key=read.bucket_key)
    return replace(
        call,
        bucket=_name(bucket),
        source=source,
        kms_key=call.kms_key or _key_of(call, bucket, target),
        bucket_key=bucket.bucket_key,
        public_access=bucket.public_access,
        region=target.region,
        partition=target.partition,
        dns_suffix=partition_of_region(target.region).dns_suffix,
    )


def _key_of(call: S3Call, bucket: DeployedBucket, target: Target) -> str | None:
    """The key that the call's object is under: an upload's own headers say it, else the bucket.

    One that names KMS and no key has the key that AWS manages for S3, which lets in whoever comes through S3 [A].
    """
    if SSE_HEADER not in call.headers:
        return bucket.key
    named = call.headers.get(SSE_KEY_HEADER)
    if named is None or named.startswith("arn:"):
        return named
    if named.startswith("alias/"):
        raise RequestError(f"got the key `{named}`, and an alias does not say which key it is", remedy="name the key by its ARN")
    return f"arn:{target.partition}:kms:{target.region}:{target.account}:key/{named}"


def _name(bucket: DeployedBucket) -> str:
    return bucket.arn.rpartition(":")[2]


class _LayersOf:
    """The layers before the resource of a question."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def __call__(self, question: Question) -> PolicySet:
        extra, role = self._asked.extra, self._asked.role
        boundary = extra.boundary if extra.boundary is not None else role.boundary
        if isinstance(boundary, str):
            # SECURITY: a boundary that nobody has read must not count for one that allows everything.
            raise InvalidInput(f"the role has the permissions boundary `{boundary}`, which is not known here", remedy="--boundary FILE")
        resource, public_access = self._resource(question)
        # S3 asks KMS from inside AWS: that request goes through no endpoint for S3.
        endpoint = None if question.on in _KEYS else extra.endpoint
        return replace(extra, identity=role.policies, resource=resource, boundary=boundary, public_access=public_access, endpoint=endpoint)

    def _resource(self, question: Question) -> tuple[tuple[NamedPolicy, ...] | None, PublicAccessBlock | None]:
        deployment = self._asked.deployment
        if question.on in _KEYS:
            return (deployment.key(question.resource).policy,), None
        arn = question.resource.partition("/")[0]
        bucket = next((bucket for bucket in deployment.buckets if bucket.arn == arn), None)
        if bucket is None or bucket.policy is None:
            return None, None if bucket is None else bucket.public_access
        return (bucket.policy,), bucket.public_access
