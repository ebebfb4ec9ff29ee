"""`aws.iam.getPolicyDocument`: statements of a program as a policy document, with source and override documents.

Documents are written as Terraform's `aws_iam_policy_document` writes them (single values as scalars, two-space indent, `&{` as `${`,
values of one operator and key joined). [K]
"""

from __future__ import annotations

import difflib
import json
import re
import zlib
from collections.abc import Mapping, Sequence

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.values import Properties, Value, items, maybe_text, text, texts

__all__ = ["policy_document"]

DOCUMENT = ("statements", "sourcePolicyDocuments", "overridePolicyDocuments", "version", "policyId")
LISTS = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}
PRINCIPALS = {"principals": "Principal", "notPrincipals": "NotPrincipal"}
STATEMENT = ("sid", "effect", *LISTS, *PRINCIPALS, "conditions")
CONDITION = ("test", "variable", "values")
PRINCIPAL = ("type", "identifiers")
WITH_VARIABLES = "2012-10-17"
Statement = dict[str, object]


def policy_document(arguments: Properties) -> Properties:
    """Return the arguments with `json`, `minifiedJson` and `id`. Raises `RequestError` for an argument that is not known."""
    given = _known(arguments, DOCUMENT, "getPolicyDocument")
    version = maybe_text(given, "version") or WITH_VARIABLES
    merged: list[Statement] = []
    for source in texts(given, "sourcePolicyDocuments"):
        merged = _merged(merged, _statements_of(source), may_replace=False)
    own = [_statement(_known(statement, STATEMENT, "a statement"), version) for statement in items(given, "statements")]
    merged = _merged(merged, own, may_replace=True)
    for override in texts(given, "overridePolicyDocuments"):
        merged = _merged(merged, _statements_of(override), may_replace=True)
    document: dict[str, object] = {"Version": version}
    if maybe_text(given, "policyId"):
        document["Id"] = text(given, "policyId")
    document["Statement"] = merged
    rendered = json.dumps(document, indent=2)
    minified = json.dumps(document, separators=(",", ":"))
    return {**arguments, "id": str(zlib.crc32(rendered.encode())), "json": rendered, "minifiedJson": minified}


def _known(value: Value, names: Sequence[str], where: str) -> Properties:
    """The object with Pulumi's names. A program may spell them with underscores; one that is not known would be lost in silence."""
    if not isinstance(value, Mapping):
        raise RequestError(f"got `{value}` for {where} of a policy document, expected an object")
    found = {re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name): inner for name, inner in value.items()}
    strange = next((name for name in found if name not in names), None)
    if strange is not None:
        near = difflib.get_close_matches(strange, names, n=1)
        raise RequestError(
            f"`{strange}` is not an argument of {where}, expected one of {', '.join(names)}", remedy=f"Use `{near[0]}`." if near else ""
        )
    return found


def _statement(given: Properties, version: str) -> Statement:
    statement: Statement = {"Effect": maybe_text(given, "effect") or "Allow"}
    if maybe_text(given, "sid"):
        statement = {"Sid": text(given, "sid"), **statement}
    for name, element in LISTS.items():
        if items(given, name):
            values = texts(given, name)
            statement[element] = _scalar(values if "ctions" in name else _with_variables(values, version))
    for name, element in PRINCIPALS.items():
        if items(given, name):
            statement[element] = _principals(items(given, name), version)
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in items(given, "conditions"):
        line = _known(condition, CONDITION, "a condition")
        values = conditions.setdefault(text(line, "test"), {}).setdefault(text(line, "variable"), [])
        values += [value for value in _with_variables(texts(line, "values"), version) if value not in values]
    if conditions:
        statement["Condition"] = {test: {key: _scalar(values) for key, values in keys.items()} for test, keys in conditions.items()}
    return statement


def _principals(given: Sequence[Value], version: str) -> object:
    found: dict[str, list[str]] = {}
    for principal in given:
        line = _known(principal, PRINCIPAL, "a principal")
        found.setdefault(text(line, "type"), []).extend(_with_variables(texts(line, "identifiers"), version))
    if found == {"*": ["*"]}:
        return "*"
    return {kind: _scalar(identifiers) for kind, identifiers in found.items()}


def _with_variables(values: list[str], version: str) -> list[str]:
    """The values with policy variables, which Terraform's language spells `&{...}`."""
    if version != WITH_VARIABLES and any("&{" in value for value in values):
        raise RequestError(f"got a policy variable in a document of version {version}, expected {WITH_VARIABLES}")
    return [value.replace("&{", "${") for value in values]


def _scalar(values: list[str]) -> object:
    return values[0] if len(values) == 1 else values


def _statements_of(document: str) -> list[Statement]:
    if not document.strip():
        return []
    try:
        found = json.loads(document)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise RequestError(f"`{document[:40]}` is not a policy document, expected JSON with a Statement") from None
    return found if isinstance(found, list) else [found]


def _merged(before: list[Statement], after: list[Statement], *, may_replace: bool) -> list[Statement]:
    """Return `before` with the statements of `after`; a statement replaces the one with its Sid."""
    merged = list(before)
    for statement in after:
        sid = statement.get("Sid")
        place = next((i for i, other in enumerate(merged) if sid and other.get("Sid") == sid), None)
        if place is None:
            merged.append(statement)
        elif may_replace:
            merged[place] = statement
        else:
            raise RequestError(f"two source policy documents have a statement with the Sid `{sid}`")
    return merged
