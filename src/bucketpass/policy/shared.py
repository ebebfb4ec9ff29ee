"""A resource policy that several parties write: which statements are whose, added and removed without touching the others'.

A statement belongs to a stack if its Sid begins with the stack's mark. All others are somebody else's, and are kept as they are,
`Version` and `Id` of the document included. Documents are JSON text here, so that an element that is not known yet is kept too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bucketpass.errors import PolicyError

__all__ = ["CURRENT", "differences", "mark_of", "mark_statements", "marks", "merge", "others", "owned", "remove", "statements"]

Statement = dict[str, Any]
PREFIX = "Bucketpass"
DIGITS = 8
MARKED = re.compile(f"{PREFIX}[0-9a-f]{{{DIGITS}}}")
CURRENT = "2012-10-17"


def mark_of(project: str, stack: str) -> str:
    """Return the prefix of the Sids of a stack's statements."""
    return PREFIX + hashlib.sha256(f"{project}/{stack}".encode()).hexdigest()[:DIGITS]


def mark_statements(document: str, mark: str) -> str:
    """Return the document with the mark before each Sid. A statement without a Sid gets its number."""
    read = _read(document)
    marked = [{**statement, "Sid": f"{mark}{statement.get('Sid') or number}"} for number, statement in enumerate(_statements(read))]
    return _written(read, marked)


def marks(document: str) -> frozenset[str]:
    """Return the marks of all stacks that have statements in the document."""
    found = (MARKED.match(str(statement.get("Sid", ""))) for statement in _statements(_read(document)))
    return frozenset(match.group() for match in found if match is not None)


def statements(document: str) -> tuple[Statement, ...]:
    """Return all statements of the document."""
    return tuple(_statements(_read(document)))


def others(document: str | None, mark: str) -> tuple[Statement, ...]:
    """Return the statements that do not have the mark."""
    return () if document is None else tuple(statement for statement in _statements(_read(document)) if not _has(statement, mark))


def owned(document: str, mark: str) -> tuple[Statement, ...]:
    """Return the statements that have the mark."""
    return tuple(statement for statement in _statements(_read(document)) if _has(statement, mark))


def merge(live: str | None, ours: str, mark: str) -> str:
    """Return the live document with the marked statements of `ours` in the place of those that it has of them.

    Raises `PolicyError` where the live document is of the old version, in which the policy variables of `ours` would be plain text.
    """
    head = _read(ours if live is None else live)
    added = owned(ours, mark)
    if head.get("Version") != CURRENT and "${" in json.dumps(added):
        raise PolicyError(
            f"the live policy has the version {head.get('Version', '2008-10-17')}, without the policy variables that are to be added",
            remedy=f"Set its Version to {CURRENT}, after a look at what that changes in its own statements.",
        )
    return _written(head, [*others(live, mark), *added])


def remove(live: str, mark: str) -> str | None:
    """Return the live document without the marked statements; None where no other statement is left."""
    left = others(live, mark)
    return _written(_read(live), left) if left else None


def differences(expected: Iterable[Mapping[str, object]], found: Iterable[Mapping[str, object]]) -> tuple[list[str], list[str]]:
    """Return the statements that are missing and those that were not expected, as JSON, compared by meaning."""
    wanted = {_meaning(statement): json.dumps(statement) for statement in expected}
    there = {_meaning(statement): json.dumps(statement) for statement in found}
    return [wanted[key] for key in wanted.keys() - there.keys()], [there[key] for key in there.keys() - wanted.keys()]


def _has(statement: Mapping[str, object], mark: str) -> bool:
    return str(statement.get("Sid", "")).startswith(mark)


def _read(document: str) -> dict[str, Any]:
    try:
        read = json.loads(document)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise PolicyError("the policy is not a JSON object, so that nothing can be added to it or removed from it")
    return read


def _statements(document: Mapping[str, Any]) -> list[Statement]:
    found = document.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _written(head: Mapping[str, Any], statements: Iterable[Statement]) -> str:
    return json.dumps({**head, "Statement": list(statements)}, ensure_ascii=False, separators=(",", ":"))


def _meaning(statement: Mapping[str, object]) -> str:
    """A statement in one form: names of actions in lower case, single values as lists, lists in order."""
    return json.dumps({name: _value(name, value) for name, value in statement.items()}, sort_keys=True)


def _value(name: str, value: object) -> object:
    if name in {"Sid", "Effect"}:
        return value
    if isinstance(value, dict):
        return {
            key.lower() if name == "keys" else key: _value("keys" if name == "Condition" else "", inner) for key, inner in value.items()
        }
    values = [str(item).lower() if isinstance(item, bool) else str(item) for item in (value if isinstance(value, list) else [value])]
    return sorted({item.lower() if name in {"Action", "NotAction"} else item for item in values})
