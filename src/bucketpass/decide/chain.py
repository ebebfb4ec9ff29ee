"""The whole way in one call: a token, the role that it asks for, and the S3 call that the session then makes.

::

    chain = decide_chain(asked, S3Call("GetObject", "datasets", "raw/1"), lambda question: layers)
    chain.allowed, chain.reason
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bucketpass.aws.arn import Arn
from bucketpass.aws.operations import On
from bucketpass.decide.assume_role import Assumption, Session, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.calls import Question, S3Call, questions
from bucketpass.decide.layers import decide
from bucketpass.decide.ownership import AclRefusal, acl_refusal
from bucketpass.decide.policy_set import Decision, PolicySet
from bucketpass.requests.request import AuthorizationRequest, ContextValue

__all__ = ["Chain", "Step", "decide_call", "decide_chain", "decide_questions"]


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the call, as it was put and as it was answered."""

    question: Question
    request: AuthorizationRequest
    layers: PolicySet
    decision: Decision


@dataclass(frozen=True, slots=True)
class Chain:
    """The answer to the token, and where there was a session, to each question of the call.

    `refusal` is what S3 says to an ACL that it does not take, whatever the policies allow.
    """

    assumption: Assumption
    steps: tuple[Step, ...]
    refusal: AclRefusal | None = None

    @property
    def allowed(self) -> bool:
        """Whether the token gets the role and the session may do all that the call needs."""
        # SECURITY: a call of which nothing is asked has not been allowed by anything.
        asked = bool(self.steps) and self.refusal is None
        return self.assumption.allowed and asked and all(step.decision.allowed for step in self.steps)

    @property
    def reason(self) -> str:
        """Why, in one line: of what was refused first, or of the last that was allowed."""
        if self.assumption.error is not None:
            return f"{self.assumption.error.code}: {self.assumption.error.message}"
        if self.refusal is not None:
            return f"{self.refusal.code}: {self.refusal.message}"
        refused = next((step for step in self.steps if not step.decision.allowed), None)
        told = refused or (self.steps[-1] if self.steps else None)
        return f"{told.question.action} {told.decision.reason}" if told is not None else "nothing was asked"


def decide_chain(
    asked: WebIdentityRequest,
    call: S3Call,
    layers_of: Callable[[Question], PolicySet],
    *,
    context: Mapping[str, ContextValue] | None = None,
    resource_account: str = "",
) -> Chain:
    """What becomes of the token and the call.

    `layers_of` gives the policies that stand before a question's resource; `resource_account` owns the bucket, where that is
    another account than the role's. A key's account stands in its ARN.
    """
    assumption = assume_role_with_web_identity(asked)
    if assumption.session is None:
        return Chain(assumption, ())
    return decide_call(assumption, assumption.session, call, layers_of, context=context, resource_account=resource_account)


def decide_call(
    assumption: Assumption,
    session: Session,
    call: S3Call,
    layers_of: Callable[[Question], PolicySet],
    *,
    context: Mapping[str, ContextValue] | None = None,
    resource_account: str = "",
) -> Chain:
    """What becomes of the call of a session that there is."""
    steps = decide_questions(session, call, layers_of, context=context, resource_account=resource_account)
    return Chain(assumption, steps, acl_refusal(call.headers, call.ownership, call.public_access))


def decide_questions(
    session: Session,
    call: S3Call,
    layers_of: Callable[[Question], PolicySet],
    *,
    context: Mapping[str, ContextValue] | None = None,
    resource_account: str = "",
) -> tuple[Step, ...]:
    """The answer to each question of the call, in the order in which S3 asks them."""
    steps = []
    for question in questions(call):
        arn = Arn.parse(question.resource)
        owner = (arn.account if arn is not None else "") or resource_account or session.principal.account
        keys = {**_usual_keys(question, session, call, owner), **(context or {}), **question.context}
        request = session.request(question.action, question.resource, keys, resource_account=owner)
        layers = layers_of(question)
        steps.append(Step(question, request, layers, decide(request, layers)))
    return tuple(steps)


def _usual_keys(question: Question, session: Session, call: S3Call, owner: str) -> dict[str, ContextValue]:
    """What AWS sets on every request. S3 asks KMS on the caller's behalf, as a service of AWS [K]."""
    on_key = question.on in (On.KEY, On.SOURCE_KEY)
    service: dict[str, ContextValue] = {"kms:CallerAccount": session.principal.account} if on_key else {"s3:ResourceAccount": owner}
    return service | {
        "aws:RequestedRegion": call.region,
        "aws:ResourceAccount": owner,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": str(on_key).lower(),
    }
