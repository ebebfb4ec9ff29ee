"""Declared values as access.yaml spells them, without what is the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.model import Bucket, Grant, Issuer, Listing

__all__ = ["Tree", "bucket_tree", "grant_tree", "issuer_tree", "without_defaults"]

Tree = dict[str, Any]


def without_defaults(tree: Mapping[str, Any]) -> Tree:
    """The fields that say something."""
    return {name: value for name, value in tree.items() if value not in (None, "", (), [], {}, False)}


def issuer_tree(issuer: Issuer) -> Tree:
    """An issuer."""
    return without_defaults(
        {
            "preset": issuer.preset,
            "url": issuer.url,
            "audience": list(issuer.audience),
            "several_audiences": issuer.several_audiences,
            "provider": None if issuer.provider == "create" else issuer.provider,
        }
    )


def grant_tree(grant: Grant) -> Tree:
    """A grant; one of a whole bucket has no prefix."""
    return without_defaults(
        {
            "bucket": grant.bucket,
            "prefix": grant.prefix,
            "key": grant.key,
            "keys": list(grant.keys),
            "exclude": list(grant.exclude),
            "access": [level.value for level in grant.access],
            "actions": list(grant.actions),
            "listing": None if grant.listing is Listing.EXACT else grant.listing.value,
            "head": grant.head,
        }
    )


def bucket_tree(bucket: Bucket) -> Tree:
    """Return the declaration of an existing bucket."""
    encryption = None if bucket.encryption == "s3" else {"key": bucket.encryption}
    tree = without_defaults({"name": bucket.name, "encryption": encryption, "policy": bucket.policy})
    return {**tree, "create": False, **({} if bucket.bucket_key else {"bucket_key": False})}
