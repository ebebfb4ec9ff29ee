"""The table of condition keys, read: the context of one request, and the presence of a key in all requests of a kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from bucketpass.memo import Memo
from bucketpass.requests.callers import Caller, ContextValue, PrincipalKind
from bucketpass.requests.key import KeyOrigin, Presence, RequestKey, Value
from bucketpass.requests.keys import CLAIMS, KEYS, no_value
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection, RequestFacts

__all__ = ["authorization_request", "can_carry", "context_of", "presence", "presence_elsewhere", "request_key"]

_CALLERS_REMEMBERED = 4096
_KEPT_CLAIMS = (":sub", ":aud", ":amr", ":id")
_BY_LOWER_NAME = {row.name.lower(): row for row in KEYS}
_SERVICES = ("s3:", "kms:", "sts:", "iam:")


def request_key(name: str) -> RequestKey | None:
    """Return the row of that name in any case, of a family where `name` is a member of it, or None if the table does not know it."""
    lower = name.lower()
    found = _BY_LOWER_NAME.get(lower)
    if found is None:
        separators = (position for mark in "/:" if (position := lower.find(mark, lower.find(":") + 1)) >= 0)
        found = next((row for cut in separators if (row := _BY_LOWER_NAME.get(lower[: cut + 1])) is not None), None)
    return found


def presence(name: str, kind: PrincipalKind, action: str) -> Presence:
    """Return whether requests of such a caller for the action carry the key, whose name matches in any case.

    A key of AWS's own that the table does not know may be there: to take it for absent could prove too much.
    """
    row, lower = request_key(name), name.lower()
    if row is not None:
        return row.presence(kind, action)
    if lower.startswith("aws:"):
        return Presence.SOMETIMES
    if lower.startswith(_SERVICES):
        return Presence.SOMETIMES if lower.startswith(action.lower().partition(":")[0] + ":") else Presence.NEVER
    if kind is PrincipalKind.WEB_IDENTITY and lower.endswith((":aud", ":sub")):
        return Presence.ALWAYS
    if kind is PrincipalKind.ROLE_SESSION and not lower.endswith(_KEPT_CLAIMS):
        return Presence.NEVER
    return CLAIMS.presence(kind, action)


def can_carry(name: str, action: str) -> bool:
    """True if some requests for the action carry the key."""
    return any(presence(name, kind, action) is not Presence.NEVER for kind in PrincipalKind)


def presence_elsewhere(name: str, kind: PrincipalKind, service: str) -> Presence:
    """Return whether requests of such a caller carry the key, for an action of the service that no table lists."""
    row, unlisted = request_key(name), f"{service}:Unlisted"
    if row is None or row.applies_to(unlisted):
        return presence(name, kind, unlisted)
    known = any(action.startswith(f"{service}:") for action in row.actions) and kind in row.callers
    return Presence.SOMETIMES if known else Presence.NEVER


@lru_cache(maxsize=4096)
def _rows(kind: PrincipalKind, action: str, of_caller: bool) -> tuple[tuple[str, Callable[[RequestFacts], Value], bool], ...]:
    """The rows that a request of such a caller for the action can have, and which of them are families.

    of_caller: those that every request of the caller carries with the same value; else the others.
    """
    rows = (row for row in (*KEYS, CLAIMS) if row.presence(kind, action) is not Presence.NEVER and row.value is not no_value)
    return tuple((row.name, row.value, row.is_family) for row in rows if _is_of_caller(row, kind) is of_caller)


def _is_of_caller(row: RequestKey, kind: PrincipalKind) -> bool:
    return row.origin is KeyOrigin.CALLER and row.actions == ("*",) and kind is not PrincipalKind.WEB_IDENTITY


def context_of(facts: RequestFacts) -> dict[str, ContextValue]:
    """Return the request context: each condition key that AWS sets for these facts, with its value."""
    context = _filled(facts, _caller_context(facts.caller).copy(), of_caller=False)
    return _with_further(context, facts) if facts.connection.further else context


def _filled(facts: RequestFacts, context: dict[str, ContextValue], *, of_caller: bool) -> dict[str, ContextValue]:
    for name, value_of, is_family in _rows(facts.caller.principal.kind, facts.action, of_caller):
        value = value_of(facts)
        if value is None:
            continue
        if is_family:
            for member, text in value.items():  # type: ignore[union-attr]  # the value of a family is a mapping
                context[name + member] = text
        else:
            context[name] = value  # type: ignore[assignment]
    return context


# The keys that the caller brings to every request, whatever its action.
_caller_context: Memo[Caller, dict[str, ContextValue]] = Memo(
    lambda caller: _filled(RequestFacts(caller, OVER_TLS, "*"), {}, of_caller=True), size=_CALLERS_REMEMBERED
)


def authorization_request(
    caller: Caller, action: str, resource: str, connection: Connection = OVER_TLS, *, resource_account: str = ""
) -> AuthorizationRequest:
    """Return the request of an action by itself, without the call that needs it; `connection.further` has the keys of that call.

    s3:PutObject stands for the call of that name, which creates an object; parts of uploads need the action too, and create none.
    """
    creates = action.lower() == "s3:putobject"
    facts = RequestFacts(caller, connection, action, resource_account or caller.principal.account, creates_object=creates)
    return AuthorizationRequest(caller.principal, action, resource, context_of(facts), resource_account)


def _with_further(context: dict[str, ContextValue], facts: RequestFacts) -> dict[str, ContextValue]:
    """The context with the keys that whoever describes the call adds: never one that the caller, call or resource sets itself."""
    kind, action = facts.caller.principal.kind, facts.action
    # SECURITY: names match in any case; a key that is added must not stand in for one of the session in other letters.
    own = {name.lower() for name in context if (row := request_key(name)) is None or row.origin is not KeyOrigin.CONNECTION}
    if facts.via_service:
        own |= {"aws:securetransport", "aws:viaawsservice"}
    further = {name: value for name, value in facts.connection.further.items() if name.lower() not in own}
    further = {name: value for name, value in further.items() if presence(name, kind, action) is not Presence.NEVER}
    replaced = {name.lower() for name in further}
    return {name: value for name, value in context.items() if name.lower() not in replaced} | further
