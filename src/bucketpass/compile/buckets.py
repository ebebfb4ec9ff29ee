"""A bucket's policy: the services that it lets in, and what it refuses to everyone.

The refusals are a table. Each guards against a request that the roles' own policies cannot see: of other principals, over
plain http, with another key.
"""

from __future__ import annotations

from collections.abc import Iterable

from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge
from bucketpass.compile.plan import BucketPlan, Origin, TracedDocument, TracedStatement
from bucketpass.model.access import Access, Relaxation
from bucketpass.policy import Condition, Effect, PrincipalElement, Statement

__all__ = ["bucket_plan"]

EVERYONE = PrincipalElement(everyone=True)
SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
SSE_CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"


def bucket_plan(name: str, allows: Iterable[TracedStatement], roles: tuple[str, ...], names: Names) -> BucketPlan:
    """The bucket with its policy. `allows`: what services may do, with their roles as principals; `roles`: those roles' ARNs."""
    bucket = names.access.buckets[name]
    return BucketPlan(
        name=name,
        bucket=names.bucket(name),
        arn=names.bucket_arn(name),
        policy=TracedDocument((*merge(allows), *_refusals(name, roles, names))),
        key=names.key(name),
        versioning=bucket.versioning,
        create=bucket.create and bucket.account is None,
        tags=_tags(names.access),
    )


def _refusals(name: str, roles: tuple[str, ...], names: Names) -> tuple[TracedStatement, ...]:
    bucket = names.access.buckets[name]
    arn = names.bucket_arn(name)
    whole, objects = (arn, f"{arn}/*"), (f"{arn}/*",)
    key = names.key(name)
    algorithms = ("AES256",) if key is None else ("aws:kms", "aws:kms:dsse")
    tables = (
        (
            Relaxation.TLS,
            (
                ("DenyPlainHttp", ("s3:*",), whole, (Condition("Bool", "aws:SecureTransport", ("false",)),)),
                ("DenyOldTls", ("s3:*",), whole, (Condition("NumericLessThan", "s3:TlsVersion", ("1.2",)),)),
            ),
        ),
        (
            Relaxation.CUSTOMER_KEYS,
            (("DenyCustomerKeys", ("s3:PutObject",), objects, (Condition("Null", SSE_CUSTOMER, ("false",)),)),),
        ),
        # An upload that names no encryption gets the bucket's own, so only named and different ones are refused: the
        # negated operators alone would match the absent header too.
        (
            Relaxation.RIGHT_KEY,
            (
                (
                    "DenyOtherEncryption",
                    ("s3:PutObject",),
                    objects,
                    (Condition("Null", SSE, ("false",)), Condition("StringNotEquals", SSE, algorithms)),
                ),
                *(
                    ()
                    if key is None
                    else (
                        (
                            "DenyOtherKeys",
                            ("s3:PutObject",),
                            objects,
                            (Condition("Null", SSE_KEY, ("false",)), Condition("StringNotEquals", SSE_KEY, (key,))),
                        ),
                    )
                ),
            ),
        ),
    )
    refusals = [
        _deny(sid, actions, resources, conditions, Origin(f"buckets.{name}", f"{name}: guard rail `{relaxation.value}`"))
        for relaxation, rows in tables
        if relaxation not in bucket.relax
        for sid, actions, resources, conditions in rows
    ]
    if bucket.exclusive:
        welcome = tuple(sorted({*roles, *bucket.administrators}))
        conditions = (
            Condition("ArnNotLike", "aws:PrincipalArn", welcome),
            Condition("Bool", "aws:PrincipalIsAWSService", ("false",)),
        )
        origin = Origin(f"buckets.{name}.exclusive", f"{name} is for declared services and administrators only")
        refusals.append(_deny("DenyOthers", ("s3:*",), whole, conditions, origin))
    return tuple(refusals)


def _deny(
    sid: str, actions: tuple[str, ...], resources: tuple[str, ...], conditions: tuple[Condition, ...], origin: Origin
) -> TracedStatement:
    statement = Statement(Effect.DENY, actions=actions, resources=resources, principal=EVERYONE, conditions=conditions, sid=sid)
    return TracedStatement(statement, (origin,))


def _tags(access: Access) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(access.tags.items()))
