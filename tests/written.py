"""A declaration as somebody would write it in access.yaml: only what differs from what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum

from bucketpass.model import Access, Grant, Identity

RENAMED = {"seconds": "duration"}


def written(access: Access) -> object:
    return _value(access)


def _value(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case str() | bool() | int() | None:
            return value
        case tuple():
            return [_value(item) for item in value]
        case Mapping():
            return {_value(name): _value(item) for name, item in value.items()}
        case Identity():
            return {**_record(value, without="claims"), **value.claims}
    return _record(value)


def _record(value: object, without: str = "") -> dict[str, object]:
    assert is_dataclass(value)
    record = {}
    for field in fields(value):
        held = getattr(value, field.name)
        usual = field.default if field.default_factory is MISSING else field.default_factory()
        # What a file does not say of access is not granted, whatever Python takes for usual.
        if field.name != without and (held != usual or (isinstance(value, Grant) and field.name == "access")):
            is_key = field.name == "encryption" and str(held).startswith("arn:")
            record[RENAMED.get(field.name, field.name)] = {"key": held} if is_key else _value(held)
    return record
