"""Which of the actions of a symbolic request patterns match, and the names that no table lists."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bucketpass.aws.actions import ACTIONS
from bucketpass.prove.theory.formula import FALSE, TRUE, Among, Formula, Matches, conjunction, negation
from bucketpass.prove.theory.glob import EVERYTHING, Glob

__all__ = ["UNLISTED", "matching", "one_of", "open_patterns", "unlisted_names"]

# The member of a request's actions that stands for all names that `aws.actions` does not list.
UNLISTED = "an action that is not listed"
_LISTED = frozenset(name.lower() for name in ACTIONS)


def one_of(action: str, wanted: frozenset[str], possible: tuple[str, ...]) -> Formula:
    """True where the variable `action` is one of `wanted`, of those that are `possible`."""
    meant = wanted.intersection(possible)
    return TRUE if len(meant) == len(possible) else Among(action, meant) if meant else FALSE


@lru_cache(maxsize=65536)
def matching(patterns: tuple[str, ...], possible: tuple[str, ...]) -> frozenset[str]:
    """Return the listed actions that one of the patterns matches, in any case."""
    globs = [Glob.parse(pattern.lower()) for pattern in patterns]
    return frozenset(action for action in possible if action != UNLISTED and any(glob.matches(action.lower()) for glob in globs))


@lru_cache(maxsize=65536)
def open_patterns(patterns: tuple[str, ...], possible: tuple[str, ...]) -> tuple[Glob, ...]:
    """Return the patterns that match names beside the listed ones of the service; EVERYTHING for one that matches all of them."""
    service = f"{possible[0].partition(':')[0]}:"
    found = []
    for pattern in map(str.lower, patterns):
        if pattern in ("*", "*:*", f"{service}*"):
            return (EVERYTHING,)
        head = pattern.partition("*")[0].partition("?")[0]
        if (head.startswith(service) or service.startswith(head)) and pattern not in _LISTED:
            found.append(Glob.parse(pattern))
    return tuple(found)


def unlisted_names(variable: str, actions: tuple[str, ...], patterns: Iterable[str], partition: str) -> Formula:
    """True of names of the service that are not listed, on resources of the service."""
    service = actions[0].partition(":")[0]
    named: list[Formula] = [Matches(variable, Glob.parse(f"{service}:?*")), Matches("resource", Glob.parse(f"arn:{partition}:{service}:*"))]
    if any("*" in pattern or "?" in pattern for glob in open_patterns(tuple(sorted(patterns)), actions) if (pattern := str(glob)) != "*"):
        named += [negation(Matches(variable, Glob.literal(name))) for name in sorted(_LISTED) if name.startswith(f"{service}:")]
    return conjunction(*named)
