"""The decision on one request over all policies; `policy_types` has the table of how they combine, and `prove` the same formula."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

from bucketpass.decide.context import Context
from bucketpass.decide.index import PreparedDocument, prepare_document
from bucketpass.decide.ownership import owner_refusal
from bucketpass.decide.policy_set import Decision, PolicySet, PolicyType, StatementRef
from bucketpass.decide.policy_types import GUARDS, POLICY_TYPES, REQUIRED, WITH_ACCOUNT, PolicyTypeRow, must_allow_itself
from bucketpass.decide.principals import GrantedTo
from bucketpass.decide.statement import PreparedStatement
from bucketpass.memo import Memo
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.request import AuthorizationRequest

__all__ = ["LevelResult", "PolicyLevel", "PreparedPolicySet", "decide", "evaluate_level", "lower_context", "prepare", "principal_match"]

_POLICY_SETS_REMEMBERED = 1024
_OUTCOMES_REMEMBERED = 4096

# Members of an enumeration take time to look up, and these are looked up for every request.
_NOBODY, _SESSION = GrantedTo.NONE, GrantedTo.SESSION

K = TypeVar("K", bound=Hashable)
Policy = tuple[str, PreparedDocument]
Found = tuple[str, PreparedStatement]


class PolicyLevel(NamedTuple):
    """One set of policies; at least one statement of them must allow.

    principals: its statements name principals. exempts_nobody: a Deny with NotPrincipal matches everybody.
    """

    type: PolicyType
    policies: tuple[Policy, ...]
    principals: bool
    exempts_nobody: bool = False


class LevelResult(NamedTuple):
    """What one level results in: a Deny that applies, or the Allow that grants to the closest principal."""

    deny: Found | None
    allow: Found | None
    granted_to: GrantedTo


NO_STATEMENT_APPLIES = LevelResult(None, None, GrantedTo.NONE)
# The result of a policy type that is not there, or does not apply to the caller.
NOT_LIMITED = LevelResult(None, None, GrantedTo.SESSION)


class PreparedPolicySet:
    """Policies whose documents are ready, and the decisions that are described already."""

    __slots__ = ("levels", "levels_without_account", "outcomes", "policies", "restricts_public")

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self.levels = tuple(_levels(policies, POLICY_TYPES, exempts_nobody=policies.boundary is not None))
        self.levels_without_account = tuple(_levels(policies, [row for row in POLICY_TYPES if row.every_caller], exempts_nobody=False))
        self.restricts_public = _restricts_public(policies)
        self.outcomes: dict[Hashable, Decision] = {}

    def levels_for(self, kind: PrincipalKind) -> tuple[PolicyLevel, ...]:
        """Return the levels that apply to such a principal, in AWS's order."""
        return self.levels if kind in WITH_ACCOUNT else self.levels_without_account


def _levels(policies: PolicySet, rows: Iterable[PolicyTypeRow], *, exempts_nobody: bool) -> Iterable[PolicyLevel]:
    for row in rows:
        for level in row.levels(policies):
            prepared = tuple((policy.name, prepare_document(policy.document)) for policy in level)
            yield PolicyLevel(row.type, prepared, row.names_principals, exempts_nobody and row.type is PolicyType.RESOURCE)


def _restricts_public(policies: PolicySet) -> bool:
    if policies.public_access is None or not policies.public_access.restrict_public_buckets:
        return False
    from bucketpass.decide.public_access import is_public

    return any(is_public(policy.document) for policy in policies.resource or ())


prepare = Memo(PreparedPolicySet, size=_POLICY_SETS_REMEMBERED)


def lower_context(request: AuthorizationRequest) -> Context:
    """Return the request's context with its names in lower case."""
    return {name.lower(): value for name, value in request.context.items()}


def decide(request: AuthorizationRequest, policies: PolicySet | PreparedPolicySet) -> Decision:
    """Return AWS's decision on the request. Raises `PolicyError` for an operator that AWS does not have."""
    prepared = policies if isinstance(policies, PreparedPolicySet) else prepare(policies)
    principal, action = request.principal, request.action
    context = lower_context(request)
    results: tuple[LevelResult, ...] = ()
    for level in prepared.levels_for(principal.kind):
        result = evaluate_level(level, request, context)
        if result.deny is not None:
            return _described(prepared, _explicit_deny, (level.type, result.deny))
        results += (result,)
    own_account = not request.resource_account or request.resource_account == principal.account
    by_resource = must_allow_itself(action, request.resource)
    return _described(prepared, _combined, (principal.kind, own_account, by_resource, action, results))


