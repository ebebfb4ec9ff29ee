"""The calls of STS that lead to a role session, as authorization requests to the role's trust policy.

A call that sets session tags or a source identity needs the actions for that as well, with the same condition keys [A].
"""

from __future__ import annotations

from collections.abc import Mapping

from bucketpass.aws.arn import Arn
from bucketpass.requests.callers import NOTHING, Caller
from bucketpass.requests.context import context_of
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection, RequestedSession, RequestFacts

__all__ = ["authorization_requests", "session_actions"]


def session_actions(operation: str, session: RequestedSession) -> tuple[str, ...]:
    """Return the actions that AssumeRole or AssumeRoleWithWebIdentity needs for such a session."""
    tagging = ("sts:TagSession",) if session.tags else ()
    naming = ("sts:SetSourceIdentity",) if session.source_identity is not None else ()
    return (f"sts:{operation}", *tagging, *naming)


def authorization_requests(
    operation: str,
    role_arn: str,
    caller: Caller,
    session: RequestedSession,
    connection: Connection = OVER_TLS,
    *,
    role_tags: Mapping[str, str] = NOTHING,
    actions: tuple[str, ...] | None = None,
) -> tuple[AuthorizationRequest, ...]:
    """Return the requests on the role that must all be allowed. `operation` is AssumeRole or AssumeRoleWithWebIdentity.

    actions: where they are more than those for the session, such as for tags that are inherited.
    """
    arn = Arn.parse(role_arn)
    account = arn.account if arn is not None else ""
    requests = []
    for action in actions or session_actions(operation, session):
        facts = RequestFacts(caller, connection, action, account, role_tags, session=session)
        requests.append(AuthorizationRequest(caller.principal, action, role_arn, context_of(facts), account))
    return tuple(requests)
