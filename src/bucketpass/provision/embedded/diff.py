"""What changed between the inputs of two runs, and whether the resource can be updated in place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bucketpass.digits import whole_number
from bucketpass.provision.embedded.resources.interface import Property
from bucketpass.provision.embedded.values import UNKNOWN, Hidden, Properties, Value, is_hidden, reveal

__all__ = ["PropertyChange", "compare", "keep_ignored", "same_policy", "same_value"]


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One difference. `path` as in `tags.team` or `policy.Statement[0].Action`; None is an absent value. `replaces`: not in place."""

    path: str
    old: Value
    new: Value
    replaces: bool = False

    @property
    def property(self) -> str:
        """The resource's property that it is in."""
        return self.path.split(".")[0].split("[")[0]


def compare(old: Properties, new: Properties, rules: Sequence[Property], also_replace: Sequence[str] = ()) -> tuple[PropertyChange, ...]:
    """Return the differences, by the rule of each property. `also_replace`: properties that the program lists in `replace_on_changes`."""
    by_name = {rule.name: rule for rule in rules}
    found: list[PropertyChange] = []
    for name in dict.fromkeys((*old, *new)):
        rule = by_name.get(name, Property(name))
        before, after = reveal(old.get(name)), reveal(new.get(name))
        if same_value(before, after, rule):
            continue
        replaces = rule.replace or name in also_replace or "*" in also_replace
        hidden = is_hidden(old.get(name)) or is_hidden(new.get(name))
        if hidden:
            found.append(PropertyChange(name, Hidden(before), Hidden(after), replaces))
        else:
            found += [PropertyChange(path, a, b, replaces) for path, a, b in _leaves(name, _object(before, rule), _object(after, rule))]
    if any(change.property == "tags" for change in found):
        found = [change for change in found if change.property != "tagsAll"]
    return tuple(found)


def same_value(before: Value, after: Value, rule: Property) -> bool:
    """Return whether two revealed values of a property mean the same, by its rule. What is not known yet is the same as nothing."""
    if before is UNKNOWN or after is UNKNOWN:
        return False
    if rule.policy and isinstance(before, str) and isinstance(after, str):
        return same_policy(before, after)
    if rule.alike is not None and isinstance(before, str) and isinstance(after, str):
        return rule.alike(before) == rule.alike(after)
    if rule.unordered and isinstance(before, Sequence) and isinstance(after, Sequence):
        return sorted(map(repr, before)) == sorted(map(repr, after))
    return _absent(before) == _absent(after)


def _absent(value: Value) -> Value:
    """None for an empty list or object: to AWS's provider that is the same as nothing."""
    return None if isinstance(value, Mapping | list | tuple) and not value else value


def same_policy(one: str, other: str) -> bool:
    """Both texts say the same policy: a single value may stand without its list, and the order in a list means nothing."""
    try:
        return _canonical(json.loads(one)) == _canonical(json.loads(other))
    except ValueError:
        return one == other


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        values = [_canonical(item) for item in value]
        return values[0] if len(values) == 1 else sorted(values, key=repr)
    return value


def _object(value: Value, rule: Property) -> Value:
    if rule.policy and isinstance(value, str):
        try:
            parsed: Value = json.loads(value)
        except ValueError:
            return value
        return parsed
    return value


def _leaves(path: str, old: Value, new: Value) -> Iterator[tuple[str, Value, Value]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _leaves(f"{path}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(path, old, new)
    elif old != new or new is UNKNOWN:
        yield path, old, new


def _items(path: str, old: list[Value], new: list[Value]) -> Iterator[tuple[str, Value, Value]]:
    """The differences of two lists. What only moved up or down because of others is none."""
    aligned = SequenceMatcher(None, [repr(item) for item in old], [repr(item) for item in new], autojunk=False)
    for kind, low, high, start, stop in aligned.get_opcodes():
        if kind == "equal":
            continue
        both = min(high - low, stop - start)
        for step in range(both):
            yield from _leaves(f"{path}[{start + step}]", old[low + step], new[start + step])
        yield from ((f"{path}[{index}]", old[index], None) for index in range(low + both, high))
        yield from ((f"{path}[{index}]", None, new[index]) for index in range(start + both, stop))


def keep_ignored(old: Properties, new: Properties, paths: Sequence[str]) -> dict[str, Value]:
    """`new`, but with the old values at `paths` (Pulumi's ignoreChanges: `tags`, `tags.team`, `rules[0].status`, `*`)."""
    result = dict(new)
    # All tags, the provider's among them, follow from the resource's own.
    totals = [f"tagsAll{path.removeprefix('tags')}" for path in paths if path == "tags" or path.startswith(("tags.", "tags["))]
    for path in (*paths, *totals):
        if path == "*":
            return dict(old)
        _carry(result, old, [part for part in path.replace("[", ".").replace("]", "").replace('"', "").split(".") if part])
    return result


def _carry(target: dict[str, Value], source: Properties, path: list[str]) -> None:
    name, *rest = path
    inner_old, inner_new = source.get(name), target.get(name)
    if rest and isinstance(inner_old, list) and isinstance(inner_new, list) and whole_number(rest[0], len(inner_old) - 1) is not None:
        indexed = {str(index): value for index, value in enumerate(inner_new)}
        _carry(indexed, {str(index): value for index, value in enumerate(inner_old)}, rest)
        target[name] = list(indexed.values())
    elif rest and isinstance(inner_new, Mapping):
        copy = dict(inner_new)
        _carry(copy, inner_old if isinstance(inner_old, Mapping) else {}, rest)
        target[name] = copy
    elif name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)
