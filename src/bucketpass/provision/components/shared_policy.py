"""The live policy of an adopted bucket, read while the program runs."""

import pulumi
import pulumi_aws as aws

__all__ = ["live_policy"]

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
