"""What policies name: condition keys, accounts, unique IDs and actions, which a symbolic request has to distinguish."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bucketpass.policy import Condition, PolicyDocument, Statement, parse_pattern
from bucketpass.policy.pattern import Variable

__all__ = ["UNIQUE_ID", "Vocabulary", "accounts_of", "unique_ids_of"]

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
# Of roles and users [A: IAM User Guide, "IAM identifiers"].
UNIQUE_ID = re.compile(r"(?:AROA|AIDA)[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What policies name: condition keys in any case with the conditions on each, accounts, unique IDs of roles and users, actions."""

    conditions: Mapping[str, tuple[Condition, ...]]
    accounts: frozenset[str] = frozenset()
    unique_ids: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, documents: Iterable[PolicyDocument], further: Iterable[Condition] = ()) -> Vocabulary:
        """The vocabulary of `documents`, and of conditions that are not in them."""
        found: dict[str, dict[Condition, None]] = {}
        accounts, unique_ids, actions = set[str](), set[str](), set[str]()
        for line in further:
            found.setdefault(line.key.lower(), {})[line] = None
        for document in documents:
            for statement in document.statements:
                accounts.update(accounts_of(statement))
                unique_ids.update(unique_ids_of(statement))
                actions.update(statement.actions or statement.not_actions or ())
                for line in statement.conditions:
                    found.setdefault(line.key.lower(), {})[line] = None
                if document.version == "2012-10-17":
                    patterns = [*(statement.resources or ()), *(statement.not_resources or ())]
                    patterns += [value for line in statement.conditions for value in line.values]
                    for pattern in patterns:
                        for key in _variables(pattern):
                            found.setdefault(key, {})
        conditions = {key: tuple(lines) for key, lines in found.items()}
        return cls(conditions, frozenset(accounts), frozenset(unique_ids), frozenset(actions))


def _named(statement: Statement) -> list[str]:
    elements = (element for element in (statement.principal, statement.not_principal) if element is not None)
    return [text for element in elements for text in element.aws]


def accounts_of(statement: Statement) -> Iterable[str]:
    """Return the accounts that a statement distinguishes: those of its principals, and all that stand in its conditions."""
    texts = _named(statement) + [value for line in statement.conditions for value in line.values]
    return (account for text in texts for account in _ACCOUNT.findall(text))


def unique_ids_of(statement: Statement) -> Iterable[str]:
    """Return the unique IDs that stand where AWS no longer knows a role or user of an ARN."""
    return (text for text in _named(statement) if UNIQUE_ID.fullmatch(text))


def _variables(pattern: str) -> Iterable[str]:
    return (part.key.lower() for part in parse_pattern(pattern) if isinstance(part, Variable)) if "${" in pattern else ()
