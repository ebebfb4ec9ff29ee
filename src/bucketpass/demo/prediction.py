"""What AWS should answer to an attempt, from the declaration alone: nothing here sends a request to the sandbox's STS, IAM or S3.

The token is verified with the issuer's public keys; then `decide` takes the compiled trust, role and bucket policies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bucketpass.compile.plan import Plan, TracedDocument
from bucketpass.decide import StatementRef
from bucketpass.demo.story import BUCKET, Attempt, AttemptedCall
from bucketpass.deployment import deployment_of
from bucketpass.deployment.calls import DescribedCall, ExplainedCall, call_of, explain_call, role_named
from bucketpass.requests.request import Connection
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

__all__ = ["Page", "Prediction", "predict"]

# The document at a URL of an issuer, None where there is none.
Page = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Whether it is allowed, and the reason in one line."""

    allowed: bool
    reason: str


def predict(attempt: Attempt, plan: Plan, token: Secret, page: Page, now: datetime) -> Prediction:
    """Return what AWS should answer to the attempt with this token at this time."""
    claims = _verified_claims(token, page, now)
    if isinstance(claims, str):
        return Prediction(False, claims)
    answers = _answers(attempt, plan, claims, now)
    if not answers[0].decision.session.allowed:
        return Prediction(False, _why_token_refused(answers[0]))
    if attempt.session_over:
        return Prediction(False, "the session has ended")
    if not attempt.calls:
        return Prediction(True, "the trust policy admits the token")
    denied = next((found for found in answers if not found.decision.allowed), None)
    return Prediction(denied is None, _why_allowed(answers[0], plan) if denied is None else _why_denied(denied, plan))


def _answers(attempt: Attempt, plan: Plan, claims: Mapping[str, object], now: datetime) -> tuple[ExplainedCall, ...]:
    """The answer to each call; without calls, to one that any session may try, for the sake of the token."""
    deployment = deployment_of(plan)
    role = role_named(deployment, attempt.service)
    connection = Connection(plan.target.region, secure=not attempt.plain_http, time=now)
    calls = [call_of(call.operation, f"s3://{BUCKET}/{call.key}") for call in attempt.calls or (AttemptedCall("HeadBucket", ""),)]
    return tuple(explain_call(DescribedCall(deployment, role, call, claims, connection)) for call in calls)


def _why_allowed(found: ExplainedCall, plan: Plan) -> str:
    """The grants that the deciding statements come from."""
    statements = [ref for step in found.decision.requests for ref in step.decision.statements]
    words = [origin for ref in statements for origin in _origins(ref, plan)]
    return words[0] if words else found.decision.reason


def _why_token_refused(found: ExplainedCall) -> str:
    """The finding about the token, or the first element of the trust policy that it does not match."""
    for fault in found.faults:
        if fault.sufficient:
            return f"{fault.finding.code}: {fault.finding.message}"
    mismatches = [
        one.mismatch for trust in found.trust for layer in trust.policy_types for one in layer.statements if one.mismatch is not None
    ]
    if not mismatches:
        return found.decision.reason
    return "the role trusts another identity provider" if mismatches[0].element == "Principal" else str(mismatches[0])


def _why_denied(found: ExplainedCall, plan: Plan) -> str:
    """The guard rail that denies, or which grant is missing."""
    step = next(step for step in found.decision.requests if not step.decision.allowed)
    if step.decision.explicit_deny:
        return "; ".join(words for ref in step.decision.statements for words in _origins(ref, plan)) or step.decision.reason
    prefix = step.request.context.get("s3:prefix")
    where = (
        "the whole bucket"
        if prefix in (None, "") and step.request.action == "s3:ListBucket"
        else prefix or f"s3://{step.request.resource.rpartition(':')[2]}"
    )
    return f"no grant covers {step.request.action} on {where}"


def _origins(ref: StatementRef, plan: Plan) -> list[str]:
    """The parts of the declaration that the statement comes from, described."""
    documents: dict[str, TracedDocument] = {f"bucket policy of {bucket.name}": bucket.policy for bucket in plan.buckets}
    documents |= {f"policy {policy.name} of {role.name}": policy.document for role in plan.roles for policy in role.policies}
    traced = documents.get(ref.policy)
    return [] if traced is None else [origin.words for origin in traced.statements[ref.index].origins]


def _verified_claims(token: Secret, page: Page, now: datetime) -> dict[str, object] | str:
    """The token's claims, or why it is not valid."""
    from joserfc import jws
    from joserfc.errors import JoseError

    # The issuer that the token names says where its keys are; whether that issuer is trusted is for the policies.
    unverified_claims: dict[str, object] = json.loads(jws.extract_compact(token.reveal().encode()).payload)
    try:
        # SECURITY: the algorithms are named here, never taken from the token.
        jws.deserialize_compact(token.reveal(), _public_keys(str(unverified_claims["iss"]), page), algorithms=["RS256", "ES256"])
    except (JoseError, ValueError) as error:
        return f"the issuer did not sign this token ({type(error).__name__})"
    verified_claims = unverified_claims
    expires = verified_claims.get("exp")
    if not isinstance(expires, int) or expires <= now.timestamp():
        return "the token has expired"
    return verified_claims


def _public_keys(issuer: str, page: Page) -> KeySet:
    """The issuer's keys, as its discovery document says where they are."""
    from joserfc.jwk import KeySet

    configuration = json.loads(page(f"{issuer}/.well-known/openid-configuration") or "{}")
    return KeySet.import_key_set(json.loads(page(configuration["jwks_uri"]) or "{}"))
