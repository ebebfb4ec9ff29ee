"""Actions in a policy that no request ever has: names that AWS does not know, and actions on resources that they do not apply to.

IAM takes such a policy and never matches it: what an Allow meant to give is not given, what a Deny meant to keep out is let in.
Only actions of the services that `aws.actions` lists are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from bucketpass.aws.actions import ACTIONS, OTHER_ACTIONS, ResourceKind
from bucketpass.aws.arn import Arn
from bucketpass.aws.operations import OPERATIONS
from bucketpass.errors import Place
from bucketpass.findings import Finding
from bucketpass.policy.document import PolicyDocument, Statement
from bucketpass.policy.pattern import compile_parts, parse_pattern

__all__ = ["idle_actions"]

_RESOURCES = {name: action.resource for name, action in ACTIONS.items()} | OTHER_ACTIONS
_KNOWN = {name.lower(): name for name in _RESOURCES}
_SERVICES = frozenset(name.partition(":")[0] for name in _KNOWN)
_KINDS = {
    ResourceKind.BUCKET: "the bucket",
    ResourceKind.OBJECT: "objects",
    ResourceKind.KEY: "the key",
    ResourceKind.NONE: "`*`",
}


def idle_actions(document: PolicyDocument, title: str, place: Place) -> Iterator[Finding]:
    """Yield `unknown-action` and `action-without-resource` for each such action of the policy that `title` names."""
    for number, statement in enumerate(document.statements):
        where = f"statement {statement.sid or number} of {title}"
        for action in dict.fromkeys(statement.actions or statement.not_actions or ()):
            names = _named(action)
            if names is None:
                continue
            if not names:
                yield Finding("unknown-action", f"{where} names `{action}`, which is not an action of AWS", _remedy(action), place)
            elif statement.actions is not None and (kinds := _needed(names, statement)):
                resources = ", ".join(f"`{resource}`" for resource in statement.resources or ())
                message = f"{where} has `{action}` on {resources}, to which it does not apply"
                remedy = (
                    f"Add {' or '.join(_example(kind, statement.resources or ()) for kind in kinds)} to Resource, or remove the action."
                )
                yield Finding("action-without-resource", message, remedy, place)


def _named(action: str) -> list[str] | None:
    """The actions that a pattern of actions names; None if it is of a service that the tables do not have."""
    service = action.partition(":")[0].lower()
    if service not in _SERVICES:
        return None
    matches = compile_parts(parse_pattern(action.lower(), variables=False))
    return [name for lower, name in _KNOWN.items() if matches(lower)]


def _remedy(action: str) -> str:
    service, _, name = action.partition(":")
    operation = next((row for row in OPERATIONS.values() if service.lower() == "s3" and row.name.lower() == name.lower()), None)
    if operation is not None and operation.needs:
        return f"Write `{operation.needs[0].action}`, which the operation {operation.name} needs."
    near = get_close_matches(action.lower(), _KNOWN, n=1)
    return f"Did you mean `{_KNOWN[near[0]]}`?" if near else ""


def _needed(names: Sequence[str], statement: Statement) -> tuple[ResourceKind, ...]:
    """The kinds of resource that the actions apply to, if the statement names none of any of them; else nothing."""
    kinds = tuple(dict.fromkeys(_RESOURCES[name] for name in names))
    asked = tuple(kind for kind in kinds if kind in _KINDS)
    if statement.resources is None or asked != kinds or any(_may_be(kind, one) for kind in asked for one in statement.resources):
        return ()
    return asked


def _example(kind: ResourceKind, resources: Sequence[str]) -> str:
    """A resource of the kind in words: that of a bucket, or the objects of one, which the statement names otherwise."""
    named = next((resource for resource in resources if ":s3:::" in resource), None)
    if named is None or kind not in (ResourceKind.BUCKET, ResourceKind.OBJECT):
        return _KINDS[kind]
    bucket = named.partition("/")[0]
    return f"{_KINDS[kind]}, `{bucket if kind is ResourceKind.BUCKET else f'{bucket}/*'}`,"


def _may_be(kind: ResourceKind, resource: str) -> bool:
    """Whether a pattern in Resource could match a resource of the kind; true of any form that is not looked into."""
    arn = Arn.parse(resource)
    if arn is None or _is_open(arn.service):
        return _is_open(resource)
    if kind is ResourceKind.NONE:
        return arn.resource == "*"
    if kind is ResourceKind.KEY:
        return arn.service == "kms" and (arn.resource.startswith("key/") or _is_open(arn.resource.partition("/")[0]))
    if arn.service != "s3":
        return False
    # What has a Region and an account is an access point, whose objects are `accesspoint/NAME/object/KEY`.
    name = arn.resource.partition("/")[2] if arn.region or arn.account else arn.resource
    return "/" not in name if kind is ResourceKind.BUCKET else "/" in name or _is_open(arn.resource)


def _is_open(text: str) -> bool:
    return bool(set("*?") & set(text)) or "${" in text
