"""Every known difference between AWS and Ceph's RADOS Gateway, as data.

Evidence: all [L], observed at version 16.2.15 (Debian 12); `tests/engines/test_differences.py` asks a running gateway about each.
"""

from __future__ import annotations

from bucketpass.compile.dialect import DialectDifference, DifferenceKind

__all__ = ["DIFFERENCES", "TITLE"]

TITLE = "Ceph RADOS Gateway"

WORDING = (
    ("account", "ARNs of IAM carry the account", "ARNs of IAM have an empty account", "the plan's account is empty"),
    ("inline-policies", "roles have managed policies", "roles have inline policies only", "each policy becomes an inline policy"),
    (
        "negated-absent",
        "a negated operator holds where the key is absent",
        "a negated operator does not hold where the key is absent",
        "negated operators get `IfExists`",
    ),
    (
        "null-false",
        "`Null` with `false` holds where the key is present",
        "`Null` holds where the key is absent, whatever its value",
        "`Null` with `false` becomes `StringLike` with `?*`: some absent headers are empty there",
    ),
    (
        "secure-transport",
        "aws:SecureTransport is `false` over plain http",
        "aws:SecureTransport is absent over plain http",
        "`Bool` on it gets `IfExists` in a Deny",
    ),
    (
        "not-principal",
        "aws:PrincipalArn tells who asks",
        "there is no aws:PrincipalArn",
        "a Deny that spares it becomes a Deny with `NotPrincipal`",
    ),
    (
        "role-paths",
        "principals name a role with its path",
        "principals name a role without its path",
        "policies name roles without their paths",
    ),
    (
        "authorized-party",
        "the key `aud` reads a token's `azp` where it has one",
        "the keys `aud` and `azp` read the claims of those names",
        "trusts name both claims; client IDs are values of `aud`",
    ),
    (
        "thumbprint",
        "thumbprints are optional",
        "a thumbprint must be given, and none is compared with anything",
        "forty zeros are given where none are declared",
    ),
    (
        "allow-is-public",
        "a bucket policy that lets a role in is not public",
        "a bucket policy with an Allow counts as public, whomever it names",
        "bucket policies only refuse; the roles' own policies let in",
    ),
    (
        "block-public-acls",
        "BlockPublicAcls refuses uploads with a public ACL",
        "BlockPublicAcls refuses every upload",
        "it is left out; IgnorePublicAcls is set, so that public ACLs mean nothing",
    ),
    (
        "batch-delete",
        "DeleteObjects asks for s3:DeleteObject on each object",
        "DeleteObjects asks for s3:DeleteObject on the bucket as well",
        "who may delete objects gets it on the bucket too, where it deletes nothing",
    ),
    (
        "form-spaces",
        "`+` in a form's body is a space",
        "`+` in a form's body is a plus sign",
        "requests are sent with `%20`",
    ),
    (
        "bare-errors",
        "errors of IAM and STS stand in an ErrorResponse",
        "errors of IAM and STS stand alone",
        "answers are put into AWS's form before they are read",
    ),
)
STRICTER = (
    ("upload-part-copy", "UploadPartCopy takes s3:GetObject of the source", "UploadPartCopy is refused to every role session"),
    ("x5c", "keys are read from `n` and `e`, or `x` and `y`", "keys of the issuer are read from `x5c` only"),
    ("first-key", "any published key verifies a token", "only the first published key verifies a token"),
    ("leeway", "tokens are accepted for some minutes after `exp`", "tokens are refused from the second of their `exp` on"),
    ("one-refusal", "a refusal says why", "every refusal of STS and S3 is 403 AccessDenied, an expired session's too"),
    ("writer-owns", "the bucket's owner owns the objects", "who wrote an object owns it, and the bucket's owner cannot read it"),
    ("transitive-tags", "aws:TagKeys are the tags' names", "aws:TagKeys of a token with transitive tags has more than their names"),
    ("session-keys", "`sub` and `aud` of the issuer stay in the session", "no claim of the token stays in the session"),
    ("session-name", "sts:RoleSessionName is a key of trusts", "there is no sts:RoleSessionName"),
    ("key-case", "names of condition keys are compared without case", "names of condition keys are compared with case"),
    ("no-caller-identity", "GetCallerIdentity is always allowed", "there is no GetCallerIdentity"),
    ("fixed-provider", "providers and roles can be changed in place", "a provider's clients and a role's duration cannot be changed"),
)
WEAKER = (
    ("token-without-exp", "a token must have `exp`", "a token without `exp` is accepted for ever", "token-checks"),
    (
        "several-audiences",
        "a token for several audiences needs `azp`",
        "a token for several audiences is accepted if one of them is ours",
        "token-checks",
    ),
    (
        "claims-of-aws",
        "the claims `roles` and `source_identity` of AWS bind the session",
        "the claims `roles` and `source_identity` of AWS are ignored",
        "token-checks",
    ),
    (
        "one-user-for-one-subject",
        "the same `sub` of two issuers is two callers",
        "the same `sub` of two issuers is one user, for quotas and as the owner of objects",
        "token-checks",
    ),
    (
        "acls",
        "buckets have no ACLs",
        "a writer may grant others an object by its ACL when it begins a multipart upload",
        "ownership",
    ),
    ("default-encryption", "objects are encrypted by the service", "objects are as encrypted as the cluster's disks are", "encryption"),
    ("customer-keys", "uploads with keys of customers (SSE-C) are refused", "uploads with keys of customers (SSE-C) pass", "encryption"),
    ("tls-version", "TLS before 1.2 is refused by the bucket", "the bucket's policy does not see the version of TLS", "tls-version"),
    (
        "tags-on-put",
        "tags in an upload, and those that a copy takes along, need s3:PutObjectTagging",
        "a writer may set tags in an upload or by a copy, also those that reading goes by",
        "tags-on-put",
    ),
)
MISSING = (
    ("kms", "keys of KMS encrypt buckets", "there is no KMS", "set `encryption: s3`, and encrypt the cluster's disks"),
    ("permissions-boundary", "a boundary limits a role", "there are no permissions boundaries", "remove `permissions_boundary`"),
    ("access-logs", "S3 writes access logs", "buckets write no access logs", "remove `logging`, and use the gateway's operations log"),
    ("transfer-acceleration", "buckets can be accelerated", "buckets are never accelerated", "remove `transfer_acceleration`"),
    ("event-bridge", "S3 sends events to EventBridge", "no events go to EventBridge", "remove `event_bridge`"),
    ("access-points", "buckets have access points", "there are no access points", "grant on the bucket itself"),
    ("accounts", "buckets of other accounts take part", "there is one account", "remove `account`"),
    ("regional-names", "names may be an account's own", "names are the cluster's", "remove `regional`"),
    ("networks-of-aws", "requests carry their VPC endpoint", "there are no VPC endpoints", "use `networks` instead"),
    ("organizations", "requests carry the caller's organization", "there are no organizations", "remove `perimeter.organization`"),
    (
        "variables-in-resources",
        "variables stand anywhere in Resource",
        "a policy with a variable in Resource is malformed, and escaped `*`, `?` and `$` match nothing",
        "grant each folder by its name, without `*`, `?` and `$`",
    ),
    (
        "variables-in-values",
        "variables stand anywhere in a value",
        "a variable is read only where it is the whole value",
        "grant each folder by its name, without `*`, `?` and `$`",
    ),
    ("not-action", "NotAction is every other action", "NotAction in a Deny denies nothing", "name the actions"),
    ("operations", "the action exists", "there is no such action, and a policy that names it is refused whole", "do not grant the action"),
    ("built-in-providers", "some issuers are built in", "no issuer is built in, and Google's publishes no `x5c`", "use another issuer"),
    (
        "set-operators",
        "every operator takes ForAllValues and ForAnyValue",
        "only the positive string operators take them",
        "use StringEquals or StringLike",
    ),
    ("condition-keys", "the key is known", "the key is never set", "do not use the condition"),
)
HANDLING = {DifferenceKind.STRICTER: "nothing to do: less is allowed than on AWS", DifferenceKind.WEAKER: "accepted by name"}

DIFFERENCES = (
    *(DialectDifference(code, DifferenceKind.WORDING, aws, there, handling) for code, aws, there, handling in WORDING),
    *(DialectDifference(code, DifferenceKind.STRICTER, aws, there, HANDLING[DifferenceKind.STRICTER]) for code, aws, there in STRICTER),
    *(
        DialectDifference(code, DifferenceKind.WEAKER, aws, there, HANDLING[DifferenceKind.WEAKER], waiver)
        for code, aws, there, waiver in WEAKER
    ),
    *(DialectDifference(code, DifferenceKind.MISSING, aws, there, handling) for code, aws, there, handling in MISSING),
)
