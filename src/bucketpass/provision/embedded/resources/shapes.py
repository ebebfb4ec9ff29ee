"""Pulumi's nested properties and AWS's structures, one made from the other.

They differ in the first letter (`bucketKeyEnabled`, `BucketKeyEnabled`) and in a few names and wrappings. A `Shape` has the
latter; all else follows from the first letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from bucketpass.provision.embedded.values import Value

__all__ = ["LIFECYCLE", "PLAIN", "Shape", "from_aws", "to_aws"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The differences. `names`: Pulumi's name to AWS's. `tags`: objects that are lists of keys and values to AWS. `wrapped`: lists
    that AWS has in a structure, and the name that they have in it.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    wrapped: Mapping[str, str] = field(default_factory=dict)


_ABBREVIATIONS = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID", "mfaDelete": "MFADelete"}
PLAIN = Shape(_ABBREVIATIONS, wrapped={"blockedEncryptionTypes": "EncryptionType"})
LIFECYCLE = Shape(_ABBREVIATIONS, tags=frozenset({"tags"}))


def to_aws(value: Mapping[str, Value], shape: Shape) -> Any:
    """`value` as botocore takes it. Absent properties are left out."""
    return {
        shape.names.get(name, name[:1].upper() + name[1:]): _inner_to_aws(name, inner, shape)
        for name, inner in value.items()
        if inner is not None
    }


def _inner_to_aws(name: str, value: Value, shape: Shape) -> object:
    if name in shape.tags and isinstance(value, Mapping):
        return [{"Key": key, "Value": tag} for key, tag in value.items()]
    if name in shape.wrapped:
        return {shape.wrapped[name]: value}
    if isinstance(value, Mapping):
        return to_aws(value, shape)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_inner_to_aws("", item, shape) for item in value]
    return value


def from_aws(value: Mapping[str, Any], shape: Shape) -> dict[str, Value]:
    """AWS's structure as Pulumi's properties."""
    back = {aws: pulumi for pulumi, aws in shape.names.items()}
    named = {back.get(name, name[:1].lower() + name[1:]): inner for name, inner in value.items()}
    return {name: cast("Value", _inner_from_aws(name, inner, shape)) for name, inner in named.items()}


def _inner_from_aws(name: str, value: Any, shape: Shape) -> object:
    if name in shape.tags and isinstance(value, list):
        return {tag["Key"]: tag["Value"] for tag in value}
    if name in shape.wrapped and isinstance(value, Mapping):
        return value[shape.wrapped[name]]
    if isinstance(value, Mapping):
        return from_aws(value, shape)
    if isinstance(value, list):
        return [_inner_from_aws("", item, shape) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
