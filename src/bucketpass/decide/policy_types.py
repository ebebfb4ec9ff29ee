"""The policy types and how they combine: one table for `decide` (one request) and `prove` (all requests).

The order ([D], IAM User Guide, "Policy evaluation logic"): any Deny that applies wins. Then every level of RCPs and of SCPs
must allow, and the VPC endpoint's policy where there is one. Then, in one account, the identity-based policies or the
resource-based policy; across accounts both. Which policies a grant of the resource-based policy needs beside it depends on the
principal that it names (`GrantedTo`):

========  ==================================  ==========================================
it names  in the principal's account           across accounts
========  ==================================  ==========================================
SESSION   enough                               identity, boundary and session must allow
ROLE      boundary and session must allow      the same
ACCOUNT   identity, boundary and session too   the same
========  ==================================  ==========================================

A key policy and a role's trust policy must allow in every case. Callers without an account of their own (anonymous, web
identity, services) have the resource-based policy, RCPs and the endpoint's policy only. A boundary together with a Deny that has
NotPrincipal denies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from bucketpass.decide.policy_set import NamedPolicy, PolicySet, PolicyType
from bucketpass.decide.principals import GrantedTo
from bucketpass.requests.callers import PrincipalKind

__all__ = [
    "GUARDS",
    "MUST_ALLOW_ITSELF",
    "POLICY_TYPES",
    "REQUIRED",
    "WAYS_TO_ALLOW",
    "WITH_ACCOUNT",
    "PolicyTypeRow",
    "WayToAllow",
    "must_allow_itself",
]

WITH_ACCOUNT = frozenset({PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION})
Levels = tuple[tuple[NamedPolicy, ...], ...]


class PolicyTypeRow(NamedTuple):
    """One policy type. `levels`: the sets of policies; in each one statement must allow. None if no such policy exists.

    every_caller: it applies to callers without an account too. guards: each level must allow, whatever the others grant.
    """

    type: PolicyType
    levels: Callable[[PolicySet], Levels]
    names_principals: bool = False
    every_caller: bool = False
    guards: bool = False


def _one_level(policies: tuple[NamedPolicy, ...] | None) -> Levels:
    return () if policies is None else (policies,)


POLICY_TYPES = (
    PolicyTypeRow(PolicyType.RCP, lambda policies: policies.rcps, names_principals=True, every_caller=True, guards=True),
    PolicyTypeRow(PolicyType.SCP, lambda policies: policies.scps, guards=True),
    PolicyTypeRow(
        PolicyType.ENDPOINT, lambda policies: _one_level(policies.endpoint), names_principals=True, every_caller=True, guards=True
    ),
    PolicyTypeRow(PolicyType.RESOURCE, lambda policies: _one_level(policies.resource), names_principals=True, every_caller=True),
    PolicyTypeRow(PolicyType.IDENTITY, lambda policies: (policies.identity,)),
    PolicyTypeRow(PolicyType.BOUNDARY, lambda policies: _one_level(policies.boundary)),
    PolicyTypeRow(PolicyType.SESSION, lambda policies: _one_level(policies.session)),
)
GUARDS = frozenset(row.type for row in POLICY_TYPES if row.guards)


class WayToAllow(NamedTuple):
    """A request is allowed where the resource-based policy grants to `granted_to` or closer, and each of `required` allows."""

    granted_to: GrantedTo
    required: tuple[PolicyType, ...]


_OWN = (PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION)
_BOTH_SIDES = (WayToAllow(GrantedTo.NONE, (PolicyType.RESOURCE, *_OWN)),)
_RESOURCE_ALONE = (WayToAllow(GrantedTo.NONE, (PolicyType.RESOURCE,)),)
_CLOSE_GRANTS = (WayToAllow(GrantedTo.SESSION, ()), WayToAllow(GrantedTo.ROLE, (PolicyType.BOUNDARY, PolicyType.SESSION)))
_ONE_ACCOUNT = (*_CLOSE_GRANTS, WayToAllow(GrantedTo.NONE, _OWN))
_ONE_ACCOUNT_BY_RESOURCE = (*_CLOSE_GRANTS, *_BOTH_SIDES)


# By whether the caller is a principal of an account, whether the resource is that account's, and `must_allow_itself`: the ways in
# which a request can be allowed, those with the closest grant first; one of them is enough.
WAYS_TO_ALLOW: dict[tuple[bool, bool, bool], tuple[WayToAllow, ...]] = {
    (has_account, own_account, by_resource): _RESOURCE_ALONE
    if not has_account
    else _BOTH_SIDES
    if not own_account
    else _ONE_ACCOUNT_BY_RESOURCE
    if by_resource
    else _ONE_ACCOUNT
    for has_account in (True, False)
    for own_account in (True, False)
    for by_resource in (True, False)
}


# The same for a known grant: the policy types that must allow beside it.
REQUIRED: dict[tuple[bool, bool, bool, GrantedTo], tuple[PolicyType, ...]] = {
    (*case, granted_to): next(way.required for way in ways if granted_to >= way.granted_to)
    for case, ways in WAYS_TO_ALLOW.items()
    for granted_to in GrantedTo
}


# The services whose resources' own policies must allow, and what the ARN of such a resource holds [D].
MUST_ALLOW_ITSELF = {"kms": ":key/", "sts": ":role/"}


@lru_cache(maxsize=1024)
def _mark_of_service(action: str) -> str | None:
    """Return the part of an ARN that marks resources whose own policy must allow the action, None if the service has none."""
    return MUST_ALLOW_ITSELF.get(action.partition(":")[0].lower())


def must_allow_itself(action: str, resource: str) -> bool:
    """True if identity-based policies alone are never enough: the policies of keys and roles must allow too.

    Not where an action is on no key (kms:ListAliases on `*`).
    """
    mark = _mark_of_service(action)
    return mark is not None and mark in resource
