"""What tools that cannot merge a bucket's policy need: to be told all of it."""

from __future__ import annotations

from bucketpass.compile.plan import Plan
from bucketpass.errors import DeclarationError, Diagnostic, Place

__all__ = ["CANNOT_MERGE", "require_existing_policies"]

CANNOT_MERGE = (
    "This is the whole policy of a bucket that others own as well: it replaces what the bucket's policy says by then. "
    "It was made from the `policy` of the declaration; compare that with the live policy before each deployment."
)


def require_existing_policies(plan: Plan, tool: str) -> None:
    """Raise `DeclarationError` if an adopted bucket of the plan has no `policy` in the declaration."""
    unknown = [bucket.name for bucket in plan.buckets if bucket.write_policy and not bucket.policy_is_known]
    if unknown:
        raise DeclarationError(
            diagnostics=tuple(
                Diagnostic(
                    DeclarationError.code,
                    f"{tool} cannot merge a bucket policy with what others wrote, and the policy of bucket `{name}` is not declared",
                    "Add `policy:` with what `aws s3api get-bucket-policy` prints, or `policy: none`; `bucketpass up` and Pulumi merge.",
                    Place(path=f"buckets.{name}.policy"),
                )
                for name in unknown
            )
        )
