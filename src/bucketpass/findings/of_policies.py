"""The codes of `explain`, `prove` and `doctor` about trust policies, tokens, roles and buckets: what people get wrong with them."""

from __future__ import annotations

from bucketpass.errors import Severity
from bucketpass.findings.code import BUCKET_POLICY_SAFETY, CREATE_PROVIDER, IAM, S3, STS, Code

__all__ = ["POLICY_CODES"]

_KEYS = IAM + "reference_policies_iam-condition-keys.html#condition-keys-wif"
_ACTIONS_OF_S3 = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"
_MULTIVALUED = IAM + "reference_policies_condition-single-vs-multi-valued-context-keys.html"

POLICY_CODES = (
    # The trust policy and the token do not fit
    Code(
        "scheme-in-key",
        Severity.ERROR,
        "a condition key contains `https://`",
        "The condition keys of an OIDC provider begin with its host and path, without a scheme. A key with `https://` is in no request, so "
        "the condition never matches.",
        "Remove `https://` from the key.",
        _KEYS,
    ),
    Code(
        "key-not-in-tokens",
        Severity.ERROR,
        "a condition is on a key that no token sets",
        "AWS makes condition keys of a few claims only (sub, aud, azp, amr, email, and some of certain providers). A condition on another "
        "claim never matches.",
        "Use a claim that AWS reads, such as `sub`.",
        _KEYS,
    ),
    Code(
        "azp-instead-of-aud",
        Severity.ERROR,
        "the token's azp takes the place of its aud",
        "If a token has an `azp` claim, AWS compares that with the provider's client IDs and sets `:aud` to it; the token's `aud` is then "
        "`:oaud`.",
        "Add the azp to the client IDs and to the condition on `:aud`, and pin `:oaud` to the audience.",
        _KEYS,
    ),
    Code(
        "subject-mismatch",
        Severity.ERROR,
        "the token's subject is not the one that the trust policy names",
        "The condition on `:sub` names another subject than the token's, or one of another form, such as GitHub's subject without the "
        "numbers of owner and repository.",
        "Add the token's subject to the condition, if this identity is meant.",
        CREATE_PROVIDER,
    ),
    Code(
        "issuer-trailing-slash",
        Severity.ERROR,
        "the issuers differ in their trailing slash",
        "IAM compares the token's `iss` with the provider's URL exactly: with and without the slash at the end are two issuers.",
        "Create the provider with the URL that the token has as `iss`.",
        CREATE_PROVIDER,
    ),
    Code(
        "missing-client-id",
        Severity.ERROR,
        "the audience is not a client ID of the provider",
        "AWS refuses a token whose audience (its azp, where it has one) is not among the client IDs of the OIDC provider, whatever "
        "audience the trust policy asks for.",
        "Request a token with an audience that the provider has, or add the audience to its client IDs and to the trust policy.",
        CREATE_PROVIDER,
    ),
    Code(
        "missing-tag-session",
        Severity.ERROR,
        "the trust policy does not allow sts:TagSession",
        "A token with session tags needs sts:TagSession beside sts:AssumeRoleWithWebIdentity; without it STS refuses the token.",
        "Add sts:TagSession to Action.",
        IAM + "id_session-tags.html",
    ),
    Code(
        "wrong-provider",
        Severity.ERROR,
        "the trust policy names another provider",
        "The Federated principal is an OIDC provider of another issuer or of another account than the one that the token belongs to.",
        "Name the ARN of the token's provider as Federated.",
        CREATE_PROVIDER,
    ),
    Code(
        "provider-not-found",
        Severity.ERROR,
        "the trust policy names a provider that the account does not have",
        "The Federated principal does not exist, so that statement admits no token. Whoever may create the provider decides who gets in.",
        "Create the provider, or correct its ARN.",
        CREATE_PROVIDER,
    ),
    Code(
        "case-mismatch",
        Severity.ERROR,
        "values differ in upper and lower case",
        "StringEquals and StringLike compare case-sensitively: `Acme` is not `acme`.",
        "Write the value as the token has it.",
        IAM + "reference_policies_elements_condition_operators.html",
    ),
    Code(
        "trust-admits-nobody",
        Severity.ERROR,
        "no token can assume the role",
        "The conditions of the trust policy contradict each other, the provider, or what AWS reads of a token: no token meets them all.",
        "Correct the conditions of the trust policy: `bucketpass explain` with a token shows the first that fails.",
        STS,
    ),
    # The trust policy admits too much
    Code(
        "trust-without-subject",
        Severity.ERROR,
        "any token of this issuer can assume the role",
        "The trust policy checks the audience and not the subject (or only with `ForAllValues`, `IfExists` or a wildcard), so every client "
        "of the issuer that can get this audience is admitted.",
        "Pin `sub` in the trust policy with StringEquals.",
        CREATE_PROVIDER,
    ),
    Code(
        "trust-without-audience",
        Severity.WARNING,
        "tokens for other programs can assume the role",
        "The trust policy does not check the audience: a token that the same identity got for another program is admitted, as far as the "
        "provider's client IDs allow it.",
        "Pin `aud` in the trust policy with StringEquals.",
        CREATE_PROVIDER,
    ),
    Code(
        "trust-without-token",
        Severity.ERROR,
        "the role can be assumed without a token",
        "The trust policy names other principals beside the OIDC provider: they assume the role with their own credentials.",
        "Remove the principals that are not Federated from the trust policy.",
        IAM + "reference_policies_elements_principal.html",
    ),
    Code(
        "for-all-values-alone",
        Severity.WARNING,
        "ForAllValues alone admits tokens without the claim",
        "ForAllValues is true if the request does not have the key, and no other condition demands it.",
        "Use StringEquals, or add a Null condition that demands the key.",
        _MULTIVALUED,
    ),
    # Statements that match nothing
    Code(
        "unknown-action",
        Severity.ERROR,
        "a policy names an action that AWS does not have",
        "IAM takes the policy, and no request ever has this action: an Allow of it gives nothing, a Deny keeps nothing out. S3 refuses it "
        "in a bucket policy.",
        "Correct the name. The Service Authorization Reference lists the actions of each service.",
        _ACTIONS_OF_S3,
    ),
    Code(
        "action-without-resource",
        Severity.ERROR,
        "a policy names an action on resources to which it does not apply",
        "For instance, s3:ListBucket applies to a bucket and s3:GetObject to objects; a statement that names the action and only the other "
        "kind of resource matches no request. S3 refuses it in a bucket policy.",
        "Add a resource of the kind that the action applies to, or remove the action.",
        _ACTIONS_OF_S3,
    ),
    # Programs, templates and accounts as a whole
    Code(
        "provider-placeholder",
        Severity.ERROR,
        "the trust policy names a placeholder as its provider",
        "The Federated principal is an example's, with a made-up account or domain: no provider has this ARN, and no token is admitted; "
        "whoever owns that account or domain would decide who gets in.",
        "Name the ARN of the provider that you make.",
        CREATE_PROVIDER,
    ),
    Code(
        "no-oidc-provider",
        Severity.ERROR,
        "roles trust OIDC tokens, and no OIDC provider is made",
        "IAM knows an issuer by its OIDC provider. Without one, STS refuses every token of it.",
        "Create an IAM OIDC provider with the issuer's URL and the audience as its client ID.",
        CREATE_PROVIDER,
    ),
    Code(
        "policy-for-other-bucket",
        Severity.ERROR,
        "a policy names another bucket than the one that is made",
        "The role's policy allows actions on a bucket that is not among those that are made here, so that it has no access to the one that "
        "is meant, and access to a bucket that may be somebody else's.",
        "Take the bucket's ARN from the bucket itself.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "objects-without-list",
        Severity.WARNING,
        "objects may be read and the bucket not listed",
        "Without s3:ListBucket, S3 answers 403 instead of 404 for a key that does not exist, and clients that list a prefix fail.",
        "Allow s3:ListBucket on the bucket, with a condition on s3:prefix.",
        S3 + "troubleshoot-403-errors.html",
    ),
    Code(
        "obsolete-acl",
        Severity.WARNING,
        "the bucket has an ACL",
        "New buckets have their ACLs switched off: a request that sets one is refused, or grants access beside the policies.",
        "Remove the ACL, and grant access by policies.",
        S3 + "about-object-ownership.html",
    ),
    Code(
        "bucket-replaced",
        Severity.WARNING,
        "a bucket that exists is replaced",
        "The bucket is to have what AWS gives a bucket only when it is made, such as an object lock or its name, so that it is deleted and "
        "another one made. AWS refuses that while it has objects.",
        "Leave the bucket as it is, and copy its objects to a new one of another name.",
        S3 + "object-lock-configure.html",
    ),
    Code(
        "no-bucket-policy",
        Severity.WARNING,
        "the bucket has no policy",
        "Without a bucket policy nothing refuses requests without TLS, uploads with other keys, or principals with wide permissions of "
        "their own.",
        "Give the bucket a policy that denies what is never meant.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "no-public-access-block",
        Severity.WARNING,
        "the bucket does not block public access itself",
        "A public access block refuses public policies and ACLs. New buckets have one, but a program that does not say so does not notice "
        "when it is gone.",
        "Block public access, all four settings.",
        S3 + "access-control-block-public-access.html",
    ),
    Code(
        "not-reviewed",
        Severity.NOTE,
        "something could not be looked at",
        "A value is only known once other resources are made, or may not be read, or time was too short: a missing finding proves nothing.",
        "Review what is deployed (`--deployed`), or give the review more time.",
    ),
    # Roles and buckets
    Code(
        "every-bucket",
        Severity.WARNING,
        "the role reads buckets that no policy names",
        "The role's policies allow s3:GetObject on a bucket that they do not name: on every bucket of the account, and on others that "
        "admit the account.",
        "Name the bucket in Resource.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "changes-permissions",
        Severity.WARNING,
        "the role may change permissions",
        "The role may change policies, ACLs, ownership, retention or public access settings, and so give itself and others more access.",
        "Allow single actions on objects, and none that change policies, ACLs or retention.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "public-bucket",
        Severity.ERROR,
        "unsigned requests reach the bucket",
        "The bucket policy allows a request without credentials, and public access is not blocked.",
        "Block public access, and name principals.",
        S3 + "access-control-block-public-access.html",
    ),
    Code(
        "plain-http",
        Severity.WARNING,
        "the bucket accepts requests without TLS",
        "No policy denies requests for which aws:SecureTransport is false: data can travel in clear text.",
        "Deny s3:* if aws:SecureTransport is false.",
        BUCKET_POLICY_SAFETY,
    ),
    Code(
        "other-accounts",
        Severity.WARNING,
        "principals of other accounts reach the bucket",
        "The bucket policy allows principals of other accounts, or AWS services that act for other accounts (the confused deputy).",
        "Name the principals that are meant, and restrict AWS services with aws:SourceAccount.",
        IAM + "confused-deputy.html",
    ),
)
