"""A bucket with its settings and its policy: which principals it admits, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bucketpass.aws.arn import Arn
from bucketpass.aws.log_delivery import DELIVERIES
from bucketpass.aws.quotas import BUCKET_POLICY_BYTES
from bucketpass.compile.names import Names
from bucketpass.compile.packing import GrantPart, may_fit, merge, statements_of, unite
from bucketpass.compile.plan import (
    AccessPointPlan,
    BucketPlan,
    Origin,
    TracedDocument,
    TracedStatement,
)
from bucketpass.compile.refusals import refusals
from bucketpass.errors import QuotaError
from bucketpass.model.bucket_rules import NO_POLICY
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement, parse_policy, policy_bytes

__all__ = ["bucket_plan", "is_elsewhere"]


def bucket_plan(name: str, allows: Iterable[GrantPart], key_uses: Iterable[GrantPart], roles: tuple[str, ...], names: Names) -> BucketPlan:
    """The bucket with its policy.

    allows, key_uses: what services may do with it and its key, their roles as principals; `roles`: those roles' ARNs.
    Raises `QuotaError` where its policy is larger than S3 takes.
    """
    bucket = names.access.buckets[name]
    log = bucket.logging.bucket if bucket.logging is not None else None
    return BucketPlan(
        name=name,
        bucket=names.bucket(name),
        arn=names.bucket_arn(name),
        policy=_policy(name, list(allows), roles, names),
        declared=bucket,
        key=names.key(name),
        # What others own gets what was asked for, and nothing by default.
        tags=names.tags(bucket.tags) if bucket.create else tuple(sorted(bucket.tags.items())),
        existing_policy=PolicyDocument(tuple(kept.statement for kept in _kept(name, names))) if bucket.policy is not None else None,
        region=names.region(name),
        key_policy=TracedDocument(merge(key_uses) if bucket.account or bucket.key_policy or is_elsewhere(names.key(name), names) else ()),
        log_bucket=names.bucket(log) if log is not None and log in names.access.buckets else log,
        access_points=tuple(
            AccessPointPlan(point, names.access_point_arn(name, point), bucket.vpc_access_points.get(point))
            for point in sorted((*bucket.access_points, *bucket.vpc_access_points))
        ),
    )


def is_elsewhere(key: str | None, names: Names) -> bool:
    """True of a key of another account, whose owner has to let the roles use it."""
    arn = Arn.parse(key or "")
    return arn is not None and arn.account != names.target.account


def _policy(name: str, allows: list[GrantPart], roles: tuple[str, ...], names: Names) -> TracedDocument:
    """The whole policy; where that is too large, with what roles have in common in one statement, or without what their own policies allow.

    What refuses stands first, and then what each role may do, so that the statements keep their places when another service comes.
    """
    needed, kept = (*refusals(name, roles, names), *_logs(name, names), *_deliveries(name, names)), _kept(name, names)
    foreign = names.access.buckets[name].account not in {None, names.target.account}

    def forms() -> Iterator[Iterable[TracedStatement]]:
        if may_fit(allows, BUCKET_POLICY_BYTES):
            yield _of_each_role(allows)
        united = unite(allows)
        if foreign or may_fit(united, BUCKET_POLICY_BYTES):
            yield statements_of(united)
        if not foreign:
            yield ()

    size = 0
    for form in forms():
        document = TracedDocument((*needed, *form, *kept))
        size = policy_bytes(document.document)
        if size <= BUCKET_POLICY_BYTES:
            return document
    raise QuotaError(
        f"the policy of bucket `{name}` has {size} bytes, S3 takes {BUCKET_POLICY_BYTES}",
        remedy="use access points, one role with `per:` a session tag, a pattern in `administrators`, or split the bucket",
    )


def _of_each_role(allows: list[GrantPart]) -> Iterator[TracedStatement]:
    """What each role may do, by itself, under the role's name."""
    by_role: dict[tuple[str, ...], list[GrantPart]] = {}
    for part in allows:
        by_role.setdefault(part.principals, []).append(part)
    taken: set[str] = set()
    for arns, parts in by_role.items():
        sid = "".join(word[:1].upper() + word[1:] for word in re.split("[^A-Za-z0-9]+", arns[0].rpartition("/")[2]))
        for number, traced in enumerate(merge(parts), start=1):
            own = f"{sid}{number if number > 1 else ''}"
            # A Sid stands once in a policy; names that differ in other characters alone share one.
            yield traced if own in taken else replace(traced, statement=replace(traced.statement, sid=own))
            taken.add(own)


def _kept(name: str, names: Names) -> tuple[TracedStatement, ...]:
    """The statements that an existing bucket's policy is declared to have."""
    policy = names.access.buckets[name].policy
    if policy is None or policy == NO_POLICY:
        return ()
    origin = Origin(f"buckets.{name}.policy", f"{name}: as its policy was")
    return tuple(TracedStatement(statement, (origin,)) for statement in parse_policy(policy).statements)


def _logs(name: str, names: Names) -> tuple[TracedStatement, ...]:
    """What lets S3 write the logs of other declared buckets here."""
    return tuple(
        TracedStatement(
            Statement(
                Effect.ALLOW,
                actions=("s3:PutObject",),
                resources=(f"{names.bucket_arn(name)}/{bucket.logging.prefix}*",),
                principal=PrincipalElement(service=("logging.s3.amazonaws.com",)),
                # SECURITY: any account may ask S3's log service to write somewhere (the confused deputy).
                conditions=(
                    Condition("ArnLike", "aws:SourceArn", (names.bucket_arn(source),)),
                    Condition("StringEquals", "aws:SourceAccount", (names.target.account,)),
                ),
            ),
            (Origin(f"buckets.{source}.logging", f"{name} gets the access log of {source}"),),
        )
        for source, bucket in names.access.buckets.items()
        if bucket.logging is not None and bucket.logging.bucket == name
    )


def _deliveries(name: str, names: Names) -> Iterator[TracedStatement]:
    """What lets AWS services write here, each as its guide says."""
    target, arn = names.target, names.bucket_arn(name)
    places = {"partition": target.partition, "region": names.region(name), "account": target.account}
    for index, service in enumerate(names.access.buckets[name].services):
        row = DELIVERIES[service]
        origin = Origin(f"buckets.{name}.services[{index}]", f"{service} writes to {name}")
        # SECURITY: any account may ask the service to write somewhere (the confused deputy).
        on_behalf = (
            Condition("ArnLike", "aws:SourceArn", (row.source.format(**places),)),
            Condition("StringEquals", "aws:SourceAccount", (target.account,)),
        )
        acl = (Condition("StringEquals", "s3:x-amz-acl", ("bucket-owner-full-control",)),) if row.sends_acl else ()
        forms = [("s3:PutObject", f"{arn}/{row.prefix.format(**places)}*", (*on_behalf, *acl))]
        forms += [("s3:GetBucketAcl", arn, on_behalf)] if row.reads_acl else []
        for action, resource, conditions in forms:
            statement = Statement(
                Effect.ALLOW,
                actions=(action,),
                resources=(resource,),
                principal=PrincipalElement(service=(row.principal,)),
                conditions=conditions,
            )
            yield TracedStatement(statement, (origin,))