def evaluate_level(level: PolicyLevel, request: AuthorizationRequest, context: Context) -> LevelResult:
    """Return the result of the policies of one level."""
    closest, allow = _NOBODY, None
    principals = level.principals
    for name, document in level.policies:
        for statement in document.candidates(request.action, request.resource, context):
            if statement.deny:
                if principal_match(statement, level, request) and statement.conditions_match(context):
                    return LevelResult((name, statement), None, _NOBODY)
            elif closest < _SESSION:
                granted_to = principal_match(statement, level, request) if principals else _SESSION
                if granted_to > closest and statement.conditions_match(context):
                    closest, allow = granted_to, (name, statement)
    return NO_STATEMENT_APPLIES if allow is None else LevelResult(None, allow, closest)


def principal_match(statement: PreparedStatement, level: PolicyLevel, request: AuthorizationRequest) -> GrantedTo:
    """Return which principal a matching Principal element names. In a level without principals the statement is the principal's own."""
    if not level.principals:
        return _SESSION
    if statement.principal is None or (level.exempts_nobody and statement.deny and statement.statement.not_principal is not None):
        # SECURITY: a resource-based policy without principals grants nobody anything; what it denies, it denies to all.
        return _SESSION if statement.deny else _NOBODY
    granted_to = statement.principal(request.principal)
    # An endpoint policy that names an account matches its root user alone [D].
    only_root = level.type is PolicyType.ENDPOINT and granted_to is GrantedTo.ACCOUNT and not statement.deny
    return _NOBODY if only_root else granted_to


def _described(prepared: PreparedPolicySet, describe: Callable[[PreparedPolicySet, K], Decision], key: K) -> Decision:
    """The decision that `describe` makes of `key`; made once, since few of a policy's decisions differ."""
    found = prepared.outcomes.get(key)
    if found is None:
        if len(prepared.outcomes) >= _OUTCOMES_REMEMBERED:
            prepared.outcomes.clear()
        found = prepared.outcomes[key] = describe(prepared, key)
    return found


def reference(found: Found) -> StatementRef:
    """Return the statement by its policy's name and its index."""
    name, prepared = found
    return StatementRef(name, prepared.index, prepared.statement.sid)


def _explicit_deny(prepared: PreparedPolicySet, denied: tuple[PolicyType, Found]) -> Decision:
    type_, deny = denied
    statement = reference(deny)
    return Decision(False, True, f"explicitly denied by {statement}", (statement,), (type_,))


def _combined(prepared: PreparedPolicySet, request: tuple[PrincipalKind, bool, bool, str, tuple[LevelResult, ...]]) -> Decision:
    """The decision where no Deny applies, from the result of each level that there is for such a principal."""
    kind, own_account, by_resource, action, results = request
    has_account = kind in WITH_ACCOUNT
    levels = prepared.levels_for(kind)
    by_type = {level.type: result for level, result in zip(levels, results, strict=True)}
    blocked = [level.type for level, result in zip(levels, results, strict=True) if level.type in GUARDS and result.allow is None]
    if prepared.restricts_public and not (kind is PrincipalKind.SERVICE or (own_account and has_account)):
        blocked.append(PolicyType.PUBLIC_ACCESS)
    granted_to = by_type.get(PolicyType.RESOURCE, NO_STATEMENT_APPLIES).granted_to
    for type_ in REQUIRED[has_account, own_account, by_resource, granted_to]:
        result = by_type.get(type_, NO_STATEMENT_APPLIES if type_ is PolicyType.RESOURCE else NOT_LIMITED)
        is_root = type_ is PolicyType.IDENTITY and kind is PrincipalKind.ROOT
        if result.granted_to is GrantedTo.NONE and not is_root:
            blocked.append(type_)
    if blocked:
        return _not_allowed(action, tuple(dict.fromkeys(blocked)))
    granting = (by_type[type_].allow for type_ in (PolicyType.RESOURCE, PolicyType.IDENTITY) if type_ in by_type)
    statements = tuple(reference(found) for found in granting if found is not None)
    refusal = owner_refusal(action, own_account=own_account)
    if refusal is not None:
        reason = f"{refusal.code}: S3 takes {action} from principals of the bucket's own account alone"
        return Decision(False, False, reason, statements, refusal=refusal)
    return _allowed(statements)


def _not_allowed(action: str, blocked: tuple[PolicyType, ...]) -> Decision:
    reason = " and ".join(f"no {type_.value}" for type_ in blocked if type_ is not PolicyType.PUBLIC_ACCESS)
    reasons = [f"{reason} allows {action}"] if reason else []
    if PolicyType.PUBLIC_ACCESS in blocked:
        reasons.append("S3 Block Public Access restricts the bucket, whose policy is public")
    return Decision(False, False, "; ".join(reasons), (), blocked)


def _allowed(statements: tuple[StatementRef, ...]) -> Decision:
    described = " and ".join(str(statement) for statement in statements)
    return Decision(True, False, f"allowed by {described}" if described else "allowed: the account's root user", statements)
