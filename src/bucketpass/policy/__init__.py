"""The policy language: AWS's JSON policies as values; parsed, written and measured. No decisions are made here.

::

    document = parse_policy('{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}')
    policy_size(document)      # characters, as AWS counts them
    policy_json(document)      # compact JSON
    escape_pattern("50%*off")  # '50%${*}off': the key itself, as a pattern
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
    from bucketpass.policy.grammar import PolicyKind, check_policy
    from bucketpass.policy.operators import Operator, parse_operator
    from bucketpass.policy.parse import parse_policy
    from bucketpass.policy.pattern import escape_pattern, parse_pattern
    from bucketpass.policy.render import policy_json, render_policy
    from bucketpass.policy.size import policy_bytes, policy_size

__all__ = [
    "Condition",
    "Effect",
    "Operator",
    "PolicyDocument",
    "PolicyKind",
    "PrincipalElement",
    "Statement",
    "check_policy",
    "escape_pattern",
    "parse_operator",
    "parse_pattern",
    "parse_policy",
    "policy_bytes",
    "policy_json",
    "policy_size",
    "render_policy",
]

_MODULES = {
    "document": ("Condition", "Effect", "PolicyDocument", "PrincipalElement", "Statement"),
    "grammar": ("PolicyKind", "check_policy"),
    "operators": ("Operator", "parse_operator"),
    "parse": ("parse_policy",),
    "pattern": ("escape_pattern", "parse_pattern"),
    "render": ("policy_json", "render_policy"),
    "size": ("policy_bytes", "policy_size"),
}


def __getattr__(name: str) -> object:
    """The public name, from its module: imported when first asked for, so that to decide needs no reader of JSON."""
    module = next((module for module, names in _MODULES.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
