"""Documents as JSON: canonical and compact."""

from __future__ import annotations

import json
import re

from bucketpass.errors import PolicyError
from bucketpass.policy.document import PolicyDocument, PrincipalElement, Statement

__all__ = ["policy_json", "render_policy"]

_BEYOND_LATIN_1 = re.compile("[^\x00-\xff]")


def render_policy(document: PolicyDocument) -> dict[str, object]:
    """The document as AWS's JSON, in Python values. Lists stay lists, so that one and several values look alike.

    Raises `PolicyError` where a statement has one operator and key twice: JSON cannot hold it.
    """
    head: dict[str, object] = {}
    if document.version is not None:
        head["Version"] = document.version
    if document.id is not None:
        head["Id"] = document.id
    return head | {"Statement": [_statement(statement) for statement in document.statements]}


def _statement(statement: Statement) -> dict[str, object]:
    rendered: dict[str, object] = {}
    if statement.sid is not None:
        rendered["Sid"] = statement.sid
    rendered["Effect"] = statement.effect.value
    principals = {"Principal": statement.principal, "NotPrincipal": statement.not_principal}
    rendered |= {name: _principal(element) for name, element in principals.items() if element is not None}
    lists = {
        "Action": statement.actions,
        "NotAction": statement.not_actions,
        "Resource": statement.resources,
        "NotResource": statement.not_resources,
    }
    rendered |= {name: list(values) for name, values in lists.items() if values is not None}
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in statement.conditions:
        keys = conditions.setdefault(condition.operator, {})
        if condition.key in keys:
            # Both must hold, which JSON has no place for; to write the last alone would allow more.
            raise PolicyError(f"`{condition.operator}` on `{condition.key}` stands twice in one statement", remedy="split the statement")
        keys[condition.key] = list(condition.values)
    return rendered | ({"Condition": conditions} if conditions else {})


def _principal(element: PrincipalElement) -> str | dict[str, list[str]]:
    if element.everyone:
        return "*"
    kinds = {
        "AWS": element.aws,
        "Federated": element.federated,
        "Service": element.service,
        "CanonicalUser": element.canonical_user,
    }
    return {kind: list(values) for kind, values in kinds.items() if values}


def policy_json(document: PolicyDocument) -> str:
    """The document as JSON without white space between its tokens. Characters beyond U+00FF are JSON escapes: IAM takes no others."""
    text = json.dumps(render_policy(document), ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else _BEYOND_LATIN_1.sub(lambda found: json.dumps(found[0])[1:-1], text)
