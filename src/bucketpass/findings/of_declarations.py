"""The codes of `bucketpass check`: what is valid in a declaration, and risky, needless or near a quota."""

from __future__ import annotations

from bucketpass.errors import Severity
from bucketpass.findings.code import BUCKET_POLICY_SAFETY, CREATE_PROVIDER, GITHUB_OIDC, IAM, S3, Code

__all__ = ["DECLARATION_CODES"]

_SHARED = IAM + "id_roles_providers_oidc_secure-by-default.html"
_PRACTICES = IAM + "best-practices.html"
_QUOTAS = IAM + "reference_iam-quotas.html"

DECLARATION_CODES = (
    # Issuers, identities and sessions
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
    # Grants
    Code(
        "whole-bucket",
        Severity.WARNING,
        "a grant covers a whole bucket",
        "Without a prefix the service reaches every object that is in the bucket now or later.",
        "Give the grant a `prefix`.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "head-bucket",
        Severity.WARNING,
        "HeadBucket shows the names of the whole bucket",
        "S3 has no action for HeadBucket: it takes it for s3:ListBucket without a prefix, and no condition tells it from a listing of the "
        "whole bucket. So a service that may call HeadBucket can list the names of all objects, not only those of its prefix.",
        "Give the service a bucket of its own, or switch its client's check off (pyarrow: `create_dir=False`).",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html",
    ),
    Code(
        "wide-listing",
        Severity.NOTE,
        "a listing shows names beside the prefix",
        "With `listing` the service sees names that do not start with the grant's prefix. It reads none of those objects.",
        "Remove `listing`, unless a client of the service needs it.",
        S3 + "using-prefixes.html",
    ),
    Code(
        "pattern-listing",
        Severity.NOTE,
        "a listing shows names that the service cannot read",
        "S3 lists by prefix, and cannot leave out keys that do not match a pattern or that are excluded: their names are seen.",
        "Keep what has secret names under a prefix, or in a bucket, of its own.",
        S3 + "using-prefixes.html",
    ),
    Code(
        "single-put",
        Severity.NOTE,
        "uploads in parts fail",
        "Every upload has to bring the tags of `upload_tags`. The parts of an upload and its completion bring none, so that S3 refuses "
        "them. Boto3 and most clients upload in parts from some megabytes on.",
        "Have the service put each object at once (up to 5 GB), such as by boto3's `put_object` with `Tagging`.",
        S3 + "object-tagging.html",
    ),
    Code(
        "exclusion",
        Severity.WARNING,
        "an exclusion takes keys from another grant",
        "Keys can be excluded by a Deny only, and a Deny wins over every grant of the service that covers the same keys.",
        "Remove one of the two, or give the other grant to a service of its own.",
        IAM + "reference_policies_evaluation-logic.html",
    ),
    Code(
        "missing-delete",
        Severity.WARNING,
        "a client needs `delete`",
        "The client deletes objects as part of its usual work. Some clients report success although S3 refused to delete.",
        "Add `delete` to the grant's `access`, unless objects must stay.",
        S3 + "using-with-s3-policy-actions.html",
    ),
    Code(
        "open-prefix",
        Severity.WARNING,
        "a prefix does not end with a slash",
        "A prefix is compared character by character: `raw` also covers `raw-old/` and `raw2`.",
        "End the prefix with `/` where a folder is meant.",
        S3 + "using-prefixes.html",
    ),
    Code(
        "odd-prefix",
        Severity.WARNING,
        "a prefix or key looks like a URL or a path",
        "Keys do not start with `/` or `s3://` unless they were written so: the grant probably covers nothing.",
        "Write it without `/` and without `s3://` at its start.",
        S3 + "object-keys.html",
    ),
    Code(
        "needless-grant",
        Severity.NOTE,
        "another grant of the service covers it",
        "The grant allows nothing that another grant of the same service does not allow already.",
        "Remove it, or narrow the other.",
        _PRACTICES,
    ),
    Code(
        "shared-writing",
        Severity.NOTE,
        "several services change the same objects",
        "Services with write or delete access to overlapping prefixes can overwrite or delete each other's objects.",
        "Give each service its own prefix, unless they work together.",
        _PRACTICES,
    ),
    Code(
        "nested-tenants",
        Severity.WARNING,
        "the folder of one tenant may hold those of others",
        "Two grants by session tag overlap: a tenant whose name equals a folder of the other grant reaches that folder.",
        "Give each kind of tenant its own prefix.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "access-control",
        Severity.WARNING,
        "an action changes permissions",
        "The service may change ACLs, policies, retention or legal holds, and so override what protects the data.",
        "Leave such actions to the administrators.",
        S3 + "acl-overview.html",
    ),
    Code(
        "unused",
        Severity.WARNING,
        "declared, but not used",
        "An issuer without identities, a bucket without grants or a service without grants has no effect, and often is a typing error.",
        "Remove it, or use it.",
        _PRACTICES,
    ),
    # Buckets
    Code(
        "relaxed",
        Severity.WARNING,
        "a guard rail is turned off",
        "The declaration turns off a protection that every bucket has, and gives a reason; the finding keeps it in sight.",
        "Remove the relaxation as soon as its reason is gone.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "no-versioning",
        Severity.WARNING,
        "overwritten or deleted objects are lost",
        "Services may change objects of the bucket, and versioning is off: a mistake or a leaked session destroys data for good.",
        "Remove `versioning: false`.",
        S3 + "Versioning.html",
    ),
    Code(
        "bucket-of-others",
        Severity.NOTE,
        "a bucket of others is read",
        "Its owner can change or replace its objects at any time, withdraw the access, and log each request with the account that sends "
        'it. Where the requester pays, clients say so in each request (`RequestPayer="requester"` in boto3), at the cost of this account.',
        "Compare what is read with a checksum, or copy it to a bucket of your own.",
        S3 + "RequesterPaysBuckets.html",
    ),
    Code(
        "no-object-lock",
        Severity.ERROR,
        "retention and legal holds need a bucket with object lock",
        "S3 refuses to set a retention or a legal hold in a bucket without object lock, so that the actions can never be used.",
        "Add `object_lock` to the bucket, or remove the actions.",
        S3 + "object-lock.html",
    ),
    Code(
        "creation-undone",
        Severity.WARNING,
        "what the service may only create it can replace all the same",
        "With `create` a service puts new objects and overwrites none. Another access to the same keys lets it overwrite them, or delete "
        "them and create others in their place.",
        "Leave `write` and `delete` there to another service.",
        S3 + "conditional-writes-enforce.html",
    ),
    Code(
        "not-exclusive",
        Severity.NOTE,
        "other principals of the account may reach the bucket",
        "Principals of the account whose own policies allow S3 actions on it reach the bucket without being declared.",
        "Add `exclusive: true` and `administrators`.",
        S3 + "access-policy-language-overview.html",
    ),
    Code(
        "archived-objects",
        Severity.WARNING,
        "services read objects that a lifecycle rule archives",
        "Objects in GLACIER and DEEP_ARCHIVE cannot be read until they are restored: S3 refuses with InvalidObjectState.",
        "Use GLACIER_IR, or keep what is read under another prefix.",
        S3 + "lifecycle-transition-general-considerations.html",
    ),
    Code(
        "any-origin",
        Severity.WARNING,
        "pages of every origin may use the bucket from a browser",
        "A page that has a presigned URL or credentials can use them from any site. CORS gives no permission by itself.",
        "Name the origins of your own pages.",
        S3 + "cors.html",
    ),
    Code(
        "wildcard-administrator",
        Severity.WARNING,
        "a wildcard names administrators",
        "Every principal that is ever given a name that matches becomes an administrator of the bucket.",
        "Name each role.",
        IAM + "reference_policies_elements_condition_operators.html",
    ),
    Code(
        "unknown-policy",
        Severity.WARNING,
        "the policy of an existing bucket is not known",
        "The existing policy is read when the resources are made: statements that others wrote stay, the guard rails are added beside "
        "them. What the others' statements allow is not known here, so that nothing can be proved of it.",
        "Add `policy:` with the output of `aws s3api get-bucket-policy`, or `policy: none`.",
        S3 + "bucket-policies.html",
    ),
    # Quotas
    Code(
        "near-quota",
        Severity.WARNING,
        "near a quota of AWS",
        "More than 80 % of a quota is used. Above it, AWS refuses the change.",
        "Merge prefixes, use `per:` a session tag, or split the service.",
        _QUOTAS,
    ),
    Code(
        "over-quota",
        Severity.WARNING,
        "above a quota of AWS that can be raised",
        "AWS refuses the change unless the account's quota was raised.",
        "Request a quota increase, or split the account.",
        _QUOTAS,
    ),
    Code(
        "several-roles",
        Severity.WARNING,
        "a service needs several roles",
        "The identities of the service do not fit into one trust policy. Each identity can assume one of the roles.",
        "Give each identity its role: `--identity N` of `configure`, `explain` and `sandbox token` says which.",
        _QUOTAS,
    ),
)
