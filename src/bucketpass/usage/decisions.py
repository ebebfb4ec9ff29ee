"""The decision of a deployment's policies on the request of a row: allowed, refused, or unknown from the log.

A condition on a key that the log does not have is taken both ways: once every such condition is met where it allows and
unmet where it denies, once the other way round. A decision can only change in one direction with them, so two decisions are
all there are; where they differ, the decision is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from bucketpass.aws.arn import Arn, parse_arn
from bucketpass.aws.operations import OPERATIONS, On
from bucketpass.decide import Decision, NamedPolicy, PolicySet, decide
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement, parse_pattern, parse_policy
from bucketpass.policy.pattern import Variable
from bucketpass.requests.callers import Caller, PrincipalKind
from bucketpass.requests.context import presence
from bucketpass.requests.key import Presence
from bucketpass.requests.request import AuthorizationRequest, Connection
from bucketpass.requests.s3 import CopySource, ObjectFacts, S3Call, S3Target, authorization_requests, listing_requests
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.operations import SIDES
from bucketpass.usage.policies import documents_of
from bucketpass.usage.principals import role_principal
from bucketpass.usage.records import Outcome
from bucketpass.usage.reduce import RequestClass
from bucketpass.usage.request import KEY_COLUMNS, UPLOAD_PARTS, caller_of, connection_of, headers_sent, is_session_key
from bucketpass.usage.statement_tests import TIME_KEYS, is_near, time_bounds

__all__ = ["DecidedRequest", "Decider", "LogVerdict", "UsageDecision"]

_EVERYTHING = NamedPolicy(
    "policies that are not known", parse_policy('{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')
)
_EVERYTHING_OF_BUCKETS = NamedPolicy(
    "a bucket policy that is not known",
    parse_policy('{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'),
)
_NOTHING = NamedPolicy(
    "a policy that is not known",
    parse_policy('{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}'),
)
_LISTING_KEYS = frozenset({"s3:prefix", "s3:delimiter", "s3:max-keys"})
# Operators that hold for `*` wherever they hold for some value of a variable.
_PATTERN_OPERATORS = frozenset({"StringLike", "StringLikeIfExists"})
# What the log does not tell: keys in lower case, and conditions on the time that the request was too near to.
_Untold = frozenset[str | Condition]


class LogVerdict(Enum):
    """The answer of policies to a request that is known from a log."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNTOLD = "cannot tell"


@dataclass(frozen=True, slots=True)
class DecidedRequest:
    """One authorization request of a class, the policies it met, and the decision (the stricter one where both ways differ)."""

    request: AuthorizationRequest
    policies: PolicySet
    verdict: LogVerdict
    decision: Decision

    @property
    def on_key(self) -> bool:
        """Whether it is one that S3 sends to KMS."""
        return self.request.action.startswith("kms:")


@dataclass(frozen=True, slots=True)
class UsageDecision:
    """The answer to a whole call. `untold`: the keys that would have to be known."""

    verdict: LogVerdict
    asked: tuple[DecidedRequest, ...] = ()
    untold: frozenset[str] = frozenset()

    @property
    def deciding(self) -> DecidedRequest | None:
        """The first request that was refused, or else is unknown; None where all are allowed, or nothing was asked."""
        return next((one for one in self.asked if one.verdict is self.verdict is not LogVerdict.ALLOWED), None)


