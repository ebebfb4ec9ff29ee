"""The claims that AWS makes condition keys of, by issuer, and the issuers that it has built in.

Sources: IAM User Guide, "Available keys for AWS STS" [A].
"""

from __future__ import annotations

__all__ = ["BUILT_IN_PROVIDERS", "PROVIDER_CLAIMS", "STANDARD_CLAIMS", "provider_claims"]

# Claims that are keys for every issuer, as `<issuer without https://>:<claim>`. `aud` is the token's azp where it has one,
# and `oaud` then the token's aud [A for Google, B for others].
STANDARD_CLAIMS = {"amr": True, "aud": False, "email": False, "oaud": False, "sub": False}

_GITHUB = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
)
_GITLAB = (
    "namespace_id",
    "project_id",
    "pipeline_source",
    "ref_protected",
    "runner_environment",
    "user_access_level",
    "user_email",
    "user_id",
    "user_login",
)
_BUILDKITE = (
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
    "cluster_id",
    "cluster_name",
    "build_branch",
)
# Claims that are keys for one issuer alone [A]. `*` stands for one path component or host label.
PROVIDER_CLAIMS = {
    "token.actions.githubusercontent.com": _GITHUB,
    "token.actions.githubusercontent.com/*": _GITHUB,
    "token.actions.*.ghe.com": _GITHUB,
    "gitlab.com": _GITLAB,
    "agent.buildkite.com": _BUILDKITE,
    "oidc.circleci.com/org/*": ("oidc.circleci.com/project-id",),
    "accounts.google.com": ("google/organization_number",),
}

# Issuers that AWS knows itself: no provider resource is made, and the Federated principal is the name here [A].
BUILT_IN_PROVIDERS = frozenset({"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"})


def provider_claims(provider: str) -> tuple[str, ...]:
    """The claims that AWS makes keys of for this provider (host and path) beside the standard ones."""
    return next((claims for pattern, claims in PROVIDER_CLAIMS.items() if _is_provider(provider, pattern)), ())


def _is_provider(provider: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return provider == pattern
    middle = provider[len(head) : len(provider) - len(tail)]
    return provider.startswith(head) and provider.endswith(tail) and bool(middle) and not set(middle) & set("/.")
