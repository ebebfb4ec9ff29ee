"""The decision on a whole S3 call: each authorization request that it makes, over the policies of that request's resource.

::

    session = assume_role_with_web_identity(asked)
    decided = decide_call(session, S3Call("GetObject", "datasets", "raw/1"), S3Target(), lambda request: policies)
    decided.allowed, decided.reason
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bucketpass.decide.assume_role import SessionDecision
from bucketpass.decide.evaluation import decide
from bucketpass.decide.ownership import ObjectOwnership, acl_refusal
from bucketpass.decide.policy_set import Decision, PolicySet, PublicAccessBlock, S3Refusal
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection
from bucketpass.requests.s3 import S3Call, S3Target, authorization_requests

__all__ = ["CallDecision", "RequestDecision", "decide_call"]


@dataclass(frozen=True, slots=True)
class RequestDecision:
    """One authorization request of a call, the policies that apply to it, and the decision."""

    request: AuthorizationRequest
    policies: PolicySet
    decision: Decision


@dataclass(frozen=True, slots=True)
class CallDecision:
    """The decision on the session, and where there is one, on each request of the call.

    `refusal` is S3's error for what it does not take whatever the policies allow: an ACL, another account.
    """

    session: SessionDecision
    requests: tuple[RequestDecision, ...] = ()
    refusal: S3Refusal | None = None

    @property
    def allowed(self) -> bool:
        """True if there is a session and it may do all that the call needs."""
        # SECURITY: a call that makes no request has not been allowed by anything.
        decided = bool(self.requests) and self.refusal is None
        return self.session.allowed and decided and all(one.decision.allowed for one in self.requests)

    @property
    def reason(self) -> str:
        """Why, in one line: of the first request that is refused, or of the last that is allowed."""
        refusal = self.session.error or self.refusal
        if refusal is not None:
            return f"{refusal.code}: {refusal.message}"
        if not self.requests:
            return "the call makes no authorization request"
        shown = next((one for one in self.requests if not one.decision.allowed), self.requests[-1])
        decision = shown.decision
        # What no policy allows names the action itself.
        names_action = not (decision.allowed or decision.explicit_deny)
        return decision.reason if names_action else f"{shown.request.action} is {decision.reason}"


def decide_call(
    session: SessionDecision,
    call: S3Call,
    target: S3Target,
    policies_of: Callable[[AuthorizationRequest], PolicySet],
    connection: Connection = OVER_TLS,
    *,
    ownership: ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED,
    public_access: PublicAccessBlock | None = None,
) -> CallDecision:
    """Return the decision on the session's call. `policies_of` gives the policies that apply to a request.

    ownership, public_access: the bucket's; None where Block Public Access is not known.
    """
    if session.session is None:
        return CallDecision(session)
    decided = []
    for request in authorization_requests(call, target, session.session.caller, connection):
        policies = policies_of(request)
        decided.append(RequestDecision(request, policies, decide(request, policies)))
    refusal = acl_refusal(call.headers, ownership, public_access)
    if refusal is None and not any(one.decision.blocked_by for one in decided):
        refusal = next((one.decision.refusal for one in decided if one.decision.refusal is not None), None)
    return CallDecision(session, tuple(decided), refusal)