class Decider:
    """Answers classes by one deployment.

    settled: Deny statements of the policies that were in force when the requests were made: where a request was allowed, none
    of them applied to it, whatever the log leaves untold.
    """

    def __init__(self, deployment: Deployment, settled: Iterable[Statement] = ()) -> None:
        self._deployment = deployment
        self._settled = frozenset(settled)
        self._roles = {role_principal(parse_arn(role.arn).account, role.name): role for role in deployment.roles}
        self._buckets = {parse_arn(bucket.arn).bucket: bucket for bucket in deployment.buckets}
        self._answers: dict[tuple[Value, ...], UsageDecision] = {}
        lines = (line for document in documents_of(deployment) for one in document.statements for line in one.conditions)
        self._times = {line: time_bounds(line) for line in lines if line.key.lower() in TIME_KEYS}
        self._keys = frozenset(key.lower() for document in documents_of(deployment) for key in _condition_keys(document))

    def role(self, found: RequestClass) -> DeployedRole | None:
        """The role that sent the requests, where it is one of the deployment's."""
        return self._roles.get(str(found.row["principal"]))

    def bucket(self, name: str) -> DeployedBucket | None:
        """The bucket of this name in S3, where it is one of the deployment's."""
        return self._buckets.get(name)

    def answer(self, found: RequestClass) -> UsageDecision:
        """What the policies answer to the requests of the class."""
        known = self._answers.get(found.question)
        return known if known is not None else self._answer(found, authorization_requests)

    def answer_to_missing(self, found: RequestClass) -> UsageDecision:
        """Whether the requests, whose key did not exist, may learn that: what the policies answer to a listing under it."""

        def listing(call: S3Call, target: S3Target, caller: Caller, connection: Connection) -> tuple[AuthorizationRequest, ...]:
            return listing_requests(call.bucket, call.key, target, caller, connection)

        return self._answer(found, listing)

    def _answer(
        self, found: RequestClass, requests_of: Callable[[S3Call, S3Target, Caller, Connection], Iterable[AuthorizationRequest]]
    ) -> UsageDecision:
        row, role = found.row, self.role(found)
        partition, region = self._deployment.target.partition, self._deployment.target.region
        name, session_name = str(row["principal"]), str(row["session_name"] or "")
        caller = caller_of(name, session_name, found.session, partition=partition, role_arn=role.arn if role is not None else "")
        call = self._call(row)
        if call is None or caller is None:
            return UsageDecision(LogVerdict.UNTOLD)
        time = int(row["time"] or 0)
        connection = connection_of(row["source_ip"], row["vpc_endpoint"], row["tls"], time=time, region=region).connection
        near = frozenset(line for line, bounds in self._times.items() if is_near(bounds, time))
        organization = self._deployment.guardrails.organization
        if organization is not None and caller.principal.account == self._deployment.target.account:
            caller = replace(caller, organization=organization)
        requests = tuple(requests_of(call, self._target(call), caller, connection))
        left_out = [near | self._untold(found, request, caller) for request in requests]
        allowed = row["outcome"] == Outcome.ALLOWED.value
        asked = tuple(self._asked(request, role, keys, allowed=allowed) for request, keys in zip(requests, left_out, strict=True))
        verdicts = {one.verdict for one in asked}
        order = (LogVerdict.REFUSED, LogVerdict.UNTOLD, LogVerdict.ALLOWED)
        unknown = [one for one in asked if one.verdict is LogVerdict.UNTOLD]
        untold = frozenset(key for one in unknown for key in self._untold(found, one.request, caller))
        untold |= frozenset(line.key.lower() for line in near if unknown)
        answer = UsageDecision(next((verdict for verdict in order if verdict in verdicts), LogVerdict.UNTOLD), asked, untold)
        # What became of the requests says something of them only where the log leaves something out.
        if found.question and requests_of is authorization_requests and not any(left_out):
            self._answers[found.question] = answer
        return answer

    def _asked(self, request: AuthorizationRequest, role: DeployedRole | None, untold: _Untold, *, allowed: bool) -> DecidedRequest:
        settled = self._settled if allowed else frozenset()
        strict = self._policies(request, role, untold, settled, lenient=False)
        lenient = self._policies(request, role, untold, settled, lenient=True)
        decision = decide(request, strict)
        verdict = LogVerdict.ALLOWED if decision.allowed else LogVerdict.REFUSED
        if strict != lenient and decide(request, lenient).allowed != decision.allowed:
            verdict = LogVerdict.UNTOLD
        return DecidedRequest(request, strict, verdict, decision)

    def _policies(
        self,
        request: AuthorizationRequest,
        role: DeployedRole | None,
        untold: _Untold,
        settled: frozenset[Statement],
        *,
        lenient: bool,
    ) -> PolicySet:
        def settled_policies(policies: tuple[NamedPolicy, ...]) -> tuple[NamedPolicy, ...]:
            if not untold:
                return policies
            return tuple(NamedPolicy(one.name, without_untold(one.document, untold, settled, lenient=lenient)) for one in policies)

        guardrails = self._deployment.guardrails
        unknown = (_EVERYTHING,) if lenient else ()
        # Of a principal that the deployment does not make, the policies are not known: all or nothing.
        identity, boundary = (settled_policies(role.policies), role.boundary) if role is not None else (unknown, None)
        if role is not None and role.unread:
            identity = (*identity, _EVERYTHING if lenient else _NOTHING)
        if isinstance(boundary, str):
            boundary = unknown
        resource, public_access, endpoint = None, None, guardrails.endpoint
        if request.action.startswith("kms:"):
            # S3 asks KMS from inside AWS: that request goes through no endpoint for S3.
            resource, endpoint = settled_policies((self._deployment.key(request.resource).policy,)), None
        elif (arn := Arn.parse(request.resource)) is not None and (bucket := self._buckets.get(arn.bucket)) is not None:
            public_access = bucket.public_access
            resource = settled_policies((bucket.policy,)) if bucket.policy is not None else None
            if not bucket.known:
                resource = (*(resource or ()), _EVERYTHING_OF_BUCKETS if lenient else _NOTHING)
        return PolicySet(
            identity=identity,
            resource=resource,
            boundary=settled_policies(boundary) if boundary is not None else None,
            endpoint=settled_policies(endpoint) if endpoint is not None else None,
            scps=tuple(map(settled_policies, guardrails.scps)),
            rcps=tuple(map(settled_policies, guardrails.rcps)),
            public_access=public_access,
        )

    def _call(self, row: Mapping[str, Value]) -> S3Call | None:
        """The call of the row; None where the log leaves out what it is about, as CloudTrail does for DeleteObjects."""
        operation = SIDES.get((str(row["operation"]), str(row["part"])), str(row["operation"]))
        key, source_key = _text(row["object_key"]), _text(row["source_key"])
        known = OPERATIONS[operation]
        if (known.target is On.OBJECT and key is None) or any(need.per_key for need in known.needs):
            return None
        if source_key is None and any(need.on is On.SOURCE for need in known.needs):
            return None
        parameters = {
            name: value
            for name, column in (("prefix", "prefix"), ("delimiter", "delimiter"), ("max-keys", "max_keys"))
            if (value := _text(row[column])) is not None
        }
        source = CopySource(str(row["source_bucket"]), source_key, _text(row["source_version"])) if source_key is not None else None
        bucket, version = str(row["bucket"] or ""), _text(row["version_id"])
        return S3Call(operation, bucket, key or "", version, parameters, headers_sent(row["headers"]), source)

    def _target(self, call: S3Call) -> S3Target:
        here, there = self._buckets.get(call.bucket), self._buckets.get(call.source.bucket if call.source else "")
        return S3Target(here.account if here else "", _object(here), _object(there), there.account if there else "")

    def _untold(self, found: RequestClass, request: AuthorizationRequest, caller: Caller) -> frozenset[str]:
        """The keys of the policies that the request may have had, and that the log does not have."""
        row = found.row
        kind = caller.principal.kind
        logged_keys = {name.lower() for name in request.context} | _LISTING_KEYS
        for source in KEY_COLUMNS:
            of_upload = source.name == "headers" and row["operation"] in UPLOAD_PARTS
            if not of_upload and source.keys(*(row[column] for column in source.columns)) is not None:
                logged_keys |= {key for key in self._keys if source.has(key)}
        if found.session is not None or kind is not PrincipalKind.ROLE_SESSION:
            logged_keys |= {key for key in self._keys if is_session_key(key)}
        return frozenset(key for key in self._keys - logged_keys if presence(key, kind, request.action) is not Presence.NEVER)


