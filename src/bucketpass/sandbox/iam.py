"""IAM: who may call it, what IAM checks before it stores, and then moto's own answer.

Source: IAM API reference (operations) [A].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote, urlencode

from bucketpass.clock import Clock
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.iam import authorization_request
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.iam_calls import KINDS, locate
from bucketpass.sandbox.iam_checks import stored_form
from bucketpass.sandbox.principals import show_principals
from bucketpass.sandbox.state import State
from bucketpass.sandbox.wire_errors import IAM_NAMESPACE, AwsError, Problem, Protocol, refusal
from bucketpass.sandbox.world import UnusableRequest
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import document, element, text

__all__ = ["Iam"]

Form = Mapping[str, str]

_CONTENT_TYPE = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
_TRUST = re.compile(r"(?<=<AssumeRolePolicyDocument>)[^<]*(?=</AssumeRolePolicyDocument>)")


class Iam:
    """IAM of the account whose key signs."""

    def __init__(self, state: State, authorizer: Authorizer, clock: Clock) -> None:
        self._state = state
        self._authorizer = authorizer
        self._clock = clock

    def answer(self, exchange: Exchange, form: Form) -> ServerResponse:
        """IAM's answer. Raises AwsError."""
        operation, requester = exchange.operation, exchange.requester
        if operation not in KINDS:
            raise AwsError("InvalidAction", f"The sandbox's IAM does not have {operation}")
        if requester.principal.kind is PrincipalKind.ANONYMOUS:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        if requester.session is not None and not requester.session.role_name:
            # What GetSessionToken gives cannot call IAM without MFA [A].
            raise refusal(Problem.UNKNOWN_KEY, Protocol.IAM)
        state = self._state.of(requester.principal.account)
        located = locate(state, operation, form, requester.caller)
        connection = exchange.connection(self._clock.now())
        for call in located.calls:
            self._authorizer.require(exchange, authorization_request(call, state.account, requester.caller, connection))
        stored = stored_form(state, operation, located)
        if (own := _OWN.get(operation)) is not None:
            own(state, stored)
            return _response(operation)
        if operation == "GetUser" and not stored.get("UserName"):
            root = text("UserId", state.account), text("Arn", located.calls[0].resource)
            return _response(operation, element("User", *root))
        try:
            return _forward(state, operation, stored)
        except UnusableRequest:
            raise AwsError("ValidationError", f"A parameter of {operation} is missing or is not what it should be") from None


def _forward(state: State, operation: str, form: Form) -> ServerResponse:
    """moto's answer to the parameters that were authorized and checked, not to the text that they were read from."""
    body = urlencode(form).encode()
    if operation == "CreateUser":
        return state.create_user(form.get("UserName", ""), form.get("PermissionsBoundary", ""), _CONTENT_TYPE, body)
    response = state.forward("iam", "POST", "/", _CONTENT_TYPE, body, changes=not operation.startswith(("Get", "List")))
    answer = b"".join(response.blocks()).decode()
    shown = _TRUST.sub(lambda found: quote(show_principals(state, unquote(found[0]))), answer)
    return ServerResponse(response.status, response.headers, shown.encode())


def _change_client_id(state: State, form: Form, *, add: bool) -> None:
    state.change_client_id(form.get("OpenIDConnectProviderArn", ""), form.get("ClientID", ""), add=add)


def _set_boundary(state: State, form: Form, arn: str) -> None:
    name = form.get("UserName", "")
    if state.entity("user", name) is None:
        raise AwsError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    state.set_user_boundary(name, arn)


# What moto has not.
_OWN: Mapping[str, Callable[[State, Form], None]] = {
    "AddClientIDToOpenIDConnectProvider": lambda state, form: _change_client_id(state, form, add=True),
    "RemoveClientIDFromOpenIDConnectProvider": lambda state, form: _change_client_id(state, form, add=False),
    "PutUserPermissionsBoundary": lambda state, form: _set_boundary(state, form, form.get("PermissionsBoundary", "")),
    "DeleteUserPermissionsBoundary": lambda state, form: _set_boundary(state, form, ""),
}


def _response(operation: str, *result: str) -> ServerResponse:
    content = [element(f"{operation}Result", *result)] if result else []
    metadata = element("ResponseMetadata", text("RequestId", "sandbox"))
    return ServerResponse(200, [("Content-Type", "text/xml")], document(f"{operation}Response", IAM_NAMESPACE, *content, metadata))
