"""What is true of every request that AWS takes: the forms of names, tags and resources, and the headers that go together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from string import ascii_letters, ascii_lowercase, digits

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.decide import PrincipalKind
from bucketpass.policy import Condition
from bucketpass.prove.actions import one_of
from bucketpass.prove.keys import Fixed, FreeText, FreeValue, KeyState, TextValue, contains, present, text_matches
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, Matches, conjunction, disjunction, implication, negation
from bucketpass.prove.theory.glob import ANY, STAR, Glob, Repeat, Units
from bucketpass.requests.header_rules import HEADER_RULES

__all__ = [
    "header_facts",
    "is_session_name",
    "principal_facts",
    "resource_facts",
    "usual_resources",
    "value_facts",
    "with_needed_headers",
]

# Names of roles and users, of sessions and source identities; what tags do not have; an account's number; Regions
# [A: IAM and AWS STS API references].
_IN_NAMES = Units(frozenset(f"{ascii_letters}{digits}_+=,.@-"))
_NAME = (_IN_NAMES, Repeat(_IN_NAMES))
_NOT_IN_TAGS = Glob.of((STAR, Units(frozenset("*?${}[]()<>|\\\"'`!#%^&;,~")), STAR))
_NUMBER = (Units(frozenset(digits)),) * 12
_IN_REGIONS = Units(frozenset(f"{ascii_lowercase}{digits}-"))
_TAGS = ("aws:principaltag/", "aws:requesttag/")
_SESSION_NAMES = ("sts:rolesessionname", "sts:sourceidentity")


def is_session_name(text: TextValue) -> Formula:
    """True of texts that STS takes for a session's name or its source identity, but for their greatest length."""
    return text_matches(text, Glob.of((_IN_NAMES, *_NAME)))


def value_facts(key: str, state: KeyState) -> Iterator[Formula]:
    """Yield what is true of the text of a tag, of a session's name or of a source identity."""
    if isinstance(state, FreeText) and key.startswith(_TAGS):
        yield negation(text_matches(state.text, _NOT_IN_TAGS))
    if isinstance(state, FreeText) and key in _SESSION_NAMES:
        yield implication(state.present, is_session_name(state.text))


def with_needed_headers(conditions: Mapping[str, tuple[Condition, ...]], actions: tuple[str, ...]) -> Mapping[str, tuple[Condition, ...]]:
    """Return the keys that policies use, and those that requests for the actions have to have with them."""
    needed = (rule.other for rule in HEADER_RULES if rule.values != () and rule.action in actions and rule.key in conditions)
    return {**dict.fromkeys(needed, ()), **conditions}


def header_facts(keys: Mapping[str, KeyState], actions: tuple[str, ...], action: str) -> Iterator[Formula]:
    """Yield what is true of headers that S3 takes only together, or never together."""
    for rule in HEADER_RULES:
        if rule.action in actions and rule.key in keys and rule.other in keys:
            asked = conjunction(one_of(action, frozenset({rule.action}), actions), present(keys[rule.key]))
            yield implication(asked, _is_as(keys[rule.other], rule.values))


def _is_as(state: KeyState, values: tuple[str, ...] | None) -> Formula:
    if values == ():
        return negation(present(state))
    if values is not None and isinstance(state, Fixed):
        return TRUE if state.value in values else FALSE
    if values is not None and isinstance(state, FreeValue):
        return contains(values, state)
    return present(state)


def principal_facts(principal: SymbolicPrincipal) -> Iterable[Formula]:
    """Yield what is true of the name that every principal has."""
    if isinstance(principal.arn, TextValue):
        name = TextValue(principal.arn.variable)
        if principal.kind in (PrincipalKind.ROLE_SESSION, PrincipalKind.USER):
            with_path = text_matches(name, Glob.of((ANY, STAR, "/", *_NAME)))
            # A federated user has no path.
            yield disjunction(text_matches(name, Glob.of(_NAME)), FALSE if ":federated-user/" in principal.arn.prefix else with_path)
        else:
            yield text_matches(name, Glob.parse("?*"))
            yield negation(text_matches(name, Glob.parse("*/")))
    if principal.session is not None:
        yield is_session_name(TextValue(principal.session))


def resource_facts(actions: tuple[str, ...], action: str, partition: str) -> Iterable[Formula]:
    """On which resources each kind of action is asked for."""
    kinds: dict[ResourceKind, set[str]] = {}
    for name in actions:
        if name in ACTIONS:
            kinds.setdefault(ACTIONS[name].resource, set()).add(name)
    for kind, names in kinds.items():
        shape = _SHAPES[kind](partition)
        yield implication(one_of(action, frozenset(names), actions), shape)


def usual_resources(partition: str) -> Formula:
    """True of resources other than buckets, and of buckets whose names are as S3 takes them now."""
    usual = disjunction(*(Matches("resource", glob) for glob in _usual_buckets(partition)))
    return implication(Matches("resource", Glob.parse(f"arn:{partition}:s3:::*")), usual)


@lru_cache
def _usual_buckets(partition: str) -> tuple[Glob, ...]:
    start = f"arn:{partition}:s3:::"
    name = (_IN_REGIONS, _IN_REGIONS, _IN_REGIONS, Repeat(_IN_REGIONS))
    return Glob.of((start, *name)), Glob.of((start, *name, "/", ANY, STAR))


def _object(partition: str) -> Formula:
    without_bucket = Matches("resource", Glob.parse(f"arn:{partition}:s3:::/*"))
    return conjunction(Matches("resource", Glob.parse(f"arn:{partition}:s3:::?*/?*")), negation(without_bucket))


def _bucket(partition: str) -> Formula:
    with_slash = Matches("resource", Glob.parse(f"arn:{partition}:s3:::*/*"))
    return conjunction(Matches("resource", Glob.parse(f"arn:{partition}:s3:::?*")), negation(with_slash))


def _key(partition: str) -> Formula:
    region = (_IN_REGIONS, Repeat(_IN_REGIONS))
    return Matches("resource", Glob.of((f"arn:{partition}:kms:", *region, ":", *_NUMBER, ":key/", ANY, STAR)))


def _role(partition: str) -> Formula:
    return Matches("resource", Glob.of((f"arn:{partition}:iam::", *_NUMBER, ":role/", ANY, STAR)))


_SHAPES: dict[ResourceKind, Callable[[str], Formula]] = {
    ResourceKind.NONE: lambda partition: Matches("resource", Glob.literal("*")),
    ResourceKind.BUCKET: _bucket,
    ResourceKind.OBJECT: _object,
    ResourceKind.KEY: _key,
    ResourceKind.ROLE: _role,
}
