"""Principal and NotPrincipal: whether an element means the one who asks, and how strongly it grants.

Rules ([D] documentation, [L] observed on live AWS):

* `*` means everyone. {"AWS": "*"} means the same, but for the caller of AssumeRoleWithWebIdentity [L].
* An account (its ID or root ARN) only delegates; a role ARN means the role's sessions; session ARN, user ARN and `*` grant
  directly. `Strength` is that order: what comes later survives more layers [D].
* A Deny with NotPrincipal spares only a principal whose every form is listed: account, role and session [D]. An Allow with
  NotPrincipal grants only to a principal of which no form is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from bucketpass.decide.request import Principal, PrincipalKind
from bucketpass.policy.document import Effect, PrincipalElement

__all__ = ["PrincipalTest", "Strength", "compile_not_principal", "compile_principal"]


class Strength(IntEnum):
    """How strongly a statement of a resource policy means the one who asks."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


_ARN_PARTS = 6
PrincipalTest = Callable[[Principal], Strength]


def compile_principal(element: PrincipalElement) -> PrincipalTest:
    """How strongly `element` means a principal."""
    if element.everyone:
        return lambda principal: Strength.DIRECT
    named = frozenset(element.aws)
    accounts = _accounts(element)
    everyone_of_aws = "*" in named
    by_kind = {PrincipalKind.FEDERATED: frozenset(element.federated), PrincipalKind.SERVICE: frozenset(element.service)}
    canonical_users = frozenset(element.canonical_user) - {""}

    def strength(principal: Principal) -> Strength:
        kind = principal.kind
        if kind is PrincipalKind.FEDERATED:
            return Strength.DIRECT if principal.arn in by_kind[kind] else Strength.NONE
        if everyone_of_aws or (kind is PrincipalKind.SERVICE and principal.arn in by_kind[kind]):
            return Strength.DIRECT
        if principal.session_arn and principal.session_arn in named:
            return Strength.DIRECT
        if (principal.arn and principal.arn in named) or (principal.unique_id and principal.unique_id in named):
            return Strength.ROLE if kind is PrincipalKind.ROLE_SESSION else Strength.DIRECT
        if principal.account and (principal.account in accounts or principal.canonical_user in canonical_users):
            return Strength.DIRECT if kind is PrincipalKind.ROOT else Strength.ACCOUNT
        return Strength.NONE

    return strength


def compile_not_principal(element: PrincipalElement, effect: Effect) -> PrincipalTest:
    """DIRECT for a principal that `element` does not spare (Deny) or does not leave out (Allow)."""
    listed = frozenset((*element.aws, *element.federated, *element.service))
    accounts = _accounts(element)
    spares = all if effect is Effect.DENY else any

    def strength(principal: Principal) -> Strength:
        if element.everyone or "*" in listed:
            return Strength.NONE
        # The root user is the account, by whichever of its names.
        own = () if principal.kind is PrincipalKind.ROOT else (principal.arn, principal.session_arn)
        forms = [form in listed for form in own if form]
        if principal.kind in (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION):
            forms.append(principal.account in accounts)
        return Strength.NONE if forms and spares(forms) else Strength.DIRECT

    return strength


def _accounts(element: PrincipalElement) -> frozenset[str]:
    """The accounts that are named by ID or by the ARN of their root."""
    roots = (text.split(":") for text in element.aws if text.endswith(":root"))
    return frozenset((*(text for text in element.aws if text.isdigit()), *(parts[4] for parts in roots if len(parts) == _ARN_PARTS)))
