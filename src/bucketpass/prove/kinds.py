"""The kinds of guarantees, by the code that `prove --json` and `prove --explain` call them: what each says, and what breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["KINDS", "GuaranteeKind"]


@dataclass(frozen=True, slots=True)
class GuaranteeKind:
    """`holds`: proved if and only if this is so. `broken_by`: what most often stands behind a counterexample, and the remedy."""

    code: str
    holds: str
    broken_by: str


_SERVICE = "A statement in the role's or the bucket's policies that no grant means, or a grant that another policy refuses. Remedy: "
_ROWS = (
    GuaranteeKind(
        "tokens",
        "STS gives a session of the service's roles for exactly the tokens of its declared identities, whatever their claims.",
        "A condition of the trust policy that was dropped, widened or misspelt. Remedy: deploy the trust policy that `plan` prints.",
    ),
    GuaranteeKind(
        "callers",
        "Nobody becomes one of the service's roles but with a token of a provider that its trust names, or as its `trust` says.",
        "A principal, an AWS service or a provider in the trust policy that is not declared. Remedy: remove it, or declare it in `trust`.",
    ),
    GuaranteeKind(
        "requests",
        "The service's sessions may make exactly the S3 and KMS requests that a grant means, and none elsewhere.",
        _SERVICE + "deploy the policies that `plan` prints, or declare what is meant as a grant.",
    ),
    GuaranteeKind(
        "administration-by-service",
        "No session of the service changes a bucket's policy or settings, or a role, a policy, a user or an identity provider in IAM.",
        "An action with a wildcard, or a managed policy that is attached. Remedy: allow single actions on objects.",
    ),
    GuaranteeKind(
        "tenants",
        "Two sessions of the service whose tags differ reach no object in common, but what another grant means for all of them.",
        "Folders of one tag within those of another, or a fence on the tag that was dropped. Remedy: give each `per` a prefix of its own.",
    ),
    GuaranteeKind(
        "listings",
        "No session of the service lists names in the folder of a tag that is not its own.",
        "A listing that no condition on s3:prefix fences, or folders of one tag within those of another. Remedy: as for `tenants`.",
    ),
    GuaranteeKind(
        "creations",
        "Where the service may only create, no session replaces or deletes an object that is there.",
        "A statement that allows s3:PutObject without If-None-Match. Remedy: grant `create` alone below the prefix.",
    ),
    GuaranteeKind(
        "others",
        "Nobody touches the bucket who is not declared to, and its administrators are not locked out.",
        "A principal in the bucket's policy that is not declared, or a Deny that binds administrators. Remedy: deploy that of `plan`.",
    ),
    GuaranteeKind(
        "public-access",
        "No unsigned request on the bucket is allowed.",
        'A statement for `"*"`. Remedy: remove it, and keep Block Public Access on.',
    ),
    GuaranteeKind(
        "writers",
        "No service writes an object that only other services were granted to write.",
        _SERVICE + "give each service a prefix of its own.",
    ),
    GuaranteeKind(
        "administration-of-bucket",
        "Nobody but administrators changes the bucket's policy, Block Public Access, lifecycle, replication or other settings.",
        "A statement of the bucket's policy that allows more than objects. Remedy: name it in `administrators`, or remove it.",
    ),
    GuaranteeKind(
        "transport",
        "No request over plain http or TLS older than 1.2 is allowed to anybody.",
        "The Deny on aws:SecureTransport or s3:TlsVersion was dropped. Remedy: deploy the bucket policy of `plan`.",
    ),
    GuaranteeKind(
        "encryption",
        "No object is put with another encryption or key than the bucket's.",
        "The Deny on x-amz-server-side-encryption was dropped. Remedy: deploy the bucket policy of `plan`.",
    ),
    GuaranteeKind(
        "customer-keys",
        "No object is put with a key of the caller's (SSE-C).",
        "The Deny on the SSE-C header was dropped. Remedy: deploy the bucket policy of `plan`.",
    ),
    GuaranteeKind(
        "key",
        "Nobody who is not declared may use, grant or destroy the KMS key by its own policy.",
        "A principal in the key policy that is not declared. Remedy: remove it from the key policy.",
    ),
    GuaranteeKind(
        "never",
        "No session of the named services may do what the guarantee says is never possible.",
        "A grant that covers it. Remedy: narrow the grant, or the guarantee.",
    ),
)
KINDS: Mapping[str, GuaranteeKind] = {row.code: row for row in _ROWS}
