"""Pulumi's nested properties and AWS's structures, one made from the other.

They differ in the first letter (`bucketKeyEnabled`, `BucketKeyEnabled`), in a few abbreviations, and in plurals. A `Shape` has
the differences; all else follows from the first letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from bucketpass.provision.embedded.values import Value

__all__ = ["LIFECYCLE", "PLAIN", "Shape", "from_aws", "to_aws"]

_ABBREVIATIONS = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID", "mfaDelete": "MFADelete"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Names that do not follow the rule, Pulumi's to AWS's, and the names whose objects are AWS's lists of keys and values."""

    names: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()


PLAIN = Shape(_ABBREVIATIONS)
LIFECYCLE = Shape(_ABBREVIATIONS, tags=frozenset({"tags"}))


def to_aws(value: Mapping[str, Value], shape: Shape) -> Any:
    """`value` as botocore takes it. Absent and empty properties are left out."""
    return _to_aws(value, shape)


def _to_aws(value: Value, shape: Shape) -> object:
    if isinstance(value, Mapping):
        return {
            shape.names.get(name, name[:1].upper() + name[1:]): (
                [{"Key": key, "Value": tag} for key, tag in inner.items()]
                if name in shape.tags and isinstance(inner, Mapping)
                else _to_aws(inner, shape)
            )
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_to_aws(item, shape) for item in value]
    return value


def from_aws(value: Mapping[str, Any], shape: Shape) -> dict[str, Value]:
    """AWS's structure as Pulumi's properties."""
    return cast("dict[str, Value]", _from_aws(value, shape))


def _from_aws(value: object, shape: Shape) -> object:
    if isinstance(value, Mapping):
        back = {aws: pulumi for pulumi, aws in shape.names.items()}
        named = {back.get(name, name[:1].lower() + name[1:]): inner for name, inner in value.items()}
        return {
            name: (
                {tag["Key"]: tag["Value"] for tag in inner} if name in shape.tags and isinstance(inner, list) else _from_aws(inner, shape)
            )
            for name, inner in named.items()
        }
    if isinstance(value, list):
        return [_from_aws(item, shape) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
