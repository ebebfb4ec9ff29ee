"""A program's inputs as the engine works with them: known properties only, defaults filled in, names made up, policies as JSON."""

from __future__ import annotations

import difflib
import json
import secrets
from collections.abc import Mapping

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.cloud import ProviderSettings
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.resources.interface import Handler, Naming, Property
from bucketpass.provision.embedded.values import UNKNOWN, Hidden, Properties, Value, has_unknown, holds_asset, is_hidden, reveal

__all__ = ["check", "random_digits"]

RANDOM_DIGITS = 7
PREFIXED_RANDOM_DIGITS = 26


def random_digits(count: int) -> str:
    """New random hexadecimal digits."""
    return secrets.token_hex(count // 2 + 1)[:count]


def check(handler: Handler, goal: Goal, old: Properties, around: ProviderSettings, *, dry_run: bool) -> dict[str, Value]:
    """The inputs for `goal`. A name that was made up for `old` stays; in a preview no name is made up."""
    present = {key: value for key, value in goal.inputs.items() if value is not None}
    _only_supported(handler, goal.type, present)
    checked: dict[str, Value] = {}
    for rule in handler.properties:
        value = present.get(rule.name, around.region if rule.name == "region" else rule.default)
        if not rule.asset and holds_asset(value):
            raise RequestError(
                f"property `{rule.name}` of `{goal.type}` cannot be an asset here",
                remedy="Give its content, or run the program with `pulumi up`.",
            )
        if rule.policy and value is not None:
            value = _policy(value)
        if rule.naming is not None and value is None:
            value = _name(rule, rule.naming, goal.name, present, old, dry_run=dry_run)
        if value is not None:
            checked[rule.name] = value
    if any(rule.name == "tags" for rule in handler.properties):
        tags = checked.get("tags", {})
        checked["tagsAll"] = {**around.default_tags, **tags} if isinstance(tags, Mapping) else tags
    return checked


def _only_supported(handler: Handler, kind: str, given: Properties) -> None:
    names = [rule.name for rule in handler.properties]
    # `tagsAll` is an output that old programs may also give.
    strange = next((name for name in given if name not in (*names, "tagsAll")), None)
    if strange is None:
        return
    near = difflib.get_close_matches(strange, names, n=1)
    raise RequestError(
        f"property `{strange}` of `{kind}` is not supported by the embedded engine, expected one of "
        + ", ".join(f"`{name}`" for name in names),
        remedy=f"did you mean `{near[0]}`?" if near else "run the program with `pulumi up`, which uses AWS's own provider",
    )


def _policy(value: Value) -> Value:
    """A policy as compact JSON text, whichever way it was given."""
    if has_unknown(value):
        return UNKNOWN
    clear = reveal(value)
    if isinstance(clear, str):
        try:
            clear = json.loads(clear)
        except ValueError:
            return value  # AWS says what is wrong with it
    compact = json.dumps(clear, separators=(",", ":"))
    return Hidden(compact) if is_hidden(value) else compact


def _name(rule: Property, naming: Naming, logical: str, given: Properties, old: Properties, *, dry_run: bool) -> Value:
    prefix_property = "bucketPrefix" if rule.name == "bucket" else "namePrefix"
    prefix = given.get(prefix_property)
    if rule.name in old and old.get(prefix_property) == prefix:
        return old[rule.name]
    if dry_run or prefix is UNKNOWN:
        return UNKNOWN
    digits = RANDOM_DIGITS if prefix is None else PREFIXED_RANDOM_DIGITS
    start = f"{logical}-" if prefix is None else str(reveal(prefix))
    start = start if start.startswith(naming.prefix) else naming.prefix + start
    start = start.lower() if naming.lower else start
    return start[: naming.limit - digits] + random_digits(digits)
