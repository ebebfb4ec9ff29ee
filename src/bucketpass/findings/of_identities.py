"""The codes of `bucketpass check` about issuers, identities and sessions."""

from __future__ import annotations

from bucketpass.errors import Severity
from bucketpass.findings.code import CREATE_PROVIDER, GITHUB_OIDC, IAM, S3, Code

__all__ = ["IDENTITY_CODES"]

_SHARED = IAM + "id_roles_providers_oidc_secure-by-default.html"

IDENTITY_CODES = (
    Code(
        "wildcard-subject",
        Severity.WARNING,
        "a wildcard admits many subjects",
        "The trust policy compares the claim with a pattern, so every identity of the issuer whose claim matches can assume the role, "
        "also those that are created later. The declaration gives a reason (`unsafe_wildcard`); the finding keeps it in sight.",
        "Name each subject.",
        _SHARED,
    ),
    Code(
        "pull-request-subject",
        Severity.WARNING,
        "jobs of pull requests are admitted",
        "Everyone who can open a pull request from a branch of the repository runs code with the role, before anybody has reviewed it.",
        "Use an `environment` with required reviewers.",
        GITHUB_OIDC,
    ),
    Code(
        "key-region",
        Severity.ERROR,
        "the key is of another Region than the bucket",
        "S3 encrypts the objects of a bucket with a KMS key of the bucket's own Region; requests that need another one fail.",
        "Name a key of the bucket's Region, or the bucket's Region with `--region`.",
        S3 + "UsingKMSEncryption.html",
    ),
    Code(
        "expired-grant",
        Severity.ERROR,
        "the grant can never hold again",
        "Its `not_after` is in the past, so that every request under it is refused.",
        "Remove the grant, or give it a later `not_after`.",
        IAM + "reference_policies_elements_condition_operators.html#Conditions_Date",
    ),
    Code(
        "attached-policy",
        Severity.NOTE,
        "what a managed policy allows is not known here",
        "The policy is attached to the role as it is. Its document is not part of the declaration. `prove` reads AWS's own from the "
        "sandbox's catalogue, and with `--deployed` what is deployed. Where it can do neither, all promises about the service's sessions "
        "are unknown.",
        "Write the statements that the service needs as a policy in `policies`.",
        IAM + "access_policies_managed-vs-inline.html",
    ),
    Code(
        "further-trust",
        Severity.NOTE,
        "the role can be assumed without a token of its service",
        "The declaration names principals besides the service's identities, for instance engineers who debug or a service of AWS. They get "
        "the same permissions.",
        "Remove it as soon as it is not needed.",
        IAM + "id_roles_create_for-user.html",
    ),
    Code(
        "mutable-subject",
        Severity.NOTE,
        "the subject consists of names, which can change hands",
        "Names of GitHub's owners and repositories, of Kubernetes service accounts and of OAuth clients can be taken by others once they "
        "are given up. GitHub's repositories that are created, renamed or transferred after 2026-07-15 carry their numbers in the subject "
        "as well.",
        "At GitHub, add `owner_id` and `repository_id`; both forms of the subject are then admitted.",
        GITHUB_OIDC,
    ),
    Code(
        "issuer-form",
        Severity.WARNING,
        "the issuer URL has an unusual form",
        "The URL differs from those that this kind of issuer has. IAM compares the token's `iss` exactly: one wrong character, and no "
        "token is admitted.",
        "Compare it with the `iss` of a token: `bucketpass token`.",
        CREATE_PROVIDER,
    ),
    Code(
        "generic-preset",
        Severity.NOTE,
        "a preset fits this issuer better",
        "The issuer is declared as `generic`, and a preset exists for it. A preset checks the form of URL, audience and subject, and "
        "knows which claims AWS reads.",
        "Name the preset.",
        CREATE_PROVIDER,
    ),
    Code(
        "shared-issuer",
        Severity.WARNING,
        "the issuer serves other tenants too",
        "All customers of this provider get tokens of the same issuer, and nothing is known here of how its tokens tell them apart. "
        "A subject that somebody else can choose admits that tenant.",
        "Make sure that only your tenant can have the subject.",
        _SHARED,
    ),
    Code(
        "unconfirmed",
        Severity.NOTE,
        "something about this issuer is not confirmed",
        "The preset states something about this issuer's tokens that no document and no token seen by the project confirms.",
        "Compare with a token of yours: `bucketpass token`.",
        CREATE_PROVIDER,
    ),
    Code(
        "issuer-note",
        Severity.NOTE,
        "good to know about this issuer",
        "The preset has advice about this issuer: how its tokens are, or what to set there.",
        "See that it is so at the issuer; `bucketpass configure ISSUER` has all that is set there.",
        CREATE_PROVIDER,
    ),
    Code(
        "existing-provider",
        Severity.NOTE,
        "an existing provider must have the audience as a client ID",
        "The OIDC provider is not created here. AWS refuses a token whose audience is not one of the provider's client IDs.",
        "aws iam add-client-id-to-open-id-connect-provider",
        CREATE_PROVIDER,
    ),
    Code(
        "foreign-provider",
        Severity.ERROR,
        "the OIDC provider is of another account or URL",
        "STS looks for the OIDC provider of the token's `iss` in the account of the role. A trust in one of another account or URL is "
        "stored, and admits no token.",
        "Make a provider of the same URL in the account of the roles: `provider: create`.",
        CREATE_PROVIDER,
    ),
    Code(
        "authorized-party",
        Severity.WARNING,
        "the client that asks for tokens is not pinned",
        "Tokens of this form carry `azp`, the application that asked for them, and AWS reads it in place of the audience. A trust that "
        "pins the audience alone admits only what that application asks for itself, and no token of another one.",
        "Add `client_id`: the application that asks for the token.",
        CREATE_PROVIDER,
    ),
    Code(
        "session-tags",
        Severity.WARNING,
        "session tags may not fit into a session",
        "STS packs session tags and policies into the session token, within a limit, and refuses the token above it. Its packing is not "
        "published; the size here is that of the tags as they are.",
        "Declare fewer tags, or keep their values short.",
        IAM + "id_session-tags.html",
    ),
    Code(
        "needless-thumbprint",
        Severity.NOTE,
        "the issuer's certificate needs no thumbprint",
        "AWS verifies public certificates with its own library of trusted certificate authorities. A thumbprint is needed for private "
        "ones only, and admits nobody any more once the certificate is renewed.",
        "Remove `thumbprints`.",
        IAM + "id_roles_providers_create_oidc_verify-thumbprint.html",
    ),
    Code(
        "long-session",
        Severity.NOTE,
        "sessions are long",
        "Credentials stay valid until the session ends, also after they leak or the grant is withdrawn.",
        "Shorten `session.duration`: clients of bucketpass renew by themselves.",
        IAM + "id_roles_update-role-settings.html",
    ),
)
