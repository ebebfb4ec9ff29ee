"""What tools that cannot merge must know of a bucket that others own, and what they cannot set there."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.compile.plan import Plan
from bucketpass.emit.blueprint import Blueprint
from bucketpass.emit.bucket_settings import BUCKET_SETTINGS
from bucketpass.errors import DeclarationError, Diagnostic, Place

__all__ = ["CANNOT_MERGE", "require_no_merge"]

CANNOT_MERGE = (
    "This is the whole policy of a bucket that others own as well: it replaces what the bucket's policy says by then. "
    "It was made from the `policy` of the declaration; compare that with the live policy before each deployment."
)
# What is set as a whole, so that what others have there would be lost: by kind of resource, the field that asks for it.
FIELDS = {"kms.KeyPolicy": "key_policy", **{setting.kind: setting.adopted for setting in BUCKET_SETTINGS if setting.adopted}}


def require_no_merge(blueprint: Blueprint, tool: str) -> None:
    """Raise `DeclarationError` if something would have to be merged with what others have at an adopted bucket or key."""
    if found := (*_unknown_policies(blueprint.plan, tool), *_unmergeable(blueprint, tool)):
        raise DeclarationError(diagnostics=found)


def _unknown_policies(plan: Plan, tool: str) -> Iterator[Diagnostic]:
    for bucket in plan.buckets:
        if bucket.write_policy and not bucket.policy_is_known:
            yield Diagnostic(
                DeclarationError.code,
                f"{tool} cannot merge a bucket policy with what others wrote, and the policy of bucket `{bucket.name}` is not declared",
                "Add `policy:` with what `aws s3api get-bucket-policy` prints, or `policy: none`; `bucketpass up` and Pulumi merge.",
                Place(path=f"buckets.{bucket.name}.policy"),
            )


def _unmergeable(blueprint: Blueprint, tool: str) -> Iterator[Diagnostic]:
    for resource in blueprint.resources:
        if resource.adopted and resource.kind in FIELDS:
            field = FIELDS[resource.kind]
            yield Diagnostic(
                DeclarationError.code,
                f"{tool} cannot merge `{field}` with what others have at `{resource.name}`, and would replace it",
                f"Remove `{field}` and set it where the bucket or key is made, or use `bucketpass up`, which merges.",
                Place(path=f"buckets.{resource.name}.{field}"),
            )