def _object(bucket: DeployedBucket | None) -> ObjectFacts:
    return ObjectFacts() if bucket is None else ObjectFacts(kms_key=bucket.key, bucket_key=bucket.bucket_key)


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _condition_keys(document: PolicyDocument) -> Iterable[str]:
    for statement in document.statements:
        yield from (line.key for line in statement.conditions)
        for text in (*(statement.resources or ()), *(statement.not_resources or ())):
            yield from _variables(text)
        for line in statement.conditions:
            for text in line.values:
                yield from _variables(text)


def _variables(text: str) -> Iterable[str]:
    return (part.key for part in parse_pattern(text) if isinstance(part, Variable)) if "${" in text else ()


@lru_cache(maxsize=4096)
def without_untold(
    document: PolicyDocument, untold: _Untold, settled: frozenset[Statement] = frozenset(), *, lenient: bool
) -> PolicyDocument:
    """The document with every test of an untold key answered: for the caller where `lenient`, else against.

    A statement of `settled` that has such a test is known not to have applied.
    """
    statements = (
        _answered(statement, untold, met=lenient == (statement.effect is Effect.ALLOW) and statement not in settled)
        for statement in document.statements
    )
    return replace(document, statements=tuple(statement for statement in statements if statement is not None))


def _answered(statement: Statement, untold: _Untold, *, met: bool) -> Statement | None:
    """The statement with its untold tests met (left out), or None where they are not."""

    def is_untold(text: str) -> bool:
        return any(key.lower() in untold for key in _variables(text))

    lines = [line for line in statement.conditions if line in untold or line.key.lower() in untold or any(map(is_untold, line.values))]
    listed = (*(statement.resources or ()), *(statement.not_resources or ()))
    if not lines and not any(map(is_untold, listed)):
        return statement
    if not met:
        kept = tuple(text for text in statement.resources or () if not is_untold(text))
        return None if lines or not kept else replace(statement, resources=kept)
    resources = statement.resources and tuple(_anything(text, untold) for text in statement.resources)
    not_resources = statement.not_resources and tuple(text for text in statement.not_resources if not is_untold(text))
    if statement.not_resources and not not_resources:
        resources, not_resources = ("*",), None
    conditions = tuple(
        replace(line, values=tuple(_anything(text, untold) for text in line.values)) if line in lines else line
        for line in statement.conditions
        if line not in lines or (line.operator in _PATTERN_OPERATORS and line.key.lower() not in untold)
    )
    return replace(statement, resources=resources, not_resources=not_resources, conditions=conditions)


def _anything(text: str, untold: _Untold) -> str:
    """The pattern with `*` for each untold variable."""
    for key in set(_variables(text)):
        if key.lower() in untold:
            text = text.replace(f"${{{key}}}", "*")
    return text
