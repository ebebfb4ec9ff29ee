"""The rules of `bucketpass check`, as a table: how much each matters, what it says, and where to read more."""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.errors import Place, Severity

__all__ = ["RULES", "Finding", "Found", "Rule"]

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
GITHUB = "https://docs.github.com/actions/concepts/security/openid-connect"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    code: str
    severity: Severity
    title: str
    reference: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that applies at a place, with the reason and the mend."""

    rule: Rule
    message: str
    mend: str
    place: Place


# What a rule's search gives: the rule's code, the path in the declaration, the reason, the mend.
Found = tuple[str, str, str, str]

_PROVIDERS = IAM + "id_roles_providers_create_oidc.html"
_SHARED = IAM + "id_roles_providers_oidc_secure-by-default.html"
_THUMBPRINTS = IAM + "id_roles_providers_create_oidc_verify-thumbprint.html"
_OPERATORS = IAM + "reference_policies_elements_condition_operators.html"
_SESSIONS = IAM + "id_roles_update-role-settings.html"
_PRACTICES = IAM + "best-practices.html"
_QUOTAS = IAM + "reference_iam-quotas.html"
_SAFETY = S3 + "security-best-practices.html"

_ROWS = (
    ("invalid", Severity.ERROR, "the declaration is wrong", IAM + "reference_policies.html"),
    ("quota", Severity.ERROR, "larger than AWS takes", _QUOTAS),
    # Who gets in
    ("wildcard-subject", Severity.WARNING, "many subjects are admitted by a wildcard", _SHARED),
    ("pull-request-subject", Severity.WARNING, "jobs of pull requests are admitted", GITHUB),
    ("mutable-subject", Severity.NOTE, "the subject goes by names, which can change hands", GITHUB),
    ("issuer-form", Severity.WARNING, "the issuer URL has an unusual form", _PROVIDERS),
    ("generic-preset", Severity.NOTE, "a preset knows this issuer better", _PROVIDERS),
    ("shared-issuer", Severity.WARNING, "the issuer serves strangers too", _SHARED),
    ("unconfirmed", Severity.NOTE, "something about this issuer is not confirmed", _PROVIDERS),
    ("issuer-note", Severity.NOTE, "good to know of this issuer", _PROVIDERS),
    ("existing-provider", Severity.NOTE, "a provider that is there already must know the audience", _PROVIDERS),
    ("needless-thumbprint", Severity.NOTE, "the issuer's certificate needs no thumbprint", _THUMBPRINTS),
    ("long-session", Severity.NOTE, "credentials live for long", _SESSIONS),
    # What it may do
    ("whole-bucket", Severity.WARNING, "a grant covers a whole bucket", _SAFETY),
    ("open-prefix", Severity.WARNING, "a prefix does not end with a slash", S3 + "using-prefixes.html"),
    ("odd-prefix", Severity.WARNING, "a prefix or key looks like an address", S3 + "object-keys.html"),
    ("needless-grant", Severity.NOTE, "another grant of the service covers it", _PRACTICES),
    ("shared-writing", Severity.NOTE, "several services write the same place", _PRACTICES),
    ("nested-tenants", Severity.WARNING, "one tenant's folder may hold those of others", _SAFETY),
    ("access-control", Severity.WARNING, "an action changes who may do what", S3 + "acl-overview.html"),
    ("unused", Severity.WARNING, "declared, but not used", _PRACTICES),
    # Buckets
    ("relaxed", Severity.WARNING, "a guard rail is taken down", _SAFETY),
    ("no-versioning", Severity.WARNING, "what is overwritten or deleted is gone", S3 + "Versioning.html"),
    ("not-exclusive", Severity.NOTE, "other principals of the account may reach the bucket", S3 + "access-policy-language-overview.html"),
    ("wildcard-administrator", Severity.WARNING, "administrators are named by a wildcard", _OPERATORS),
    ("unknown-policy", Severity.WARNING, "the policy of an existing bucket is not known", S3 + "bucket-policies.html"),
    # Sizes
    ("near-quota", Severity.WARNING, "near a limit of AWS", _QUOTAS),
    ("over-quota", Severity.WARNING, "above a limit of AWS that can be raised", _QUOTAS),
    ("several-roles", Severity.WARNING, "a service needs several roles", _QUOTAS),
)
RULES = {code: Rule(code, severity, title, reference) for code, severity, title, reference in _ROWS}
