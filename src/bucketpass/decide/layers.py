"""All layers of policy together: what AWS answers to one request.

The order ([D], IAM User Guide, "Policy evaluation logic"): any Deny that applies wins. Then every level of RCPs and of SCPs
must allow, and the VPC endpoint's policy where there is one. Then, in one account, the identity policies or the resource
policy; across accounts both. What a grant of the resource policy survives depends on whom it names (`Strength`):

============  ==================================  ==========================================
it names      in the principal's account           across accounts
============  ==================================  ==========================================
DIRECT        enough                               identity, boundary and session must allow
ROLE          boundary and session must allow      the same
ACCOUNT       identity, boundary and session too   the same
============  ==================================  ==========================================

A key policy and a role's trust policy must allow in every case. Callers without an account of their own (anonymous,
federated, services) have the resource policy and RCPs only. A boundary together with a Deny that has NotPrincipal denies.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from bucketpass.decide.context import Context
from bucketpass.decide.index import PreparedDocument, prepare_document
from bucketpass.decide.policy_set import Decision, NamedPolicy, PolicySet, PolicyType, StatementRef
from bucketpass.decide.principals import GrantedTo
from bucketpass.decide.statement import PreparedStatement
from bucketpass.memo import Memo
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.request import AuthorizationRequest

__all__ = ["Answer", "Level", "PreparedPolicySet", "ask", "combine", "decide", "lower_context", "needs_resource_policy", "prepare"]

_LAYERS_REMEMBERED = 1024
_OUTCOMES_REMEMBERED = 4096
_WITH_ACCOUNT = frozenset({PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION})

K = TypeVar("K", bound=Hashable)
Policy = tuple[str, PreparedDocument]
Found = tuple[str, PreparedStatement]


class Level(NamedTuple):
    """One set of policies of which at least one statement must allow.

    principals: its statements name principals. spares_nobody: a Deny with NotPrincipal means everybody.
    """

    name: PolicyType
    policies: tuple[Policy, ...]
    principals: bool
    spares_nobody: bool = False


class Answer(NamedTuple):
    """What one level says: a Deny that applies, or the strongest Allow."""

    deny: Found | None
    allow: Found | None
    strength: GrantedTo


_SILENCE = Answer(None, None, GrantedTo.NONE)
# What a layer says that is not there, or does not concern the one who asks.
_NO_OBJECTION = Answer(None, None, GrantedTo.SESSION)


class PreparedPolicySet:
    """Layers whose documents are ready, and the answers that were already put into words."""

    __slots__ = ("layers", "levels", "levels_without_account", "outcomes", "restricts_public")

    def __init__(self, layers: PolicySet) -> None:
        self.layers = layers
        rcps = [_level(PolicyType.RCP, policies, principals=True) for policies in layers.rcps]
        scps = [_level(PolicyType.SCP, policies) for policies in layers.scps]
        endpoint = [] if layers.endpoint is None else [_level(PolicyType.ENDPOINT, layers.endpoint, principals=True)]
        resource = _level(PolicyType.RESOURCE, layers.resource or (), principals=True)
        own_resource = [] if layers.resource is None else [resource._replace(spares_nobody=layers.boundary is not None)]
        identity = [_level(PolicyType.IDENTITY, layers.identity)]
        boundary = [] if layers.boundary is None else [_level(PolicyType.BOUNDARY, layers.boundary)]
        session = [] if layers.session is None else [_level(PolicyType.SESSION, layers.session)]
        self.levels_without_account = (*rcps, *endpoint, resource)
        self.levels = (*rcps, *scps, *endpoint, *own_resource, *identity, *boundary, *session)
        self.restricts_public = _restricts_public(layers)
        self.outcomes: dict[Hashable, Decision] = {}

    def levels_for(self, kind: PrincipalKind) -> tuple[Level, ...]:
        """The levels that concern such a principal, in AWS's order."""
        return self.levels if kind in _WITH_ACCOUNT else self.levels_without_account


def _restricts_public(layers: PolicySet) -> bool:
    if layers.public_access is None or not layers.public_access.restrict_public_buckets:
        return False
    from bucketpass.decide.public_access import is_public

    return any(is_public(policy.document) for policy in layers.resource or ())


def _level(name: PolicyType, policies: Iterable[NamedPolicy], *, principals: bool = False) -> Level:
    return Level(name, tuple((policy.name, prepare_document(policy.document)) for policy in policies), principals)


prepare = Memo(PreparedPolicySet, size=_LAYERS_REMEMBERED)


def lower_context(request: AuthorizationRequest) -> Context:
    """The request's context with its names in lower case."""
    return {name.lower(): value for name, value in request.context.items()}


def decide(request: AuthorizationRequest, layers: PolicySet | PreparedPolicySet) -> Decision:
    """What AWS answers to `request`. Raises `PolicyError` where a document has an operator that AWS does not know."""
    prepared = layers if isinstance(layers, PreparedPolicySet) else prepare(layers)
    context = lower_context(request)
    said: dict[PolicyType, Answer] = {}
    blocked: list[PolicyType] = []
    for level in prepared.levels_for(request.principal.kind):
        name = level.name
        answer = said[name] = ask(level, request, context)
        if answer.deny is not None:
            return _worded(prepared, _explicit, (name, answer.deny))
        if answer.allow is None and name in _GUARDS and name not in blocked:
            blocked.append(name)
    return combine(request, prepared, said, blocked)


