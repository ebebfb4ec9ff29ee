"""The smallest changes of a service's grants in a declaration that make a refused call allowed: each is tried, none is guessed.

A change adds an access level or an action to a grant that covers the key, or is a new grant of the key's folder. The declaration
is compiled with it, and the whole call decided again. It says what the declaration lacks, not that it ought to have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import yaml

from bucketpass.compile import compile_access
from bucketpass.compile.actions import LEVELS
from bucketpass.decide.call import CallDecision
from bucketpass.deployment.calls import (
    DescribedCall,
    ExplainedCall,
    GrantChange,
    decide_described,
    explain_call,
    role_named,
    with_role_of_token,
)
from bucketpass.deployment.resources import deployment_of
from bucketpass.model import Access, AccessLevel, Grant
from bucketpass.model.validate import mistakes
from bucketpass.requests.request import AuthorizationRequest

__all__ = ["explain_declared", "grant_changes"]

_AT_MOST = 3


def explain_declared(described: DescribedCall) -> ExplainedCall:
    """Return AWS's decision on the call, with all reasons; of a declaration with the changes of its grants that would be enough."""
    found = explain_call(described)
    return found if described.access is None else replace(found, changes=grant_changes(described, described.access, found.decision))


def grant_changes(described: DescribedCall, access: Access, decision: CallDecision) -> tuple[GrantChange, ...]:
    """Return the single changes of the service's grants that are enough; none where no one is, or the session is refused."""
    service = described.role.service
    refused = [one.request for one in decision.requests if not one.decision.allowed and one.request.action.startswith("s3:")]
    if service is None or not decision.session.allowed or not refused:
        return ()
    found: dict[str, GrantChange] = {}
    for change, grants in _candidates(f"services.{service}.grants", refused[0], access, access.services[service].grants, described):
        if len(found) < _AT_MOST and change.statement not in found and _allows(described, access, service, grants):
            found[change.statement] = change
    return tuple(found.values())


def _allows(described: DescribedCall, access: Access, service: str, grants: tuple[Grant, ...]) -> bool:
    """Whether the call is allowed where the service has these grants."""
    changed = replace(access, services={**access.services, service: replace(access.services[service], grants=grants)})
    if mistakes(changed):
        return False
    deployment = deployment_of(compile_access(changed, described.deployment.target))
    tried = replace(described, deployment=deployment, role=role_named(deployment, service))
    return decide_described(with_role_of_token(tried)).allowed


_Candidate = tuple[GrantChange, tuple[Grant, ...]]


def _candidates(
    path: str, request: AuthorizationRequest, access: Access, grants: tuple[Grant, ...], described: DescribedCall
) -> Iterator[_Candidate]:
    """The grants with each change that may be enough, the smallest first."""
    arn, _, key = request.resource.partition("/")
    bucket = next((one.name for one in described.deployment.buckets if one.arn == arn and one.name in access.buckets), None)
    if bucket is None:
        return
    asked = request.context.get("s3:prefix", "")
    key = key or (asked if isinstance(asked, str) else "")
    levels = sorted((level for level, actions in LEVELS.items() if request.action in actions), key=lambda level: len(LEVELS[level]))
    for index, grant in enumerate(grants):
        if grant.bucket == bucket and (key.startswith(grant.prefix) if grant.key is None else key == grant.key):
            for field, value, wider in _widened(grant, request.action, levels):
                change = GrantChange(f"{path}[{index}].{field}", f"add `{value}`" if field != "versions" else "write `true`")
                yield change, (*grants[:index], wider, *grants[index + 1 :])
    folder = key[: key.rfind("/") + 1]
    wanted = [Grant(bucket, folder, (level,)) for level in levels] or [Grant(bucket, folder, (), actions=(request.action,))]
    for new in wanted:
        yield GrantChange(path, f"add `{_written(new)}`"), (*grants, new)


def _written(grant: Grant) -> str:
    """The grant as access.yaml has it, in one line."""
    levels = [level.value for level in grant.access]
    fields = {"bucket": grant.bucket, "prefix": grant.prefix, "access": "".join(levels), "actions": list(grant.actions)}
    given = {name: value for name, value in fields.items() if value}
    return str(yaml.safe_dump(given, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)).strip()


def _widened(grant: Grant, action: str, levels: list[AccessLevel]) -> Iterator[tuple[str, str, Grant]]:
    """The field, what is added to it, and the grant with it."""
    if "Version" in action and not grant.versions:
        yield "versions", "true", replace(grant, versions=True)
    for level in levels:
        if level not in grant.access:
            yield "access", level.value, replace(grant, access=(*grant.access, level))
    if not levels and action not in grant.actions:
        yield "actions", action, replace(grant, actions=(*grant.actions, action))
