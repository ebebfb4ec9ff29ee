"""Limits of AWS, each with its evidence: [A] read in AWS's own text or API model, [B] second-hand, [K] general knowledge.

Sources: IAM User Guide, "IAM and AWS STS quotas"; the API models of IAM, STS and S3; Organizations and KMS guides.
"""

from __future__ import annotations

__all__ = [
    "BUCKET_POLICY_BYTES",
    "ENDPOINT_POLICY_CHARACTERS",
    "KEY_POLICY_BYTES",
    "MANAGED_POLICIES_PER_ROLE",
    "MANAGED_POLICIES_PER_ROLE_RAISED",
    "MANAGED_POLICY_CHARACTERS",
    "ORGANIZATION_POLICY_CHARACTERS",
    "PROVIDERS_PER_ACCOUNT",
    "PROVIDER_CLIENT_IDS",
    "PROVIDER_CLIENT_ID_CHARACTERS",
    "PROVIDER_THUMBPRINTS",
    "PROVIDER_URL_CHARACTERS",
    "ROLES_PER_ACCOUNT",
    "ROLE_CHAINED_SECONDS",
    "ROLE_INLINE_POLICIES_CHARACTERS",
    "ROLE_NAME_CHARACTERS",
    "SESSION_NAME_CHARACTERS",
    "SESSION_POLICY_ARNS",
    "SESSION_POLICY_CHARACTERS",
    "SESSION_SECONDS",
    "SESSION_SECONDS_DEFAULT",
    "SESSION_TAGS",
    "SESSION_TAG_BYTES",
    "SESSION_TOKEN_SECONDS",
    "TAG_KEY_CHARACTERS",
    "TAG_VALUE_CHARACTERS",
    "TOKEN_CHARACTERS",
    "TOKEN_GRACE_SECONDS",
    "TRUST_POLICY_CHARACTERS",
    "TRUST_POLICY_CHARACTERS_RAISED",
]

# Policies. Characters are counted without white space; bytes as sent.
TRUST_POLICY_CHARACTERS = 2048  # [A]
TRUST_POLICY_CHARACTERS_RAISED = 8192  # [B] the most that AWS raises it to
MANAGED_POLICY_CHARACTERS = 6144  # [B]
MANAGED_POLICIES_PER_ROLE = 10  # [B]
MANAGED_POLICIES_PER_ROLE_RAISED = 20  # [B]
ROLE_INLINE_POLICIES_CHARACTERS = 10240  # [B] all inline policies of one role together
SESSION_POLICY_CHARACTERS = 2048  # [A]
SESSION_POLICY_ARNS = 10  # [A]
BUCKET_POLICY_BYTES = 20480  # [A] 20 KB
KEY_POLICY_BYTES = 32768  # [A] 32 KB
ENDPOINT_POLICY_CHARACTERS = 20480  # [A]
ORGANIZATION_POLICY_CHARACTERS = 5120  # [A] SCP and RCP

# Names.
ROLE_NAME_CHARACTERS = 64  # [A]
ROLES_PER_ACCOUNT = 1000  # [B]

# OIDC providers.
PROVIDERS_PER_ACCOUNT = 100  # [A]
PROVIDER_CLIENT_IDS = 100  # [A]
PROVIDER_CLIENT_ID_CHARACTERS = 255  # [A]
PROVIDER_URL_CHARACTERS = 255  # [A]
PROVIDER_THUMBPRINTS = 5  # [A]

# Sessions. Pairs are the least and the most.
SESSION_SECONDS = (900, 43200)  # [A] never above the role's own maximum
SESSION_SECONDS_DEFAULT = 3600  # [A]
SESSION_TOKEN_SECONDS = (900, 129600, 43200)  # [A] GetSessionToken: the least, the most and the usual of an IAM user; 3600 of a root user
ROLE_CHAINED_SECONDS = 3600  # [A] a role assumed with a role's credentials
SESSION_NAME_CHARACTERS = (2, 64)  # [A]
SESSION_TAGS = 50  # [A]
SESSION_TAG_BYTES = 2048  # [K] about; tags and session policies are packed by a way that is not published
TAG_KEY_CHARACTERS = 128  # [A]
TAG_VALUE_CHARACTERS = 256  # [A]

# Tokens.
TOKEN_CHARACTERS = (4, 20000)  # [A]
TOKEN_GRACE_SECONDS = 300  # [A] about five minutes after exp
