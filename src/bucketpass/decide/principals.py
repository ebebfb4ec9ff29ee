"""Principal and NotPrincipal: whether an element matches the principal of a request, and which principal it names.

Rules ([D] documentation, [L] observed on live AWS):

* `*` matches everyone. {"AWS": "*"} matches the same, except the caller of AssumeRoleWithWebIdentity [L].
* An account (its ID or root ARN) only delegates; a role ARN matches the role's sessions; session ARN, user ARN and `*` grant
  to the session itself. `GrantedTo` is in that order: a grant to a later member needs fewer other policies [D].
* A unique ID (AROA..., AIDA...) is the role or user that has it, whatever its ARN [D].
* A canonical user ID is its account, or for a caller outside of AWS accounts (CloudFront's identity) the caller itself [D].
* A Deny with NotPrincipal exempts only a principal whose every form is listed: account, role and session [D]. An Allow with
  NotPrincipal grants only to a principal none of whose forms is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from bucketpass.aws.arn import Arn
from bucketpass.digits import whole_number
from bucketpass.policy.document import Effect, PrincipalElement
from bucketpass.requests.callers import Principal, PrincipalKind

__all__ = ["GrantedTo", "PrincipalTest", "compile_not_principal", "compile_principal"]


class GrantedTo(IntEnum):
    """The principal that a statement of a resource-based policy names: none that matches, the account, the role, or the session."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    SESSION = 3


PrincipalTest = Callable[[Principal], GrantedTo]


def compile_principal(element: PrincipalElement) -> PrincipalTest:
    """Return the function from a principal to what `element` grants to."""
    if element.everyone:
        return lambda principal: GrantedTo.SESSION
    named = frozenset(element.aws)
    accounts = _accounts(element)
    everyone_of_aws = "*" in named
    by_kind = {PrincipalKind.WEB_IDENTITY: frozenset(element.federated), PrincipalKind.SERVICE: frozenset(element.service)}
    canonical_users = frozenset(element.canonical_user) - {""}

    def granted_to(principal: Principal) -> GrantedTo:
        kind = principal.kind
        if kind is PrincipalKind.WEB_IDENTITY:
            return GrantedTo.SESSION if principal.arn in by_kind[kind] else GrantedTo.NONE
        if everyone_of_aws or (kind is PrincipalKind.SERVICE and principal.arn in by_kind[kind]):
            return GrantedTo.SESSION
        if principal.session_arn and principal.session_arn in named:
            return GrantedTo.SESSION
        if (principal.arn and principal.arn in named) or (principal.unique_id and principal.unique_id in named):
            return GrantedTo.ROLE if kind is PrincipalKind.ROLE_SESSION else GrantedTo.SESSION
        if not principal.account and principal.canonical_user:
            return GrantedTo.SESSION if principal.canonical_user in canonical_users else GrantedTo.NONE
        if principal.account and (principal.account in accounts or principal.canonical_user in canonical_users):
            return GrantedTo.SESSION if kind is PrincipalKind.ROOT else GrantedTo.ACCOUNT
        return GrantedTo.NONE

    return granted_to


def compile_not_principal(element: PrincipalElement, effect: Effect) -> PrincipalTest:
    """Return the function that gives SESSION for each principal that `element` does not exempt (Deny) or exclude (Allow)."""
    listed = frozenset((*element.aws, *element.federated, *element.service))
    accounts = _accounts(element)
    exempts = all if effect is Effect.DENY else any

    def granted_to(principal: Principal) -> GrantedTo:
        if element.everyone or "*" in listed:
            return GrantedTo.NONE
        # The root user is the account, by whichever of its names.
        own = () if principal.kind is PrincipalKind.ROOT else (principal.arn, principal.session_arn)
        forms = [form in listed for form in own if form]
        if forms and principal.unique_id and principal.unique_id in listed:
            forms[0] = True
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION):
            forms.append(principal.account in accounts)
        elif principal.canonical_user:
            forms.append(principal.canonical_user in element.canonical_user)
        return GrantedTo.NONE if forms and exempts(forms) else GrantedTo.SESSION

    return granted_to


def _accounts(element: PrincipalElement) -> frozenset[str]:
    """Return the accounts that `element` names by ID or by the ARN of their root."""
    roots = (arn.account for text in element.aws if (arn := Arn.parse(text)) is not None and arn.resource == "root")
    return frozenset((*(text for text in element.aws if whole_number(text) is not None), *roots))
