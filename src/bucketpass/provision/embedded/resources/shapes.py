"""Pulumi's nested properties and AWS's structures, one made from the other.

They differ in the first letter (`bucketKeyEnabled`, `BucketKeyEnabled`) and in a few names and wrappings. A `PropertyMapping` has the
latter; all else follows from the first letter.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.values import Value

__all__ = ["LIFECYCLE", "PLAIN", "PropertyMapping", "from_aws", "refuse_unknown_names", "to_aws"]


@dataclass(frozen=True, slots=True)
class PropertyMapping:
    """The differences between Pulumi's properties and AWS's.

    names: Pulumi's name to AWS's. tags: objects that are lists of keys and values in AWS. wrapped: lists that AWS has in a structure,
    and their name in it.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    wrapped: Mapping[str, str] = field(default_factory=dict)


_ABBREVIATIONS = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID", "mfaDelete": "MFADelete"}
PLAIN = PropertyMapping(_ABBREVIATIONS, wrapped={"blockedEncryptionTypes": "EncryptionType"})
LIFECYCLE = PropertyMapping(_ABBREVIATIONS, tags=frozenset({"tags"}))


def refuse_unknown_names(client: Any, method: str, parameter: str, sent: Any) -> None:
    """Raise `RequestError` if `sent`, for a parameter of a client's method, has a name that AWS's own description of the call has not."""
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    _refuse(sent, operation.input_shape.members[parameter], "")


def _refuse(value: Any, shape: Any, path: str) -> None:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, inner in value.items():
            here = f"{path}.{_plain(name)}".lstrip(".")
            if name not in shape.members:
                known = [_plain(member) for member in shape.members]
                near = difflib.get_close_matches(_plain(name), known, n=1)
                raise RequestError(
                    f"property `{here}` is not known, expected one of {', '.join(f'`{member}`' for member in known)}",
                    remedy=f"Use `{near[0]}`." if near else "",
                )
            _refuse(inner, shape.members[name], here)
    elif shape.type_name == "list" and isinstance(value, list):
        for number, inner in enumerate(value):
            _refuse(inner, shape.member, f"{path}[{number}]")


def _plain(name: str) -> str:
    """A name of AWS's as Pulumi spells it."""
    back = {aws: pulumi for pulumi, aws in _ABBREVIATIONS.items()}
    return back.get(name, name[:1].lower() + name[1:])


def to_aws(value: Mapping[str, Value], shape: PropertyMapping) -> Any:
    """`value` as botocore takes it. Absent properties are left out."""
    return {
        shape.names.get(name, name[:1].upper() + name[1:]): _inner_to_aws(name, inner, shape)
        for name, inner in value.items()
        if inner is not None
    }


def _inner_to_aws(name: str, value: Value, shape: PropertyMapping) -> object:
    if name in shape.tags and isinstance(value, Mapping):
        return [{"Key": key, "Value": tag} for key, tag in value.items()]
    if name in shape.wrapped:
        return {shape.wrapped[name]: value}
    if isinstance(value, Mapping):
        return to_aws(value, shape)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_inner_to_aws("", item, shape) for item in value]
    return value


def from_aws(value: Mapping[str, Any], shape: PropertyMapping) -> dict[str, Value]:
    """AWS's structure as Pulumi's properties."""
    back = {aws: pulumi for pulumi, aws in shape.names.items()}
    named = {back.get(name, name[:1].lower() + name[1:]): inner for name, inner in value.items()}
    return {name: cast("Value", _inner_from_aws(name, inner, shape)) for name, inner in named.items()}


def _inner_from_aws(name: str, value: Any, shape: PropertyMapping) -> object:
    if name in shape.tags and isinstance(value, list):
        return {tag["Key"]: tag["Value"] for tag in value}
    if name in shape.wrapped and isinstance(value, Mapping):
        return value[shape.wrapped[name]]
    if isinstance(value, Mapping):
        return from_aws(value, shape)
    if isinstance(value, list):
        return [_inner_from_aws("", item, shape) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
