"""The policy of an adopted bucket or key: the live one is read while the program runs, and what others wrote into it is kept."""

from collections.abc import Callable

import pulumi
import pulumi_aws as aws

from bucketpass.aws.quotas import BUCKET_POLICY_BYTES, KEY_POLICY_BYTES
from bucketpass.errors import ProvisionError, QuotaError
from bucketpass.policy.shared import differences, mark_of, mark_statements, merge, others
from bucketpass.provision.components.adopted import live_key_policy

__all__ = ["live_policy", "merged_key_policy", "merged_policy"]

# What the answers of AWS's provider, and of the embedded engine, say where a bucket has no policy. [K]
ABSENT = ("NoSuchBucketPolicy", "couldn't find resource", "empty result")


def live_policy(bucket: str, options: pulumi.InvokeOptions) -> str | None:
    """Return the policy that the bucket has; None if it has none. Raise what the provider raises for any other answer."""
    try:
        return str(aws.s3.get_bucket_policy(bucket=bucket, opts=options).policy)
    except Exception as error:
        # SECURITY: an answer that is not understood is not taken for "no policy", which would replace what is there.
        if any(words in str(error) for words in ABSENT):
            return None
        raise


def merged_policy(bucket: str, live: str | None, existing: str | None) -> tuple[Callable[[str], str], str]:
    """Return what makes the bucket's whole policy of the statements to add, and a sentence on what stays.

    live: the policy that the bucket has. existing: what the declaration says that it has; None if it does not say it.
    Raises `ProvisionError` with the difference if the live policy is not as declared.
    """
    mark = mark_of(pulumi.get_project(), pulumi.get_stack())
    kept = others(live, mark)
    if existing is not None:
        missing, strange = differences(others(existing, mark), kept)
        if missing or strange:
            shown = [*(f"not in the live policy: {text}" for text in missing), *(f"not in the declaration: {text}" for text in strange)]
            raise ProvisionError(
                f"the live policy of bucket `{bucket}` is not what `policy` declares: {'; '.join(shown)}",
                remedy="declare what is there, or leave `policy` out to merge with whatever is there",
            )

    count = f"{len(kept)} statement{'' if len(kept) == 1 else 's'}"
    names = ", ".join(str(statement.get("Sid") or "(no Sid)") for statement in kept)
    return _whole(f"bucket `{bucket}`", live, mark, BUCKET_POLICY_BYTES), (
        f"bucket `{bucket}` is adopted: {count} of others in its policy stay as they are{f' ({names})' if names else ''}; "
        f"statements of this stack have a Sid that begins with `{mark}`, and `bucketpass down --statements {bucket}` removes them alone"
    )


def merged_key_policy(key: str, options: pulumi.InvokeOptions) -> tuple[Callable[[str], str], str]:
    """Return what makes the key's whole policy of the statements to add, and a sentence on what stays."""
    mark = mark_of(pulumi.get_project(), pulumi.get_stack())
    return _whole(f"key `{key}`", live_key_policy(key, options), mark, KEY_POLICY_BYTES), (
        f"key `{key}` is adopted: the statements of others in its policy stay as they are; "
        f"those of this stack have a Sid that begins with `{mark}`, and `bucketpass down --statements {key}` removes them alone"
    )


def _whole(owner: str, live: str | None, mark: str, most: int) -> Callable[[str], str]:
    def whole(added: str) -> str:
        merged = merge(live, mark_statements(added, mark), mark)
        size = len(merged.encode())
        if size > most:
            raise QuotaError(
                f"the policy of {owner} would have {size} bytes with what others wrote, AWS takes {most}",
                remedy="remove statements that are no longer needed, or give the services access points",
            )
        return merged

    return whole
