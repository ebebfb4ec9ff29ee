"""The codes of `bucketpass check`: what is valid in a declaration, and risky, needless or near a quota."""

from __future__ import annotations

from bucketpass.errors import Severity
from bucketpass.findings.code import BUCKET_POLICY_SAFETY, IAM, S3, Code
from bucketpass.findings.of_identities import IDENTITY_CODES

__all__ = ["DECLARATION_CODES"]

_PRACTICES = IAM + "best-practices.html"
_QUOTAS = IAM + "reference_iam-quotas.html"

DECLARATION_CODES = (
    *IDENTITY_CODES,
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
        "open-networks",
        Severity.WARNING,
        "the networks of a grant hold every address",
        "A condition on `aws:SourceIp` that every address of a family meets refuses nobody: the grant is as wide as without it.",
        "Name your own address blocks, or remove `networks`.",
        IAM + "reference_policies_condition-keys.html#condition-keys-sourceip",
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
        "Give each identity its role, which `configure --identity N` names; or have the quota raised, and say so in `quotas`.",
        _QUOTAS,
    ),
)
