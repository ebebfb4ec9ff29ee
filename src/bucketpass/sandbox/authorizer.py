"""Every decision of the sandbox: the policies that apply are those that are deployed now, and `decide` decides.

It adds one rule of AWS's account: its root user can repair a bucket policy that denies everybody.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from bucketpass.decide import (
    AuthorizationRequest,
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
from bucketpass.memo import Memo
from bucketpass.policy import parse_policy
from bucketpass.policy.document import PolicyDocument
from bucketpass.sandbox.credentials import Requester
from bucketpass.sandbox.events import AuthorizationResult
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.state import State, StoredPolicies
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal

__all__ = ["Authorizer", "denial", "parse_stored"]

MAX_REMEMBERED = 4096

_ADMINISTRATOR = StoredPolicies((("AdministratorAccess", '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'),))
_GONE = StoredPolicies((("the role of this session, which is gone", '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'),))
# SECURITY: the policy of a role or key that does not exist, so that nobody learns which ones do.
_TRUSTS_NOBODY = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"nobody.amazonaws.com"},"Action":"sts:AssumeRole"}]}'

# S3 user guide, "Bucket policies": the root user can do these even where the bucket policy denies them [A].
_ROOT_REPAIRS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})

# The policy of a resource by its name, None where it has none.
_ResourcePolicy = tuple[str, str] | None


class Authorizer:
    """Decides requests by the policies that are stored in `state`. With `audit` what is denied is recorded, and let through."""

    def __init__(self, state: State, *, audit: bool = False) -> None:
        self._state = state
        self._audit = audit
        self._lock = threading.Lock()
        self._remembered: dict[object, tuple[Requester, int, PreparedPolicySet]] = {}

    def require(self, exchange: Exchange, request: AuthorizationRequest) -> None:
        """Record the decision. Raises AccessDenied where the request is not allowed and decisions are enforced.

        Raises S3's own error for what is allowed and S3 does not take from this account.
        """
        result = self.decide(exchange.requester, request)
        exchange.authorizations.append(result)
        if (refused := result.decision.refusal) is not None:
            raise AwsError(refused.code, refused.message, 405)
        if not result.decision.allowed and not self._audit:
            raise denial(exchange.requester, result, exchange.protocol)

    def decide(self, requester: Requester, request: AuthorizationRequest) -> AuthorizationResult:
        """Return what AWS would decide."""
        try:
            decision = decide(request, self._policies_for(requester, *self._resource(request)))
        except PolicyError as problem:
            # SECURITY: what cannot be decided is refused, never passed through.
            decision = Decision(allowed=False, explicit_deny=False, reason=f"a stored policy cannot be read: {problem}")
        return AuthorizationResult(request.action, request.resource, decision)

    # ---- the policy of the resource, by the service of the action

    def _resource(self, request: AuthorizationRequest) -> tuple[_ResourcePolicy, PublicAccessBlock | None]:
        match request.action.partition(":")[0]:
            case "s3":
                return self._of_bucket(request)
            case "kms" if request.resource != "*":
                key = self._state.key_of_arn(request.resource)
                return (f"key policy of {request.resource.rpartition('/')[2]}", key.policy if key is not None else _TRUSTS_NOBODY), None
            case "sts":
                name = request.resource.rpartition("/")[2]
                owner = self._state.known(request.resource_account)
                role = owner.role(name) if owner is not None else None
                trusted = role is not None and role.arn == request.resource
                return (f"trust policy of {name}", role.trust if role is not None and trusted else _TRUSTS_NOBODY), None
        return None, None

    def _of_bucket(self, request: AuthorizationRequest) -> tuple[_ResourcePolicy, PublicAccessBlock | None]:
        repairs = request.principal.kind is PrincipalKind.ROOT and request.principal.account == request.resource_account
        if request.action == "s3:CreateBucket" or (repairs and request.action in _ROOT_REPAIRS):
            return None, None
        if (name := request.resource.partition(":accesspoint/")[2]) and ":::" not in request.resource:
            return self._of_access_point(request.resource_account, name.partition("/")[0])
        bucket = self._state.bucket(request.resource.partition(":::")[2].partition("/")[0])
        if bucket is None:
            return None, None
        return _of_settings(bucket)

    def _of_access_point(self, account: str, name: str) -> tuple[_ResourcePolicy, PublicAccessBlock | None]:
        owner = self._state.known(account)
        point = owner.access_point(name) if owner is not None else None
        if point is None or point.policy is None:
            return None, None
        block = PublicAccessBlock(restrict_public_buckets=point.restrict_public_buckets)
        return (f"policy of access point {name}", point.policy), block

    # ---- all policies that apply

    def _policies_for(self, requester: Requester, policy: _ResourcePolicy, block: PublicAccessBlock | None) -> PreparedPolicySet:
        """The policies, prepared; remembered until something is deployed or the requester is another."""
        key, generation = (id(requester), policy, block), self._state.generation
        remembered = self._remembered.get(key)
        if remembered is not None and remembered[0] is requester and remembered[1] == generation:
            return remembered[2]
        stored = self._identity_policies(requester)
        session = requester.session.policies if requester.session is not None else None
        prepared = prepare(
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
            self._remembered[key] = requester, generation, prepared
        return prepared

    def _identity_policies(self, requester: Requester) -> StoredPolicies:
        if requester.administrator:
            return _ADMINISTRATOR
        state = self._state.known(requester.principal.account) or self._state
        if requester.session is not None and requester.session.role_name:
            role = state.role(requester.session.role_name)
            # SECURITY: a session of a role that was deleted, or made anew, is nobody's, also where a bucket policy still names it.
            return role.policies if role is not None and role.id == requester.session.role_id else _GONE
        name, session = requester.caller.user_name, requester.session
        if session is not None and state.unique_id(requester.arn) != session.role_id:
            return _GONE
        return (state.user_policies(name) if name else None) or StoredPolicies(())


def _policy_and_block(bucket: StoredBucket) -> tuple[_ResourcePolicy, PublicAccessBlock | None]:
    block = PublicAccessBlock(
        bucket.block_public_acls, bucket.ignore_public_acls, bucket.block_public_policy, bucket.restrict_public_buckets
    )
    return (f"bucket policy of {bucket.name}", bucket.policy) if bucket.policy is not None else None, block


_of_settings = Memo(_policy_and_block, size=MAX_REMEMBERED)


def _named(documents: tuple[tuple[str, str], ...]) -> tuple[NamedPolicy, ...]:
    return tuple(NamedPolicy(name, parse_stored(text)) for name, text in documents)


@lru_cache(maxsize=1024)
def parse_stored(text: str) -> PolicyDocument:
    """Return the document of a stored text; the same text gives the same value. Raises PolicyError."""
    return parse_policy(text)


def denial(requester: Requester, result: AuthorizationResult, protocol: Protocol) -> AwsError:
    """Return the refusal in AWS's words: who may not do what on which resource, and which policy type is the reason."""
    decision, action = result.decision, result.action
    kind = (decision.blocked_by[0] if decision.blocked_by else PolicyType.IDENTITY).value
    article = "an" if kind[0] in "ai" else "a"
    why = f"with an explicit deny in {article} {kind}" if decision.explicit_deny else f"because no {kind} allows the {action} action"
    message = f'User: {requester.arn or "anonymous"} is not authorized to perform: {action} on resource: "{result.resource}" {why}'
    return refusal(Problem.ACCESS_DENIED, protocol, message)
