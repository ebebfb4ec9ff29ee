"""The decision on all requests at once over all policies: the formula of what `decide.evaluation` allows.

The order and how the policy types combine are the same table, `decide.policy_types`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.decide import NamedPolicy, PolicySet, PolicyType, PrincipalKind
from bucketpass.decide.ownership import OWNERS_ALONE
from bucketpass.decide.policy_types import GUARDS, MUST_ALLOW_ITSELF, POLICY_TYPES, WAYS_TO_ALLOW, WITH_ACCOUNT
from bucketpass.decide.public_access import is_public
from bucketpass.policy import Effect, PolicyDocument
from bucketpass.prove.principals import PrincipalMatch
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.statement import matching_statements
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob

__all__ = ["allowed", "documents_of"]


@dataclass(frozen=True, slots=True)
class SymbolicLevelResult:
    """What one level results in: when a Deny applies, and when an Allow to which principal."""

    deny: Formula = FALSE
    allow: PrincipalMatch = field(default_factory=PrincipalMatch)


NO_STATEMENT_APPLIES = SymbolicLevelResult()
NOT_LIMITED = SymbolicLevelResult(allow=PrincipalMatch(session=TRUE))


def documents_of(policies: PolicySet) -> Iterable[PolicyDocument]:
    """Return all documents of all policy types."""
    return (policy.document for row in POLICY_TYPES for level in row.levels(policies) for policy in level)


def allowed(request: SymbolicRequest, policies: PolicySet) -> Formula:
    """True of exactly the requests that `decide.decide` allows."""
    has_account = request.principal.kind in WITH_ACCOUNT
    # Who has no account has no boundary either.
    has_boundary = has_account and policies.boundary is not None
    results = [
        (row.type, evaluate_level(level, request, row.type, exempts_nobody=has_boundary))
        for row in POLICY_TYPES
        if has_account or row.every_caller
        for level in row.levels(policies)
    ]
    return combine(request, policies, results)


def evaluate_level(
    policies: Iterable[NamedPolicy], request: SymbolicRequest, type_: PolicyType, *, exempts_nobody: bool
) -> SymbolicLevelResult:
    """Return the result of the policies of one level."""
    names_principals = next(row.names_principals for row in POLICY_TYPES if row.type is type_)
    denies: list[Formula] = []
    allows: list[PrincipalMatch] = []
    for policy in policies:
        nobody = (exempts_nobody and type_ is PolicyType.RESOURCE) if names_principals else None
        for found in matching_statements(policy.document, request, exempts_nobody=nobody):
            if found.statement.effect is Effect.DENY:
                denies.append(conjunction(found.when, found.principal.at_all))
            else:
                allows.append(found.principal.where(found.when))
    allow = PrincipalMatch.any_of(allows)
    if type_ is PolicyType.ENDPOINT:
        # An endpoint policy that names an account matches its root user alone.
        allow = PrincipalMatch(allow.session, allow.role)
    return SymbolicLevelResult(disjunction(*denies), allow)


def combine(request: SymbolicRequest, policies: PolicySet, results: list[tuple[PolicyType, SymbolicLevelResult]]) -> Formula:
    """True where a way to allow is met, no guard is in its way and no Deny applies."""
    principal = request.principal
    own_account = not request.resource_account or request.resource_account == principal.account
    has_account = principal.kind in WITH_ACCOUNT
    is_restricted = policies.public_access is not None and policies.public_access.restrict_public_buckets
    if (
        is_restricted
        and any(is_public(policy.document) for policy in policies.resource or ())
        and not (principal.kind is PrincipalKind.SERVICE or (own_account and has_account))
    ):
        return FALSE
    by_type = dict(results)
    resource = by_type.get(PolicyType.RESOURCE, NO_STATEMENT_APPLIES).allow

    def allows(type_: PolicyType) -> Formula:
        if type_ is PolicyType.IDENTITY and principal.kind is PrincipalKind.ROOT:
            return TRUE
        return by_type.get(type_, NO_STATEMENT_APPLIES if type_ is PolicyType.RESOURCE else NOT_LIMITED).allow.at_all

    itself = _must_allow_itself(request)
    met = disjunction(
        *(
            conjunction(when, resource.at_least(way.granted_to), *map(allows, way.required))
            for when, by_resource in ((itself, True), (negation(itself), False))
            for way in WAYS_TO_ALLOW[has_account, own_account, by_resource]
        )
    )
    guards = (result.allow.at_all for type_, result in results if type_ in GUARDS)
    taken = TRUE if own_account else negation(request.does(OWNERS_ALONE))
    return conjunction(met, taken, *guards, *(negation(result.deny) for _, result in results))


def _must_allow_itself(request: SymbolicRequest) -> Formula:
    """True where the action is on a key or a role, whose policy must allow too."""
    mark = MUST_ALLOW_ITSELF.get(request.actions[0].partition(":")[0].lower())
    if mark is None:
        return FALSE
    always = all(name in ACTIONS and ACTIONS[name].resource is not ResourceKind.NONE for name in request.actions)
    return TRUE if always or mark in request.resource_start else request.is_on(Glob.parse(f"*{mark}*"))
