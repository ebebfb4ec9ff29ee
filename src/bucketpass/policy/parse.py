"""JSON to documents. What AWS refuses is refused here, with a JSON pointer to the place; what AWS accepts is accepted.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" [D]; messages of IAM's own parser [L]: element names and
Effect are case-sensitive, an action has exactly one colon, a resource is `*` or an ARN, a Sid is unique. A repeated JSON
key is refused [assumed]: readers differ on which of the two counts, and a policy must have one meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import NoReturn, cast

from bucketpass.aws.arn import Arn
from bucketpass.errors import Place, PolicyError
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement, Version
from bucketpass.policy.operators import OPERATORS, parse_operator

__all__ = ["parse_policy"]

_DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
_STATEMENT_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_PRINCIPAL_KINDS = ("AWS", "Federated", "Service", "CanonicalUser")
_VERSIONS = ("2012-10-17", "2008-10-17")
_EVERYTHING = ("*", "*:*")
_VENDOR_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")


def parse_policy(source: str | bytes | Mapping[str, object]) -> PolicyDocument:
    """The document that `source` holds. Raises `PolicyError` with a JSON pointer for anything that AWS would refuse."""
    return _document(source if isinstance(source, Mapping) else _read_json(source))


def _refuse(pointer: str, message: str, remedy: str = "") -> NoReturn:
    raise PolicyError(message, remedy=remedy, place=Place(path=pointer or "/"))


def _read_json(source: str | bytes) -> object:
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        return json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique_members)
    except json.JSONDecodeError as error:
        place = Place(line=error.lineno, column=error.colno, path="/")
        raise PolicyError(f"not JSON: {error.msg.lower()}", remedy="correct the JSON here", place=place) from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"not UTF-8 at byte {error.start}", remedy="save the policy as UTF-8", place=Place(path="/")) from error
    except RecursionError:
        raise PolicyError("nested too deep for a policy", remedy="a policy has at most five levels", place=Place(path="/")) from None


def _refuse_constant(text: str) -> NoReturn:
    _refuse("", f"not JSON: `{text}` is not a JSON number", "write a number in digits")


def _unique_members(members: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in members:
        if name in found:
            # SECURITY: of two members of one name some readers take the first and some the last; a policy has one meaning.
            _refuse("", f"element `{name}` stands twice in one object", "merge the two")
        found[name] = value
    return found


def _member(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _object(value: object, pointer: str, known: tuple[str, ...] = ()) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        _refuse(pointer, f"expected an object, got {_kind(value)}")
    for name in value:
        if not isinstance(name, str):
            _refuse(pointer, f"expected a text as a name, got {_kind(name)}")
        if known and name not in known:
            _refuse(_member(pointer, name), f"unknown element `{name}`, expected one of {', '.join(known)}", _nearest(name, known))
    return cast("Mapping[str, object]", value)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    lower = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), lower, n=1)
    return f"did you mean `{lower[found[0]]}`?" if found else "remove it"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float | Decimal) else f"`{type(value).__name__}`")


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        _refuse(pointer, f"expected a text, got {_kind(value)}")
    return value


def _texts(value: object, pointer: str) -> tuple[str, ...]:
    """One text or a list of texts, never none."""
    if isinstance(value, list | tuple):
        if not value:
            _refuse(pointer, "expected at least one value, got an empty list")
        return tuple(_text(item, f"{pointer}/{index}") for index, item in enumerate(value))
    return (_text(value, pointer),)


def _document(value: object) -> PolicyDocument:
    elements = _object(value, "", _DOCUMENT_ELEMENTS)
    version = elements.get("Version")
    if "Version" in elements and version not in _VERSIONS:
        got = f"`{version}`" if isinstance(version, str) else _kind(version)
        _refuse("/Version", f"expected {' or '.join(_VERSIONS)}, got {got}")
    if "Statement" not in elements:
        _refuse("", "no `Statement`", "a policy has at least one statement")
    written = elements["Statement"]
    if isinstance(written, list | tuple):
        statements = tuple(_statement(item, f"/Statement/{index}") for index, item in enumerate(written))
    else:
        statements = (_statement(written, "/Statement"),)
    if not statements:
        _refuse("/Statement", "no statement", "a policy has at least one statement")
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        if statement.sid and statement.sid in seen:
            _refuse(f"/Statement/{index}/Sid", f"Sid `{statement.sid}` stands twice", "a Sid is unique in its policy")
        seen.add(statement.sid or "")
    return PolicyDocument(
        statements,
        version=cast("Version | None", version),
        id=_text(elements["Id"], "/Id") if "Id" in elements else None,
    )


def _statement(value: object, pointer: str) -> Statement:
    elements = _object(value, pointer, _STATEMENT_ELEMENTS)
    for name in ("Principal", "Action", "Resource"):
        if name in elements and f"Not{name}" in elements:
            _refuse(f"{pointer}/Not{name}", f"both `{name}` and `Not{name}`", "a statement has one of the two")
    if "Action" not in elements and "NotAction" not in elements:
        _refuse(pointer, "neither `Action` nor `NotAction`", "a statement names its actions")
    return Statement(
        effect=_effect(elements, pointer),
        actions=_actions(elements, "Action", pointer),
        not_actions=_actions(elements, "NotAction", pointer),
        resources=_resources(elements, "Resource", pointer),
        not_resources=_resources(elements, "NotResource", pointer),
        principal=_principal(elements, "Principal", pointer),
        not_principal=_principal(elements, "NotPrincipal", pointer),
        conditions=_conditions(elements["Condition"], f"{pointer}/Condition") if "Condition" in elements else (),
        sid=_text(elements["Sid"], f"{pointer}/Sid") if "Sid" in elements else None,
    )


def _effect(elements: Mapping[str, object], pointer: str) -> Effect:
    if "Effect" not in elements:
        _refuse(pointer, "no `Effect`", "write Allow or Deny")
    written = elements["Effect"]
    for effect in Effect:
        if written == effect.value:
            return effect
    got = f"`{written}`" if isinstance(written, str) else _kind(written)
    _refuse(f"{pointer}/Effect", f"expected Allow or Deny, got {got}", "the case counts")


def _actions(elements: Mapping[str, object], name: str, pointer: str) -> tuple[str, ...] | None:
    if name not in elements:
        return None
    actions = _texts(elements[name], f"{pointer}/{name}")
    for action in actions:
        vendor, colon, operation = action.partition(":")
        # `*:*` is everything, as `*` is [B]; in front of anything else the service takes no wildcard [L].
        if action not in _EVERYTHING and not (
            colon and operation and ":" not in operation and vendor and set(vendor) <= _VENDOR_CHARACTERS
        ):
            _refuse(f"{pointer}/{name}", f"expected `service:Action` or `*`, got `{action}`", "the service is written without wildcards")
    return actions


def _resources(elements: Mapping[str, object], name: str, pointer: str) -> tuple[str, ...] | None:
    if name not in elements:
        return None
    resources = _texts(elements[name], f"{pointer}/{name}")
    for resource in resources:
        if not resource.startswith(("*", "?", "${", "arn:")) or (resource.startswith("arn:") and not _arn_shaped(resource)):
            _refuse(f"{pointer}/{name}", f"expected an ARN or `*`, got `{resource}`", "such as arn:aws:s3:::bucket/prefix*")
    return resources


def _arn_shaped(resource: str) -> bool:
    """Six parts, or fewer where a wildcard may stand for the missing ones."""
    return Arn.parse(resource) is not None or any(mark in resource for mark in ("*", "?", "${"))


def _principal(elements: Mapping[str, object], name: str, pointer: str) -> PrincipalElement | None:
    if name not in elements:
        return None
    pointer = f"{pointer}/{name}"
    written = elements[name]
    if isinstance(written, str):
        if written != "*":
            _refuse(pointer, f'expected `*` or an object such as {{"AWS": "..."}}, got `{written}`', 'write {"AWS": "<the ARN>"}')
        return PrincipalElement(everyone=True)
    kinds = _object(written, pointer, _PRINCIPAL_KINDS)
    if not kinds:
        _refuse(pointer, "an object without a principal", f"name one of {', '.join(_PRINCIPAL_KINDS)}")
    values = {kind: _texts(listed, f"{pointer}/{kind}") for kind, listed in kinds.items()}
    element = PrincipalElement(
        aws=values.get("AWS", ()),
        federated=values.get("Federated", ()),
        service=values.get("Service", ()),
        canonical_user=values.get("CanonicalUser", ()),
    )
    for text in element.aws:
        if text != "*" and ("*" in text or "?" in text):
            _refuse(f"{pointer}/AWS", f"`{text}` has a wildcard", "only a lone `*` is one; put patterns on aws:PrincipalArn in a Condition")
    for kind, listed in values.items():
        if "" in listed:
            _refuse(f"{pointer}/{kind}", "an empty principal", "name one, or take it out")
    return element


def _conditions(value: object, pointer: str) -> tuple[Condition, ...]:
    found = []
    for operator, keys in _object(value, pointer).items():
        here = _member(pointer, operator)
        if parse_operator(operator) is None:
            _refuse(here, f"unknown condition operator `{operator}`", _nearest(operator.rpartition(":")[2], tuple(OPERATORS)))
        for key, written in _object(keys, here).items():
            if not key:
                _refuse(here, "a condition key without a name")
            found.append(Condition(operator, key, _values(written, _member(here, key))))
    return tuple(found)


def _values(value: object, pointer: str) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else (value,)
    return tuple(_scalar(item, pointer) for item in items)


def _scalar(value: object, pointer: str) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case float() if isfinite(value):
            return repr(value)
    _refuse(pointer, f"expected a text, a number, true or false, got {_kind(value)}")
