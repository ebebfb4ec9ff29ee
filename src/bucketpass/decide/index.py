"""Documents made ready: for an action, which statements could apply to a resource, found without trying each of them.

Statements are chosen once for each action that is asked for. Then a resource pattern is found by the literal text that it
starts with: for each length of such a text the resource's own start is looked up.
"""

from __future__ import annotations

from typing import NamedTuple

from bucketpass.decide.context import Context
from bucketpass.decide.statement import PreparedStatement, ResourceTest, prepare_statements
from bucketpass.memo import Memo
from bucketpass.policy.document import PolicyDocument
from bucketpass.policy.pattern import Wildcard

__all__ = ["PreparedDocument", "prepare_document"]

_ACTIONS_REMEMBERED = 512
_DOCUMENTS_REMEMBERED = 4096

# A statement and what is left to ask of its pattern: None where the head was all of it.
_Entry = tuple[PreparedStatement, ResourceTest | None]


class _ActionIndex(NamedTuple):
    """The statements that apply to one action."""

    always: tuple[PreparedStatement, ...]
    whole: dict[str, tuple[PreparedStatement, ...]]
    heads: tuple[tuple[int, dict[str, tuple[_Entry, ...]]], ...]

    def candidates(self, resource: str, context: Context) -> list[PreparedStatement]:
        """Return the statements that apply to the resource; conditions and principals are not evaluated yet."""
        found = [statement for statement in self.always if statement.applies_to_resource(resource, context)]
        found += self.whole.get(resource, ())
        for length, entries in self.heads:
            for statement, test in entries.get(resource[:length], ()):
                if test is None or test.matches(resource, context):
                    found.append(statement)
        return found


class PreparedDocument:
    """A document whose statements are ready, with an index for each action that was asked for."""

    __slots__ = ("_indexes", "document", "statements")

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document
        self.statements = prepare_statements(document)
        self._indexes: dict[str, _ActionIndex] = {}

    def candidates(self, action: str, resource: str, context: Context) -> list[PreparedStatement]:
        """Return the statements that apply to this action on this resource; conditions and principals are not evaluated yet."""
        index = self._indexes.get(action)
        if index is None:
            index = self._remember(action)
        return index.candidates(resource, context)

    def _remember(self, action: str) -> _ActionIndex:
        # SECURITY: names of actions may come from a caller; what is remembered of them stays small.
        if len(self._indexes) >= _ACTIONS_REMEMBERED:
            self._indexes.clear()
        index = self._indexes[action] = _index([statement for statement in self.statements if statement.action(action)])
        return index


def _index(statements: list[PreparedStatement]) -> _ActionIndex:
    always: list[PreparedStatement] = []
    whole: dict[str, tuple[PreparedStatement, ...]] = {}
    heads: dict[int, dict[str, tuple[_Entry, ...]]] = {}
    for statement in statements:
        if statement.resources is None or statement.negated:
            always.append(statement)
            continue
        for test in statement.resources:
            if test.parts == (test.head,):
                whole[test.head] = (*whole.get(test.head, ()), statement)
            else:
                entry = (statement, None if test.parts[-1:] == (Wildcard.ANY_TEXT,) and len(test.parts) == 1 + bool(test.head) else test)
                by_head = heads.setdefault(len(test.head), {})
                by_head[test.head] = (*by_head.get(test.head, ()), entry)
    return _ActionIndex(tuple(always), whole, tuple(heads.items()))


prepare_document = Memo(PreparedDocument, size=_DOCUMENTS_REMEMBERED)
