"""What a bucket's policy refuses to everyone.

Each row guards against a request that the roles' own policies cannot see: of other principals, over plain http, with another
key. Every Deny on a key that may be absent says what absence means: negated operators alone match it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.compile.names import Names
from bucketpass.compile.plan import Origin, TracedStatement
from bucketpass.model.access import Bucket, Relaxation
from bucketpass.model.bucket import OTHERS
from bucketpass.policy import Condition, Effect, PrincipalElement, Statement

__all__ = ["refusals"]

EVERYONE = PrincipalElement(everyone=True)
ALL = ("s3:*",)
UPLOADS = ("s3:PutObject",)
SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
SSE_CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"
# SECURITY: with a bare Bool an engine that leaves the key out would skip the Deny.
NOT_AWS_ITSELF = Condition("BoolIfExists", "aws:PrincipalIsAWSService", ("false",))


@dataclass(frozen=True, slots=True)
class _Row:
    """One Deny. `cause`: the part of the bucket's declaration that it is there for, and the same in words."""

    sid: str
    actions: tuple[str, ...]
    conditions: tuple[Condition, ...]
    cause: str
    words: str


def refusals(name: str, roles: tuple[str, ...], names: Names) -> tuple[TracedStatement, ...]:
    """The Deny statements of the bucket's policy. `roles`: the ARNs of the roles that have a grant on it."""
    bucket = names.access.buckets[name]
    if bucket.account == OTHERS:
        return ()
    arn = names.bucket_arn(name)
    rows = (
        *(row for relaxation, rows in _guard_rails(names.key(name), bucket.algorithms) if relaxation not in bucket.relax for row in rows),
        *_perimeter(bucket),
        *_exclusive(bucket, roles),
    )
    return tuple(
        TracedStatement(
            Statement(
                Effect.DENY,
                actions=row.actions,
                resources=(f"{arn}/*",) if row.actions == UPLOADS else (arn, f"{arn}/*"),
                principal=EVERYONE,
                conditions=tuple(sorted(row.conditions, key=lambda condition: (condition.operator, condition.key))),
                sid=row.sid,
            ),
            (Origin(f"buckets.{name}{row.cause}", f"{name}: {row.words}"),),
        )
        for row in rows
    )


def _guard_rails(key: str | None, algorithms: tuple[str, ...]) -> tuple[tuple[Relaxation, tuple[_Row, ...]], ...]:
    plain = _Row("DenyPlainHttp", ALL, (Condition("Bool", "aws:SecureTransport", ("false",)),), "", "no plain http")
    old = _Row("DenyOldTls", ALL, (Condition("NumericLessThan", "s3:TlsVersion", ("1.2",)),), "", "TLS 1.2 or newer only")
    customer = _Row("DenyCustomerKeys", UPLOADS, (Condition("Null", SSE_CUSTOMER, ("false",)),), "", "no keys of customers (SSE-C)")
    # An upload that names no encryption gets the bucket's own, so only what is named and different is refused.
    algorithm = _Row("DenyOtherEncryption", UPLOADS, _named_and_not(SSE, algorithms), ".encryption", "no other encryption than its own")
    other = _Row("DenyOtherKeys", UPLOADS, _named_and_not(SSE_KEY, (key or "",)), ".encryption", "no other key than its own")
    # SECURITY: an upload that names KMS and no key is encrypted with the key that AWS manages for S3, not with the bucket's [A].
    unnamed = (Condition("Null", SSE, ("false",)), Condition("Null", SSE_KEY, ("true",)))
    managed = _Row("DenyManagedKeys", UPLOADS, unnamed, ".encryption", "no key of AWS's own")
    return (
        (Relaxation.TLS, (plain, old)),
        (Relaxation.CUSTOMER_KEYS, (customer,)),
        (Relaxation.RIGHT_KEY, (algorithm,) if key is None else (algorithm, other, managed)),
    )


def _named_and_not(header: str, values: tuple[str, ...]) -> tuple[Condition, ...]:
    return Condition("Null", header, ("false",)), Condition("StringNotEquals", header, values)


def _perimeter(bucket: Bucket) -> tuple[_Row, ...]:
    perimeter, administrators = bucket.perimeter, tuple(sorted(bucket.administrators))
    organization = Condition("StringNotEqualsIfExists", "aws:PrincipalOrgID", (perimeter.organization or "",))
    endpoints = Condition("StringNotEqualsIfExists", "aws:SourceVpce", tuple(sorted(perimeter.vpc_endpoints)))
    rows = (
        (perimeter.organization, "DenyOtherOrganizations", (organization,), "only principals of its organization"),
        (
            perimeter.vpc_endpoints,
            "DenyOtherNetworks",
            (endpoints, Condition("ArnNotLikeIfExists", "aws:PrincipalArn", administrators)),
            "only through its VPC endpoints",
        ),
    )
    return tuple(_Row(sid, ALL, (*conditions, NOT_AWS_ITSELF), ".perimeter", words) for given, sid, conditions, words in rows if given)


def _exclusive(bucket: Bucket, roles: tuple[str, ...]) -> tuple[_Row, ...]:
    if not bucket.exclusive:
        return ()
    declared = Condition("ArnNotLikeIfExists", "aws:PrincipalArn", tuple(dict.fromkeys((*sorted(bucket.administrators), *roles))))
    return (_Row("DenyOthers", ALL, (declared, NOT_AWS_ITSELF), ".exclusive", "for declared services and administrators only"),)