def ask(level: Level, request: AuthorizationRequest, context: Context) -> Answer:
    """What the policies of one level say."""
    strongest, allow = GrantedTo.NONE, None
    principals = level.principals
    for name, document in level.policies:
        for statement in document.candidates(request.action, request.resource, context):
            if statement.deny:
                if meant(statement, level, request) and statement.holds(context):
                    return Answer((name, statement), None, GrantedTo.NONE)
            elif strongest < GrantedTo.SESSION:
                strength = meant(statement, level, request) if principals else GrantedTo.SESSION
                if strength > strongest and statement.holds(context):
                    strongest, allow = strength, (name, statement)
    return _SILENCE if allow is None else Answer(None, allow, strongest)


def meant(statement: PreparedStatement, level: Level, request: AuthorizationRequest) -> GrantedTo:
    """How strongly the statement means the one who asks; in a level without principals it means whoever has the policy."""
    if not level.principals:
        return GrantedTo.SESSION
    if statement.principal is None or (level.spares_nobody and statement.deny and statement.statement.not_principal is not None):
        # SECURITY: a resource policy without principals grants nobody anything; what it denies, it denies to all.
        return GrantedTo.SESSION if statement.deny else GrantedTo.NONE
    strength = statement.principal(request.principal)
    # An endpoint policy that names an account means its root user alone [D].
    return GrantedTo.NONE if level.name is PolicyType.ENDPOINT and strength is GrantedTo.ACCOUNT and not statement.deny else strength


def needs_resource_policy(request: AuthorizationRequest) -> bool:
    """Whether identity policies alone are never enough: key policies and trust policies must allow too [D]."""
    kind = ":key/" if ":key/" in request.resource else ":role/" if ":role/" in request.resource else None
    return kind is not None and request.action.partition(":")[0].lower() == _MUST_ALLOW[kind]


def combine(
    request: AuthorizationRequest, prepared: PreparedPolicySet, said: Mapping[PolicyType, Answer], blocked: list[PolicyType]
) -> Decision:
    """The decision where no Deny applies; `blocked` are the guards (RCPs, SCPs, endpoint) that do not allow."""
    resource = said.get(PolicyType.RESOURCE, _SILENCE)
    principal = request.principal
    own_account = not request.resource_account or request.resource_account == principal.account
    if prepared.restricts_public and not (principal.kind is PrincipalKind.SERVICE or (own_account and principal.kind in _WITH_ACCOUNT)):
        blocked.append(PolicyType.PUBLIC_ACCESS)
    required: tuple[PolicyType, ...]
    if principal.kind not in _WITH_ACCOUNT:
        required = _FROM_OUTSIDE
    elif not own_account:
        required = _ACROSS_ACCOUNTS
    elif resource.strength >= GrantedTo.ROLE:
        required = _BY_STRENGTH[resource.strength]
    else:
        required = _ACROSS_ACCOUNTS if needs_resource_policy(request) else _WITHIN_ACCOUNT
    for name in required:
        answer = said.get(name, _SILENCE if name in _ALWAYS_THERE else _NO_OBJECTION)
        is_root = name is PolicyType.IDENTITY and principal.kind is PrincipalKind.ROOT
        if answer.strength is GrantedTo.NONE and not is_root:
            blocked.append(name)
    if blocked:
        return _worded(prepared, _not_allowed, tuple(blocked))
    granting = (said[name].allow for name in _GRANTING if name in said)
    return _worded(prepared, _allowed, tuple(found for found in granting if found is not None))


# The kinds of resource whose own policy must allow, and the service that asks it.
_MUST_ALLOW = {":key/": "kms", ":role/": "sts"}
_GUARDS = frozenset({PolicyType.RCP, PolicyType.SCP, PolicyType.ENDPOINT})
_ALWAYS_THERE = frozenset({PolicyType.RESOURCE, PolicyType.IDENTITY})
_GRANTING = (PolicyType.RESOURCE, PolicyType.IDENTITY)
_FROM_OUTSIDE = (PolicyType.RESOURCE,)
_WITHIN_ACCOUNT = (PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION)
_ACROSS_ACCOUNTS = (PolicyType.RESOURCE, *_WITHIN_ACCOUNT)
_BY_STRENGTH: dict[GrantedTo, tuple[PolicyType, ...]] = {GrantedTo.ROLE: (PolicyType.BOUNDARY, PolicyType.SESSION), GrantedTo.SESSION: ()}


def _worded(prepared: PreparedPolicySet, word: Callable[[K], Decision], key: K) -> Decision:
    """The decision that `word` makes of `key`; made once, since few of a policy's answers differ."""
    found = prepared.outcomes.get(key)
    if found is None:
        if len(prepared.outcomes) >= _OUTCOMES_REMEMBERED:
            prepared.outcomes.clear()
        found = prepared.outcomes[key] = word(key)
    return found


def reference(found: Found) -> StatementRef:
    """The statement by its policy's name and its index."""
    name, prepared = found
    return StatementRef(name, prepared.index, prepared.statement.sid)


def _explicit(denied: tuple[PolicyType, Found]) -> Decision:
    layer, deny = denied
    statement = reference(deny)
    return Decision(False, True, f"explicitly denied by {statement}", (statement,), (layer,))


def _not_allowed(blocked: tuple[PolicyType, ...]) -> Decision:
    return Decision(False, False, f"not allowed by {' or '.join(name.value for name in blocked)}", (), blocked)


def _allowed(granting: tuple[Found, ...]) -> Decision:
    statements = tuple(reference(found) for found in granting)
    words = " and ".join(str(statement) for statement in statements)
    return Decision(True, False, f"allowed by {words}" if words else "allowed: the account's root user", statements)
