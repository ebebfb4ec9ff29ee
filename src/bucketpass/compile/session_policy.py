"""A session policy from grants: what a session of the role may do, at most. The role's own policies still have to allow it."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.aws.quotas import SESSION_POLICY_CHARACTERS
from bucketpass.compile.actions import KMS_ACTIONS, actions_of
from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge
from bucketpass.compile.permissions import grant_statements
from bucketpass.errors import QuotaError
from bucketpass.policy import Condition, Effect, PolicyDocument, Statement, policy_size

__all__ = ["session_policy"]


def session_policy(service: str, names: Names) -> PolicyDocument:
    """The grants of a service as a session policy. Raises QuotaError where STS would refuse it as too large.

    A session policy allows nothing by itself, so its statement on KMS names every key: which of them may be used is the role's policy's
    to say. It is needed because a session policy without it would take the role's keys away.
    """
    merged = merge(part for grant in grant_statements(service, names) for part in grant.role)
    document = PolicyDocument((*(traced.statement for traced in merged), *key_statements(service, names)))
    size = policy_size(document)
    if size > SESSION_POLICY_CHARACTERS:
        raise QuotaError(
            f"the session policy has {size:,} characters, AWS takes {SESSION_POLICY_CHARACTERS:,}", remedy="name fewer or shorter prefixes"
        )
    return document


def key_statements(service: str, names: Names) -> Iterator[Statement]:
    """KMS through S3 for these buckets, with both encryption contexts: a bucket key's, and that of data from before there was one."""
    grants = names.access.services[service].grants
    actions = {companion for grant in grants for action in actions_of(grant) for companion in KMS_ACTIONS.get(action, ())}
    if actions:
        buckets = sorted({names.bucket_arn(grant.bucket) for grant in grants})
        contexts = tuple(context for bucket in buckets for context in (bucket, f"{bucket}/*"))
        endpoints = sorted({names.s3_endpoint(grant.bucket) for grant in grants})
        via = Condition("StringEquals", "kms:ViaService", tuple(endpoints))
        context = Condition("StringLike", "kms:EncryptionContext:aws:s3:arn", contexts)
        yield Statement(Effect.ALLOW, actions=tuple(sorted(actions)), resources=("*",), conditions=(via, context))
