"""The shape of a question: everything that it depends on, with names that could be any others left out.

Two services that differ in names only (of role, bucket, prefixes, subject) ask the same question. Where one is proved, so is the other::

    shape(leaves_of((trainer, raw)), ["bucketpass-trainer", "raw/2026/"]) == shape(leaves_of((evaluator, results)), ["evaluator", "x/y/"])

Why that is right: let a permutation of names map one question to the other. It maps texts too, segment by segment between `/` and `:`.
A text matches a pattern of the first exactly where its image matches the pattern's image, since names stand in patterns as whole
segments, and no name matches a segment that has a wildcard in it. So a request breaks one guarantee exactly where its image breaks
the other. Where a pattern is not of that kind (`?`, or a variable that is a part of a segment) there is no shape (None).

SECURITY: a name is left out only where it can be nothing but a name: it begins with a letter, is not a word of AWS's or of the
prover's own, stands in no key, operator, action or setting, and matches no wildcard segment. What is computed of names otherwise
than segment by segment has to be a part of the value.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, cast

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import AccountGuardrails, DeployedBucket
from bucketpass.model import Access, Grant, Identity
from bucketpass.model.access import Bucket, GrantConditions, Issuer, Lifecycle, ObjectLock
from bucketpass.policy import Condition, PolicyDocument, parse_operator
from bucketpass.policy.operators import Comparison, Family

__all__ = ["Leaves", "exactly", "leaves_of", "shape"]

# Texts in order, each with a mark: whether names can be left out of it, or it is compared as it stands.
Leaves = list[str]
_FIXED, _TEXT = "k", "t"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.@=+-]+")
_SEGMENTS = re.compile(r"(\$\{[^}]*\}|[/:])")
_ACCOUNT = re.compile(r"[0-9]{12}")
_WILD = frozenset("*?$")
_WHOLE = frozenset({"*", "?*"})
_MARK = "\x1f"
# What code, here or at AWS, reads in a text, whatever stands around it.
_RESERVED = frozenset(
    (
        *("arn", "aws", "aws-cn", "aws-us-gov", "iam", "sts", "s3", "kms", "role", "user", "root", "key", "group", "policy"),
        *("oidc-provider", "saml-provider", "assumed-role", "federated-user", "cloudfront", "x", "session"),
        *("true", "false", "none", "nan", "inf", "infinity", "anonymous", "bucketpass-never-named", "of-nobody"),
        *BUILT_IN_PROVIDERS,
    )
)
# What only people read.
_LABELS: Mapping[type, frozenset[str]] = {
    NamedPolicy: frozenset({"name"}),
}
# Types whose texts are settings, not names.
_SETTINGS = (GrantConditions, Issuer, Lifecycle, ObjectLock, Target)
_SETTING_FIELDS: Mapping[type, frozenset[str]] = {
    Bucket: frozenset({"encryption", "policy", "access_points", "vpc_access_points"}),
    DeployedBucket: frozenset({"access_points", "access_point_policies"}),
    Grant: frozenset({"access", "actions", "per", "access_point", "object_tags", "upload_tags", "clients"}),
    Identity: frozenset({"issuer", "require"}),
}


class NotShareable(Exception):
    """The question has a pattern that names cannot be taken out of."""


def leaves_of(value: object) -> Leaves:
    """Return the texts of a value in order, and what is between them, but for what only people read."""
    found: list[str] = []
    _add(found, value, _TEXT)
    return found


def exactly(leaves: Leaves) -> str:
    """Return all of a value as one text: equal where the values are."""
    return "".join([f"{len(leaf)}:{leaf}" for leaf in leaves])


def shape(leaves: Leaves, names: Iterable[str]) -> str | None:
    """Return the shape of a value without `names`, or None where it has none."""
    words = {word for name in names for word in _segments(name) if _is_name(word)}
    try:
        for leaf in leaves:
            if leaf[0] == _FIXED:
                if not words.isdisjoint(_segments(leaf[1:])):
                    words.difference_update(_segments(leaf[1:]))
            elif _is_wild(leaf):
                pieces = _wild_pieces(leaf[1:])
                words = {word for word in words if not any(_meets(word, piece) for piece in pieces)} if pieces else words
    except NotShareable:
        return None
    if not words:
        return None
    numbers: dict[str, str] = {}
    written = [leaf if leaf[0] == _FIXED else _without(leaf, words, numbers) for leaf in leaves]
    return exactly(written)


def _without(leaf: str, words: set[str], numbers: dict[str, str]) -> str:
    segments = _segments(leaf[1:])
    if words.isdisjoint(segments):
        return leaf
    return leaf[0] + "".join(numbers.setdefault(part, f"{_MARK}{len(numbers)}{_MARK}") if part in words else part for part in segments)


@lru_cache(maxsize=65536)
def _segments(text: str) -> tuple[str, ...]:
    """The text in parts: names, slashes, colons and variables."""
    return tuple(part for part in _SEGMENTS.split(text) if part)


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text or "$" in text or _MARK in text


@lru_cache(maxsize=65536)
def _wild_pieces(text: str) -> tuple[tuple[str, ...], ...]:
    """Return each segment with wildcards in it as the texts between them. Raises `NotShareable` for `?` and parts that are variables."""
    if _MARK in text:
        raise NotShareable
    found, before = [], "/"
    for part in _segments(text):
        is_variable = part.startswith("${")
        if is_variable and ("," in part or before not in "/:"):
            raise NotShareable
        if not is_variable and before.startswith("${") and part not in "/:":
            raise NotShareable
        if not is_variable and part not in _WHOLE and _WILD & set(part):
            if "?" in part or "$" in part:
                raise NotShareable
            found.append(tuple(part.split("*")))
        before = part
    return tuple(found)


def _meets(word: str, pieces: tuple[str, ...]) -> bool:
    """True where a segment that is the word could be one that has these texts between wildcards, or hold one of them."""
    first, *middle, last = pieces
    return bool(first and word.startswith(first)) or bool(last and word.endswith(last)) or any(piece and piece in word for piece in middle)


@lru_cache(maxsize=65536)
def _is_name(word: str) -> bool:
    lower = word.lower()
    return bool(_NAME.fullmatch(word)) and lower not in _RESERVED and "amazonaws" not in lower and not _ACCOUNT.search(word)


_known: dict[int, tuple[object, Leaves]] = {}
_MOST_KNOWN = 2000
_WRITTEN = frozenset({type(None), bool, int, datetime})
_MET_OFTEN = frozenset({PolicyDocument, Bucket, Target, AccountGuardrails, Issuer})


def _add(found: list[str], value: object, mark: str) -> None:
    kind = type(value)
    if kind is str:
        found.append(mark + value)  # type: ignore[operator]
    elif kind in _WRITTEN:
        found.append(f"{_FIXED}{value!r}")
    elif isinstance(value, tuple):
        found.append(f"{_FIXED}{kind.__name__} of {len(value)}")
        for member in value:
            _add(found, member, mark)
    elif kind in _MET_OFTEN:
        found.extend(_remembered(value))
    elif isinstance(value, Enum):
        found.append(f"{_FIXED}{kind.__name__}.{value.name}")
    elif isinstance(value, Mapping):
        found.append(f"{_FIXED}mapping of {len(value)}")
        for key, member in value.items():
            _add(found, key, _FIXED)
            _add(found, member, mark)
    elif is_dataclass(value):
        _add_fields(found, value, mark)
    else:
        raise TypeError(f"a question cannot depend on {kind.__name__}")


def _remembered(value: object) -> Leaves:
    known = _known.get(id(value))
    if known is None or known[0] is not value:
        found: list[str] = []
        if isinstance(value, PolicyDocument):
            _add_document(found, value)
        else:
            _add_fields(found, value, _TEXT)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[id(value)] = (value, found)
    return known[1]


def _add_fields(found: list[str], value: object, mark: str) -> None:
    """Add each field that is not its default, with its name."""
    kind: type[Any] = type(value)
    if kind in _SETTINGS:
        mark = _FIXED
    known = _fields(cast("Hashable", kind))
    found.append(f"{_FIXED}{kind.__name__}")
    for name, default, is_setting in known:
        member = getattr(value, name)
        if member is not default:
            if kind is Access and name in ("buckets", "services"):
                member = tuple(member.items())
            found.append(_FIXED + name)
            _add(found, member, _FIXED if is_setting else mark)
    found.append(_FIXED)


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, object, bool], ...]:
    labels, settings = _LABELS.get(cast(Any, kind), frozenset()), _SETTING_FIELDS.get(cast(Any, kind), frozenset())
    return tuple((one.name, one.default, one.name in settings) for one in fields(cast(Any, kind)) if one.name not in labels)


def _add_document(found: list[str], document: PolicyDocument) -> None:
    found.append(f"{_FIXED}{document.version} {len(document.statements)}")
    for statement in document.statements:
        found.append(f"{_FIXED}{statement.effect.name} {len(statement.conditions)}")
        _add(found, statement.principal, _TEXT)
        _add(found, statement.not_principal, _TEXT)
        _add(found, statement.actions, _FIXED)
        _add(found, statement.not_actions, _FIXED)
        _add(found, statement.resources, _TEXT)
        _add(found, statement.not_resources, _TEXT)
        for line in statement.conditions:
            _add_condition(found, line)


def _add_condition(found: list[str], line: Condition) -> None:
    operator = parse_operator(line.operator)
    is_text = operator is not None and operator.base.family in (Family.STRING, Family.ARN)
    if operator is None or operator.base.comparison is Comparison.EQUAL_IGNORING_CASE:
        # Names that differ by case alone would become equal: a mark keeps the question from having a shape.
        found.append(_TEXT + _MARK)
    mark = _TEXT if is_text else _FIXED
    found += [_FIXED + line.operator, _FIXED + line.key, f"{_FIXED}{len(line.values)}", *(mark + value for value in line.values)]
