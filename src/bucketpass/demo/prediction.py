"""What AWS should answer to an attempt, from the declaration alone: nothing here asks the sandbox's STS, IAM or S3.

The token is verified with the issuer's public keys; then `decide` takes the compiled trust, role and bucket policies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bucketpass.aws.arn import bucket_arn, object_arn, partition_of_region
from bucketpass.aws.operations import OPERATIONS, On
from bucketpass.compile.plan import BucketPlan, Plan, RolePlan, key_placeholder
from bucketpass.decide import Decision, Layers, NamedPolicy, Request, decide
from bucketpass.decide.assume_role import Provider, Role, Session, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.demo.story import Attempt, Call
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

__all__ = ["Page", "Prediction", "predict"]

SESSION_NAME = "demo"

# The document at a URL of an issuer, None where there is none.
Page = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Whether it is allowed, and the reason in one line."""

    allowed: bool
    reason: str


def predict(attempt: Attempt, plan: Plan, token: Secret, page: Page, now: datetime) -> Prediction:
    """What AWS should answer to the attempt when it shows this token at this time."""
    claims = _verified_claims(token, page, now)
    if isinstance(claims, str):
        return Prediction(False, claims)
    role = next(role for role in plan.roles if role.service == attempt.service)
    assumption = assume_role_with_web_identity(_question(plan, role, claims))
    if assumption.session is None:
        denied = [decision.reason for _, decision in assumption.decisions if not decision.allowed]
        return Prediction(False, denied[0] if denied else assumption.error.message if assumption.error else "refused")
    if attempt.session_over:
        return Prediction(False, "the session has ended")
    decisions = [
        decide(request, layers)
        for call in attempt.calls
        for request, layers in _requests(call, plan, role, assumption.session, plain_http=attempt.plain_http)
    ]
    return _all_of(decisions)


def _all_of(decisions: list[Decision]) -> Prediction:
    denied = [decision for decision in decisions if not decision.allowed]
    return Prediction(not denied, (denied or decisions)[0].reason) if decisions else Prediction(True, "the trust policy admits the token")


def _verified_claims(token: Secret, page: Page, now: datetime) -> dict[str, object] | str:
    """The token's claims, or why it is no valid token."""
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


def _question(plan: Plan, role: RolePlan, claims: Mapping[str, object]) -> WebIdentityRequest:
    provider = next((provider for provider in plan.providers if provider.url == claims["iss"]), None)
    return WebIdentityRequest(
        issuer_url=str(claims["iss"]),
        claims=claims,
        role=Role(role.arn, NamedPolicy(f"trust policy of {role.name}", role.trust.document), max_session_seconds=role.max_session_seconds),
        provider=None if provider is None else Provider(provider.arn, provider.url, provider.client_ids),
        session_name=SESSION_NAME,
    )


def _requests(call: Call, plan: Plan, role: RolePlan, session: Session, *, plain_http: bool) -> list[tuple[Request, Layers]]:
    """Each action that the call needs, with the layers that stand before it."""
    bucket = plan.buckets[0]
    identity = tuple(NamedPolicy(policy.name, policy.document.document) for policy in role.policies)
    transport = {"aws:SecureTransport": "false"} if plain_http else {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
    listing = {"s3:prefix": call.key} if call.operation.startswith("ListObjects") else {}
    resources = {
        On.BUCKET: bucket_arn(plan.target.partition, bucket.bucket),
        On.OBJECT: object_arn(plan.target.partition, bucket.bucket, call.key),
        On.KEY: key_placeholder(bucket.name),
    }
    asked = []
    for need in OPERATIONS[call.operation].needs:
        if need.headers or (need.on is On.KEY and bucket.key is None):
            continue
        on_key = need.on is On.KEY
        context = transport | (_key_context(plan, bucket) if on_key else listing)
        policy = plan.keys[0].policy if on_key else bucket.policy
        words = "key policy" if on_key else "bucket policy"
        request = session.request(need.action, resources[need.on], context, resource_account=plan.target.account)
        asked.append((request, Layers(identity, (NamedPolicy(f"{words} of {bucket.name}", policy.document),))))
    return asked


def _key_context(plan: Plan, bucket: BucketPlan) -> dict[str, str]:
    """What KMS knows of a request that S3 makes for the caller, with a Bucket Key."""
    suffix = partition_of_region(plan.target.region).dns_suffix
    return {"kms:ViaService": f"s3.{plan.target.region}.{suffix}", "kms:EncryptionContext:aws:s3:arn": bucket.arn}
