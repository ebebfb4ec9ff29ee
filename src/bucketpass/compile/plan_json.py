"""A Plan as JSON: every resource, every document as AWS takes it, and the declaration that each statement came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

from bucketpass.compile.plan import Plan, TracedDocument
from bucketpass.policy import PolicyDocument, render_policy

__all__ = ["plan_json"]


def plan_json(plan: Plan) -> dict[str, object]:
    """The plan as JSON values. A document is `{"policy": ..., "origins": [[path, words], ...] by statement}`."""
    return {field.name: _value(getattr(plan, field.name)) for field in fields(plan)}


def _value(value: object) -> object:
    match value:
        case TracedDocument():
            origins = [[{"path": origin.path, "description": origin.words} for origin in traced.origins] for traced in value.statements]
            return {"policy": render_policy(value.document), "origins": origins}
        case PolicyDocument():
            return render_policy(value)
        case tuple():
            return [_value(item) for item in value]
        case Mapping():
            return {str(_value(name)): _value(item) for name, item in value.items()}
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
    if is_dataclass(value):
        return {field.name: _value(getattr(value, field.name)) for field in fields(value)}
    return value
