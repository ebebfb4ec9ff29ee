"""What is wrong with lifecycle rules.

Source: S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", "Lifecycle configuration elements" [A].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from bucketpass.errors import Diagnostic
from bucketpass.model.access import LifecycleRule, StorageClass
from bucketpass.model.mistake import mistake

__all__ = ["lifecycle_mistakes"]

LEAST_DAYS = {StorageClass.STANDARD_IA: 30, StorageClass.ONEZONE_IA: 30}
_NEARER = tuple(StorageClass)


def lifecycle_mistakes(path: str, rule: LifecycleRule) -> Iterator[Diagnostic]:
    """Yield what S3 would refuse in a rule."""
    if rule.keep_old_versions is not None and rule.expire_old_versions_days is None:
        message = "got how many old versions are kept, but not after how many days the others expire"
        yield mistake(f"{path}.keep_old_versions", message, "add `expire_old_versions_days`")
    acts = (rule.transitions, rule.old_transitions, rule.expire_days, rule.expire_old_versions_days, rule.keep_old_versions)
    if rule == LifecycleRule(rule.prefix, rule.tags) and (".rules[" in path):
        yield mistake(path, "got a rule that does nothing", "add `transitions` or `expire_days`")
    if any(acts):
        yield from _moves(f"{path}.transitions", rule.transitions, rule.expire_days)
        yield from _moves(f"{path}.old_transitions", rule.old_transitions, rule.expire_old_versions_days)


def _moves(path: str, moves: Mapping[StorageClass, int], expire: int | None) -> Iterator[Diagnostic]:
    for storage, days in moves.items():
        if days < (least := LEAST_DAYS.get(storage, 0)):
            yield mistake(f"{path}.{storage.value}", f"got {days} days, S3 moves no object to {storage.value} before {least}")
        if expire is not None and days >= expire:
            yield mistake(f"{path}.{storage.value}", f"got {days} days, but the objects expire after {expire}", "move them earlier")
    ordered = sorted(moves.items(), key=lambda move: _NEARER.index(move[0]))
    for (nearer, sooner), (farther, later) in pairwise(ordered):
        if later <= sooner:
            message = f"got {farther.value} after {later} days and {nearer.value} after {sooner}: objects move from the nearer class only"
            yield mistake(f"{path}.{farther.value}", message, f"move them to {farther.value} later")
