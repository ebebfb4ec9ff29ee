"""Findings about buckets."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.aws.arn import Arn
from bucketpass.compile.check.found import Found
from bucketpass.compile.plan import Plan
from bucketpass.model.access import Access, AccessLevel, Bucket, StorageClass
from bucketpass.model.bucket import OTHERS

__all__ = ["bucket_findings", "key_findings"]

# Objects there are restored before they can be read.
ARCHIVES = frozenset({StorageClass.GLACIER, StorageClass.DEEP_ARCHIVE})
CHANGING = frozenset({AccessLevel.WRITE, AccessLevel.DELETE})


def bucket_findings(access: Access) -> Iterator[Found]:
    """Return what is risky about buckets."""
    grants = [grant for service in access.services.values() for grant in service.grants]
    used = {grant.bucket for grant in grants} | {bucket.logging.bucket for bucket in access.buckets.values() if bucket.logging}
    changed = {grant.bucket for grant in grants if CHANGING & set(grant.access)}
    for name, bucket in access.buckets.items():
        path = f"buckets.{name}"
        if name not in used and not bucket.services:
            yield "unused", path, f"no service has a grant on bucket `{name}`", "Remove it, or grant it."
        if not bucket.versioning and name in changed:
            message = f"services may overwrite or delete objects of `{name}`, and no old version is kept"
            yield "no-versioning", f"{path}.versioning", message, ""
        if bucket.account == OTHERS:
            message = f"whoever owns `{name}` decides what is in it, and sees which account reads what"
            yield "bucket-of-others", f"{path}.account", message, ""
            continue
        yield from _doors(path, name, bucket)
        yield from _life(path, name, bucket, access)


def _life(path: str, name: str, bucket: Bucket, access: Access) -> Iterator[Found]:
    """What becomes of objects that services read, and which pages may use the bucket."""
    readers = [
        (service, grant.prefix if grant.key is None else grant.key)
        for service, declared in (access.services.items() if bucket.lifecycle.rules else ())
        for grant in declared.grants
        if grant.bucket == name and AccessLevel.READ in grant.access
    ]
    for index, rule in enumerate(bucket.lifecycle.rules):
        archived = [days for storage, days in rule.transitions.items() if storage in ARCHIVES]
        found = sorted({service for service, start in readers if start.startswith(rule.prefix) or rule.prefix.startswith(start)})
        if archived and found:
            message = f"{', '.join(f'`{service}`' for service in found)} can read objects of `{rule.prefix}` for {min(archived)} days only"
            yield "archived-objects", f"{path}.lifecycle.rules[{index}].transitions", message, ""
    for index, page in enumerate(bucket.cors):
        if "*" in page.origins:
            message = f"pages of every origin may ask for {' and '.join(page.methods)}, with credentials that they have"
            yield "any-origin", f"{path}.cors[{index}].origins", message, ""


def key_findings(access: Access, plan: Plan) -> Iterator[Found]:
    """Yield the keys that S3 cannot use for a bucket, since they are of another Region."""
    known = [bucket for bucket in plan.buckets if bucket.declared.region is not None or not plan.target.region_assumed]
    home = {bucket.name: bucket.region for bucket in known}
    for name, service in access.services.items():
        regions = {home.get(grant.bucket, "") for grant in service.grants}
        for index, key in enumerate(service.keys):
            arn = Arn.parse(key)
            if arn is not None and regions and not {arn.region, ""} & regions:
                message = f"S3 takes keys of a bucket's own Region; this one is of `{arn.region}`, where `{name}` has no bucket"
                yield "key-region", f"services.{name}.keys[{index}]", message, ""
    for bucket in known:
        arn = Arn.parse(bucket.key or "")
        if arn is not None and arn.region != bucket.region:
            message = f"S3 takes keys of the bucket's own Region; this one is of `{arn.region}`, the plan is for `{bucket.region}`"
            yield "key-region", f"buckets.{bucket.name}.encryption", message, ""


def _doors(path: str, name: str, bucket: Bucket) -> Iterator[Found]:
    for relaxation, reason in bucket.relax.items():
        message = f"`{relaxation.value}` is off; the reason given: {reason}"
        yield "relaxed", f"{path}.relax.{relaxation.value}", message, ""
    for index, administrator in enumerate(bucket.administrators):
        if set("*?") & set(administrator):
            message = f"`{administrator}` admits every principal that is ever given such a name"
            yield "wildcard-administrator", f"{path}.administrators[{index}]", message, ""
    if not bucket.create and bucket.account is None and bucket.policy is None:
        message = (
            f"the policy that `{name}` has is not known here: the guard rails are added beside it, and what it allows others is not proved"
        )
        yield "unknown-policy", path, message, ""
    elif not bucket.exclusive:
        message = f"principals of the account with `s3:*` of their own reach `{name}` as well"
        yield "not-exclusive", path, message, ""
