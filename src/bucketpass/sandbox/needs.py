"""What an S3 request needs to be allowed, and the decision on each: the table of operations put to the judge.

The table is `bucketpass.aws.operations`; here its needs meet the request's bucket, object, copy source and keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.aws.arn import bucket_arn, object_arn
from bucketpass.aws.operations import COPIED_TAGS, OPERATIONS, Need, On
from bucketpass.clock import Clock
from bucketpass.decide import ContextValue
from bucketpass.sandbox.address import CopySource, S3Address
from bucketpass.sandbox.context import Asked, key_context, principal_context, request_context, s3_context
from bucketpass.sandbox.events import Judgement
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.judge import Judge, denial
from bucketpass.sandbox.keys import ManagedKey, usable_key
from bucketpass.sandbox.objects.model import SSE_S3, Encryption, ObjectVersion
from bucketpass.sandbox.state import Bucket, State
from bucketpass.sandbox.wire_errors import AwsError, Protocol

__all__ = ["Guard", "Subject"]

_LIST = "s3:ListBucket"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about: its bucket (None for one that is to be made), object and source, and the keys behind them.

    `encryption` is that of the object which is read or will be written.
    """

    address: S3Address
    bucket: Bucket | None
    found: ObjectVersion | None = None
    encryption: Encryption = SSE_S3
    source: ObjectVersion | None = None
    source_name: CopySource | None = None
    source_bucket: Bucket | None = None


class Guard:
    """Lets an S3 request through where everything that it needs is allowed."""

    def __init__(self, state: State, judge: Judge, clock: Clock) -> None:
        self._state = state
        self._judge = judge
        self._clock = clock

    def require(self, exchange: Exchange, subject: Subject) -> None:
        """Everything that the operation needs is allowed. Raises AwsError."""
        needs = [need for need in subject.address.operation.needs if not need.per_key and _applies(need, exchange)]
        directive = exchange.request.header("x-amz-tagging-directive", "COPY")
        if subject.address.operation.name == "CopyObject" and subject.source and subject.source.tags and directive == "COPY":
            needs += COPIED_TAGS
        for need in needs:
            judgement = self._judgement(exchange, subject, need)
            if judgement is not None:
                exchange.judgements.append(judgement)
                if not judgement.decision.allowed:
                    raise denial(exchange.caller, judgement, Protocol.S3)

    def refused_key(self, exchange: Exchange, bucket: Bucket, key: str, asked: Asked) -> AwsError | None:
        """The error of one key of a DeleteObjects request, None where it may be deleted."""
        for need in OPERATIONS[exchange.operation].needs:
            if not _applies(need, exchange):
                continue
            action = need.versioned if asked.version_id and need.versioned else need.action
            judgement = self._on_object(exchange, action, bucket, key, asked)
            exchange.judgements.append(judgement)
            if not judgement.decision.allowed:
                return denial(exchange.caller, judgement, Protocol.S3)
        return None

    def require_listing(self, exchange: Exchange, bucket: Bucket) -> None:
        """The caller may learn which keys there are: only such a caller is told that one is not. Raises AwsError."""
        judgement = self._on_bucket(exchange, _LIST, bucket)
        if not judgement.decision.allowed:
            exchange.judgements.append(judgement)
            raise denial(exchange.caller, judgement, Protocol.S3)

    def _judgement(self, exchange: Exchange, subject: Subject, need: Need) -> Judgement | None:
        version_id = exchange.request.parameters.get("versionId")
        action = need.versioned if version_id and need.versioned else need.action
        address, bucket = subject.address, subject.bucket
        match need.on:
            case On.SERVICE:
                return self._judge.on_account(exchange.caller, action, "*", self._context(exchange, action))
            case On.BUCKET if bucket is None:
                resource = bucket_arn(self._state.partition, address.bucket)
                return self._judge.on_account(exchange.caller, action, resource, self._context(exchange, action))
            case On.BUCKET if bucket is not None:
                return self._on_bucket(exchange, action, bucket)
            case On.OBJECT if bucket is not None:
                return self._on_object(exchange, action, bucket, address.key, Asked(subject.found, version_id))
            case On.SOURCE if subject.source_bucket is not None and subject.source_name is not None:
                name = subject.source_name
                action = need.versioned if name.version_id and need.versioned else need.action
                return self._on_object(exchange, action, subject.source_bucket, name.key, Asked(subject.source, name.version_id))
            case On.KEY if bucket is not None:
                return self._on_key(exchange, action, subject.encryption, bucket.name, address.key)
            case On.SOURCE_KEY if subject.source_name is not None:
                encryption = subject.source.encryption if subject.source else SSE_S3
                return self._on_key(exchange, action, encryption, subject.source_name.bucket, subject.source_name.key)
        # SECURITY: a need that has nothing to be decided on is no reason to let the request pass.
        raise AwsError("InvalidRequest", f"The sandbox cannot decide {need.action} for this request")

    def _on_bucket(self, exchange: Exchange, action: str, bucket: Bucket) -> Judgement:
        resource = bucket_arn(self._state.partition, bucket.name)
        return self._judge.on_bucket(exchange.caller, action, resource, self._context(exchange, action), bucket)

    def _on_object(self, exchange: Exchange, action: str, bucket: Bucket, key: str, asked: Asked) -> Judgement:
        resource = object_arn(self._state.partition, bucket.name, key)
        return self._judge.on_bucket(exchange.caller, action, resource, self._context(exchange, action, asked), bucket)

    def _on_key(self, exchange: Exchange, action: str, encryption: Encryption, bucket: str, object_key: str) -> Judgement | None:
        key = usable_key(self._state, encryption)
        # The key that AWS manages for S3 lets in every principal of the account that comes through S3 [A].
        if key is None or isinstance(key, ManagedKey):
            return None
        context = self._context(exchange, action)
        context |= key_context(
            self._state.partition, self._state.region, self._state.account, bucket, object_key, bucket_key=encryption.bucket_key
        )
        return self._judge.on_key(exchange.caller, action, key, context)

    def _context(self, exchange: Exchange, action: str, asked: Asked = Asked()) -> dict[str, ContextValue]:  # noqa: B008 - frozen
        now = self._clock.now()
        about = s3_context(exchange, action, self._state.account, now, asked)
        return {**about, **request_context(exchange.request, self._state.region, now), **principal_context(exchange.caller)}


def _applies(need: Need, exchange: Exchange) -> bool:
    return not need.headers or any(name in exchange.request.fields for name in need.headers)
