"""Findings about quotas: what is near one, and what is above one that AWS raises on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bucketpass.aws.quotas import (
    BUCKET_POLICY_BYTES,
    PROVIDER_CLIENT_IDS,
    PROVIDERS_PER_ACCOUNT,
    ROLES_PER_ACCOUNT,
)
from bucketpass.compile.check.found import Found
from bucketpass.compile.plan import Plan
from bucketpass.policy import policy_bytes, policy_size

__all__ = ["size_findings"]

NEAR = 0.8
POLICIES_PER_ACCOUNT = 1500  # [B] can be raised


def size_findings(plan: Plan) -> Iterator[Found]:
    """Return what is near a quota or above one that can be raised."""
    for service, count in Counter(role.service for role in plan.roles).items():
        if count > 1:
            whose = "; ".join(f"`{role.name}` takes {role.identity_ranges}" for role in plan.roles if role.service == service)
            message = f"its identities need {count} trust policies, so that it has {count} roles, each for some of them: {whose}"
            yield "several-roles", f"services.{service}.identity", message, ""
    for owner, path, size, limit, unit in _measures(plan):
        if size > limit:
            message = f"{owner} has {size} {unit}, the quota is {limit} unless it was raised"
            yield "over-quota", path, message, ""
        elif size > NEAR * limit:
            yield "near-quota", path, f"{owner} has {size} of {limit} {unit}", ""


def _measures(plan: Plan) -> Iterator[tuple[str, str, int, int, str]]:
    """The owner, its path in the declaration, its size, the quota, the unit."""
    for role in plan.roles:
        trust, path = policy_size(role.trust.document), f"services.{role.service}"
        yield f"the trust policy of `{role.name}`", f"{path}.identity", trust, plan.quotas.trust_policy, "characters"
        yield f"role `{role.name}`", f"{path}.grants", len(role.policies), plan.quotas.managed_policies, "managed policies"
    for bucket in plan.buckets:
        size = policy_bytes(bucket.policy.document)
        yield f"the policy of bucket `{bucket.bucket}`", f"buckets.{bucket.name}", size, BUCKET_POLICY_BYTES, "bytes"
    for provider in plan.providers:
        yield f"provider `{provider.url}`", f"issuers.{provider.name}", len(provider.client_ids), PROVIDER_CLIENT_IDS, "client IDs"
    policies, providers = sum(len(role.policies) for role in plan.roles), sum(provider.create for provider in plan.providers)
    yield "the account", "services", len(plan.roles), ROLES_PER_ACCOUNT, "roles"
    yield "the account", "services", policies, POLICIES_PER_ACCOUNT, "managed policies"
    yield "the account", "issuers", providers, PROVIDERS_PER_ACCOUNT, "OIDC providers"
