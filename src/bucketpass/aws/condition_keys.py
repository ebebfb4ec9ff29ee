"""Condition keys: their types, whether they have several values, and which claims AWS makes keys of for which issuer.

Sources: IAM User Guide, "AWS global condition context keys" and "Available keys for AWS STS" [A]; Service Authorization
Reference for Amazon S3 and AWS KMS [A]. A name that ends with `/` or `:` is a family: `aws:PrincipalTag/Team`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = [
    "BUILT_IN_PROVIDERS",
    "CONDITION_KEYS",
    "PROVIDER_CLAIMS",
    "STANDARD_CLAIMS",
    "ConditionKey",
    "KeyType",
    "condition_key",
    "provider_claims",
]


class KeyType(Enum):
    """How AWS reads the values of a key."""

    STRING = "String"
    ARN = "ARN"
    BOOL = "Bool"
    DATE = "Date"
    IP = "IPAddress"
    NUMERIC = "Numeric"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """One key. `multivalued` keys need a set operator."""

    name: str
    type: KeyType = KeyType.STRING
    multivalued: bool = False


_ROWS: tuple[tuple[KeyType, bool, str], ...] = (
    (
        KeyType.STRING,
        False,
        "aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalTag/ aws:PrincipalType aws:referer"
        " aws:RequestedRegion aws:RequestTag/ aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/ aws:SourceAccount"
        " aws:SourceIdentity aws:SourceOrgID aws:SourceVpc aws:SourceVpce aws:UserAgent aws:userid aws:username aws:VpceAccount"
        " aws:VpceOrgID",
    ),
    (KeyType.STRING, True, "aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths aws:SourceOrgPaths"),
    (KeyType.STRING, True, "aws:TagKeys aws:VpceOrgPaths"),
    (KeyType.ARN, False, "aws:PrincipalArn aws:SourceArn aws:FederatedProvider"),
    (KeyType.BOOL, False, "aws:MultiFactorAuthPresent aws:PrincipalIsAWSService aws:SecureTransport aws:ViaAWSService"),
    (KeyType.DATE, False, "aws:CurrentTime aws:TokenIssueTime"),
    (KeyType.NUMERIC, False, "aws:EpochTime aws:MultiFactorAuthAge"),
    (KeyType.IP, False, "aws:SourceIp aws:VpcSourceIp"),
    (
        KeyType.STRING,
        False,
        "s3:AccessPointNetworkOrigin s3:authType s3:DataAccessPointAccount s3:delimiter s3:ExistingObjectTag/ s3:if-match"
        " s3:if-none-match s3:object-lock-legal-hold s3:object-lock-mode s3:prefix s3:RequestObjectTag/ s3:ResourceAccount"
        " s3:signatureversion s3:VersionId s3:x-amz-acl s3:x-amz-content-sha256 s3:x-amz-copy-source s3:x-amz-grant-full-control"
        " s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write s3:x-amz-grant-write-acp s3:x-amz-metadata-directive"
        " s3:x-amz-object-ownership"
        " s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class"
        " s3:x-amz-website-redirect-location s3:locationconstraint",
    ),
    (KeyType.STRING, True, "s3:RequestObjectTagKeys"),
    (KeyType.ARN, False, "s3:DataAccessPointArn s3:x-amz-server-side-encryption-aws-kms-key-id"),
    (KeyType.BOOL, False, "s3:ObjectCreationOperation"),
    (KeyType.DATE, False, "s3:object-lock-retain-until-date"),
    (KeyType.NUMERIC, False, "s3:max-keys s3:object-lock-remaining-retention-days s3:signatureAge s3:TlsVersion"),
    (KeyType.STRING, False, "kms:CallerAccount kms:EncryptionContext: kms:ViaService kms:GrantOperations"),
    (KeyType.STRING, True, "kms:EncryptionContextKeys kms:ResourceAliases"),
    (KeyType.BOOL, False, "kms:GrantIsForAWSResource sts:RoleAuthorizedByIdp"),
    (KeyType.STRING, False, "sts:ExternalId sts:RoleSessionName sts:SourceIdentity"),
    (KeyType.STRING, True, "sts:TransitiveTagKeys"),
)
CONDITION_KEYS = {name.lower(): ConditionKey(name, type_, multivalued) for type_, multivalued, names in _ROWS for name in names.split()}

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


def condition_key(name: str) -> ConditionKey | None:
    """The key of that name in any case; of a family where `name` is a member of it; None where the table does not know it."""
    lower = name.lower()
    found = CONDITION_KEYS.get(lower)
    if found is None:
        separators = (position for mark in "/:" if (position := lower.find(mark, lower.find(":") + 1)) >= 0)
        found = next((key for cut in separators if (key := CONDITION_KEYS.get(lower[: cut + 1])) is not None), None)
    return found


def provider_claims(provider: str) -> tuple[str, ...]:
    """The claims that AWS makes keys of for this provider (host and path) beside the standard ones."""
    return next((claims for pattern, claims in PROVIDER_CLAIMS.items() if _is_provider(provider, pattern)), ())


def _is_provider(provider: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return provider == pattern
    middle = provider[len(head) : len(provider) - len(tail)]
    return provider.startswith(head) and provider.endswith(tail) and bool(middle) and not set(middle) & set("/.")
