"""Settings into which others write as well: which of their parts are the stack's, and how both are put together.

A policy's statements and a lifecycle's rules are the stack's if their Sid or ID begins with its mark, tags if a tag of that name lists
them. The state of a stack has its own parts alone; what others have there is read when it is written, and written again as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bucketpass.errors import ProvisionError
from bucketpass.policy.shared import CURRENT, marks, merge, owned, remove, statements
from bucketpass.provision.embedded.values import Hidden, Properties, Value, is_hidden, reveal

__all__ = ["POLICY", "RULES", "TAGS", "SharedSetting", "marked_tags"]


@dataclass(frozen=True, slots=True)
class SharedSetting:
    """A property that several parties write.

    parts: what its parts are called, in the singular. names: the name of each part of a value, empty for one without. is_marked: whether a
    value has parts with the mark. own: the marked parts alone. foreign: the value without them, None where nothing is left. merged: the
    live value with the marked parts of another in the place of its own; live is None where there is none. They take the mark last.
    """

    property: str
    parts: str
    is_marked: Callable[[Value, str], bool]
    own: Callable[[Value, str], Value]
    foreign: Callable[[Value, str], Value]
    names: Callable[[Value], list[str]]
    merged: Callable[[Value, Value, str], Value]

    def in_inputs(self, inputs: Properties, mark: str) -> bool:
        """Return whether the resource of these inputs shares the setting with others."""
        return bool(mark) and self.is_marked(reveal(inputs.get(self.property)), mark)

    def foreign_names(self, value: Value, mark: str) -> list[str]:
        """Return the names of the parts that others wrote."""
        left = self.foreign(value, mark)
        return [] if left is None else self.names(left)

    def own_alone(self, found: Properties, mark: str) -> dict[str, Value]:
        """Return the properties with the stack's own parts alone."""
        value = found[self.property]
        own = self.own(reveal(value), mark)
        return {**found, self.property: Hidden(own) if is_hidden(value) else own}


def _is_marked_policy(value: Value, mark: str) -> bool:
    return isinstance(value, str) and mark in marks(value)


def _own_statements(value: Value, mark: str) -> Value:
    return json.dumps({"Version": CURRENT, "Statement": list(owned(str(value), mark))}, separators=(",", ":"))


def _rules(value: Value) -> list[Mapping[str, Value]]:
    found = value if isinstance(value, list | tuple) else ()
    return [rule for rule in found if isinstance(rule, Mapping)]


def _is_own(rule: Mapping[str, Value], mark: str) -> bool:
    return str(rule.get("id", "")).startswith(mark)


def _foreign_rules(value: Value, mark: str) -> list[Value]:
    return [rule for rule in _rules(value) if not _is_own(rule, mark)]


def _own_rules(value: Value, mark: str) -> list[Value]:
    return [rule for rule in _rules(value) if _is_own(rule, mark)]


def marked_tags(tags: Mapping[str, str], mark: str) -> dict[str, str]:
    """Return the tags and the one that lists them. Raises `ProvisionError` where they cannot be listed."""
    listed = " ".join(sorted(tags))
    if any(" " in name for name in tags) or len(listed) > MOST_TAG_VALUE:
        raise ProvisionError(
            f"the tags {', '.join(f'`{name}`' for name in sorted(tags))} of a bucket that others own cannot be marked as this stack's",
            remedy=f"Give it tags whose names have no spaces and at most {MOST_TAG_VALUE} characters together.",
        )
    return {**tags, mark: listed}


def _tags(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _own_tags(value: Value, mark: str) -> dict[str, Value]:
    tags = _tags(value)
    names = {mark, *str(tags.get(mark, "")).split()}
    return {name: tag for name, tag in tags.items() if name in names}


def _foreign_tags(value: Value, mark: str) -> dict[str, Value]:
    own = _own_tags(value, mark)
    return {name: tag for name, tag in _tags(value).items() if name not in own}


def _merged_tags(live: Value, ours: Value, mark: str) -> dict[str, Value]:
    foreign, own = _foreign_tags(live, mark), _own_tags(ours, mark)
    if taken := sorted(foreign.keys() & own.keys()):
        raise ProvisionError(
            f"the bucket has the tag `{taken[0]}={foreign[taken[0]]}`, which this stack did not set",
            remedy="Leave it out of the declaration, or choose another name.",
        )
    return {**foreign, **own}


MOST_TAG_VALUE = 256
POLICY = SharedSetting(
    "policy",
    "statement",
    _is_marked_policy,
    _own_statements,
    lambda value, mark: remove(str(value), mark),
    lambda value: [str(statement.get("Sid", "")) for statement in statements(str(value))],
    lambda live, ours, mark: merge(None if live is None else str(live), str(ours), mark),
)
RULES = SharedSetting(
    "rules",
    "lifecycle rule",
    lambda value, mark: bool(_own_rules(value, mark)),
    _own_rules,
    lambda value, mark: _foreign_rules(value, mark) or None,
    lambda value: [str(rule.get("id", "")) for rule in _rules(value)],
    lambda live, ours, mark: [*_foreign_rules(live, mark), *_own_rules(ours, mark)],
)
TAGS = SharedSetting(
    "tags",
    "tag",
    lambda value, mark: mark in _tags(value),
    _own_tags,
    lambda value, mark: _foreign_tags(value, mark) or None,
    lambda value: list(_tags(value)),
    _merged_tags,
)
