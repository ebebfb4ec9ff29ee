"""Every decision of the sandbox: the layers are put together from what is deployed now, and `decide` answers.

There is no rule of its own here but one of AWS's account: its root user can mend a bucket policy that locks everybody out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache

from bucketpass.decide import (
    AuthorizationRequest,
    ContextValue,
    Decision,
    NamedPolicy,
    PolicySet,
    PolicyType,
    PreparedPolicySet,
    PrincipalKind,
    PublicAccessBlock,
    decide,
    prepare,
)
from bucketpass.errors import PolicyError
from bucketpass.policy import parse_policy
from bucketpass.policy.document import PolicyDocument
from bucketpass.sandbox.credentials import Caller
from bucketpass.sandbox.events import Judgement
from bucketpass.sandbox.state import Bucket, Key, Policies, State
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal

__all__ = ["Judge", "denial", "parse_stored"]

MAX_REMEMBERED = 4096

_ADMINISTRATOR = Policies((("AdministratorAccess", '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'),))

# S3 user guide, "Bucket policies": the root user can do these even where the bucket policy denies them [A].
_ROOT_MENDS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})


class Judge:
    """Decides requests by the policies that are stored in `state`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._remembered: dict[object, tuple[Caller, int, PreparedPolicySet]] = {}

    def on_bucket(self, caller: Caller, action: str, resource: str, context: Mapping[str, ContextValue], bucket: Bucket) -> Judgement:
        """What AWS would answer about a bucket or an object in it."""
        if caller.principal.kind is PrincipalKind.ROOT and action in _ROOT_MENDS:
            return self.on_account(caller, action, resource, context)
        block = PublicAccessBlock(
            bucket.block_public_acls, bucket.ignore_public_acls, bucket.block_public_policy, bucket.restrict_public_buckets
        )
        policy = (f"bucket policy of {bucket.name}", bucket.policy) if bucket.policy is not None else None
        return self._judge(AuthorizationRequest(caller.principal, action, resource, context, self._state.account), caller, policy, block)

    def on_key(self, caller: Caller, action: str, key: Key, context: Mapping[str, ContextValue]) -> Judgement:
        """What AWS would answer about a KMS key."""
        policy = f"key policy of {key.arn.rpartition('/')[2]}", key.policy
        return self._judge(AuthorizationRequest(caller.principal, action, key.arn, context, self._state.account), caller, policy)

    def on_role(self, caller: Caller, action: str, arn: str, trust: str, context: Mapping[str, ContextValue]) -> Judgement:
        """What AWS would answer to a principal of the account that asks for a role."""
        policy = f"trust policy of {arn.rpartition('/')[2]}", trust
        return self._judge(AuthorizationRequest(caller.principal, action, arn, context, self._state.account), caller, policy)

    def on_account(self, caller: Caller, action: str, resource: str, context: Mapping[str, ContextValue]) -> Judgement:
        """What AWS would answer about a resource that has no policy of its own."""
        return self._judge(AuthorizationRequest(caller.principal, action, resource, context, self._state.account), caller, None)

    def _judge(
        self, request: AuthorizationRequest, caller: Caller, policy: tuple[str, str] | None, block: PublicAccessBlock | None = None
    ) -> Judgement:
        try:
            decision = decide(request, self._layers(caller, policy, block))
        except PolicyError as problem:
            # SECURITY: what cannot be decided is refused, never passed through.
            decision = Decision(allowed=False, explicit_deny=False, reason=f"a stored policy cannot be read: {problem}")
        return Judgement(request.action, request.resource, decision)

    def _layers(self, caller: Caller, policy: tuple[str, str] | None, block: PublicAccessBlock | None) -> PreparedPolicySet:
        """The layers, prepared; remembered until something is deployed or the caller is another."""
        key, generation = (id(caller), policy, block), self._state.generation
        remembered = self._remembered.get(key)
        if remembered is not None and remembered[0] is caller and remembered[1] == generation:
            return remembered[2]
        stored = self._policies(caller)
        session = caller.session.policies if caller.session is not None else None
        layers = prepare(
            PolicySet(
                identity=_named(stored.documents),
                resource=_named((policy,)) if policy is not None else None,
                boundary=_named((stored.boundary,)) if stored.boundary is not None else None,
                session=None if session is None else tuple(NamedPolicy(f"session policy {n}", text) for n, text in enumerate(session, 1)),
                public_access=block,
            )
        )
        with self._lock:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = caller, generation, layers
        return layers

    def _policies(self, caller: Caller) -> Policies:
        if caller.administrator:
            return _ADMINISTRATOR
        if caller.session is not None:
            role = self._state.role(caller.session.role_name)
            # SECURITY: a session of a role that was deleted and made anew is not a session of the new role.
            return role.policies if role is not None and role.id == caller.session.role_id else Policies(())
        return (self._state.user_policies(caller.user_name) if caller.user_name else None) or Policies(())


def _named(documents: tuple[tuple[str, str], ...]) -> tuple[NamedPolicy, ...]:
    return tuple(NamedPolicy(name, parse_stored(text)) for name, text in documents)


@lru_cache(maxsize=1024)
def parse_stored(text: str) -> PolicyDocument:
    """The document of a stored text; the same text gives the same value. Raises PolicyError."""
    return parse_policy(text)


_WORDS = {
    PolicyType.RCP: "resource control policy",
    PolicyType.SCP: "service control policy",
    PolicyType.ENDPOINT: "VPC endpoint policy",
    PolicyType.PUBLIC_ACCESS: "Block Public Access setting",
    PolicyType.RESOURCE: "resource-based policy",
    PolicyType.IDENTITY: "identity-based policy",
    PolicyType.BOUNDARY: "permissions boundary",
    PolicyType.SESSION: "session policy",
}


def denial(caller: Caller, judgement: Judgement, protocol: Protocol) -> AwsError:
    """The refusal in AWS's words: who may not do what on which resource, and which kind of policy is the reason."""
    decision, action = judgement.decision, judgement.action
    kind = _WORDS[decision.blocked_by[0]] if decision.blocked_by else "identity-based policy"
    article = "an" if kind[0] in "ai" else "a"
    why = f"with an explicit deny in {article} {kind}" if decision.explicit_deny else f"because no {kind} allows the {action} action"
    message = f'User: {caller.arn or "anonymous"} is not authorized to perform: {action} on resource: "{judgement.resource}" {why}'
    return refusal(Problem.ACCESS_DENIED, protocol, message)
