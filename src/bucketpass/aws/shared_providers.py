"""Identity providers that serve many customers, and the scope that AWS demands of a trust in them.

Sources: IAM User Guide, "Identity-provider controls for shared OIDC providers" [A] that it is enforced, [B] and [L] the list.
bucketpass pins audience and subject of every issuer, listed or not; the table says where AWS demands more, and which issuers
are known to be shared without being listed.
"""

from __future__ import annotations

__all__ = ["BUILT_IN_SCOPE", "DEMANDED_SCOPE", "GITHUB_ACTIONS", "KNOWN_BY_NAME", "demanded_scope"]

# GitHub's issuer, and what its enterprises' issuers start with.
GITHUB_ACTIONS = "token.actions.githubusercontent.com"

# Providers that AWS has built in -> the claims; a trust must pin one of them [L].
BUILT_IN_SCOPE = {
    "accounts.google.com": ("aud", "oaud", "sub"),
    "www.amazon.com": ("app_id", "sub"),
    "graph.facebook.com": ("app_id", "sub"),
}

# Provider (host and path) -> the key that a trust must have. `:claim` is the provider's own.
DEMANDED_SCOPE = {
    GITHUB_ACTIONS: ":sub",
    "vstoken.actions.githubusercontent.com": ":sub",
    "oidc-configuration.audit-log.githubusercontent.com": ":sub",
    "gitlab.com": ":sub",
    "app.terraform.io": ":sub",
    "agent.buildkite.com": ":sub",
    "oidc.codefresh.io": ":sub",
    "studio.datachain.ai/api": ":sub",
    "scalr.io": ":sub",
    "tokens.cloud.shisho.dev": ":sub",
    "proidc.upbound.io": ":sub",
    "cognito-identity.amazonaws.com": ":aud",
    "api.pulumi.com/oidc": ":aud",
    "sandboxes.cloud": ":aud",
    "oidc.vercel.com": ":aud",
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": "sts:RoleSessionName",
}

# Shared by many tenants; nothing else about their tokens is known here.
KNOWN_BY_NAME = frozenset(
    {
        "identity.depot.dev",
        "issuer.enforce.dev",
        "login.app.env0.com",
        "codeberg.org",
        "app.devin.ai",
        "app.warp.dev",
        "api.cursor.com",
        "vstoken.dev.azure.com",
        "app.harness.io",
        "app.spacelift.io",
    }
)


def demanded_scope(provider: str) -> str | None:
    """The key without which AWS refuses a trust in this provider, or None."""
    return DEMANDED_SCOPE.get(provider.rstrip("/"))
