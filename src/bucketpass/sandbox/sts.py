"""STS: a token, or a key of the account, becomes credentials of a role for a while.

AssumeRoleWithWebIdentity needs no signature: the token is the proof. Its checks are `tokens`, its trust decision is
`bucketpass.decide`; AssumeRole, GetSessionToken and GetCallerIdentity are for whoever signed.

Source: STS API reference of these operations [A].
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from bucketpass.aws.arn import Arn
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.aws.quotas import (
    ROLE_CHAINED_SECONDS,
    SESSION_NAME_CHARACTERS,
    SESSION_SECONDS,
    SESSION_SECONDS_DEFAULT,
    SESSION_TAG_BYTES,
    SESSION_TOKEN_SECONDS,
)
from bucketpass.clock import Clock
from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.digits import whole_number
from bucketpass.errors import PolicyError
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.callers import Caller, PrincipalKind, role_session
from bucketpass.requests.sts import authorization_requests, session_actions
from bucketpass.sandbox.authorizer import Authorizer, parse_stored
from bucketpass.sandbox.credentials import Credential, CredentialStore, IssuedSession, Requester
from bucketpass.sandbox.discovery import KeySource
from bucketpass.sandbox.events import AssumedSession, AuthorizationResult
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.session_request import inherited_session, merged_session, requested_session, session_policies
from bucketpass.sandbox.state import State, StoredProvider, StoredRole
from bucketpass.sandbox.tokens import compared, verify_token
from bucketpass.sandbox.wire_errors import STS_NAMESPACE, AwsError, Problem, Protocol, messages, refusal
from bucketpass.secret import Secret
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import document, element, text

__all__ = ["UNSIGNED_ACTIONS", "Sts"]

UNSIGNED_ACTIONS = frozenset({"AssumeRoleWithWebIdentity"})

# ProviderId is for OAuth 2.0 access tokens; beside a JWT each provider refuses in its own way [L].
_PROVIDER_ID_REFUSED: Mapping[str, tuple[str, str, int]] = {
    "www.amazon.com": ("InvalidIdentityToken", "The web identity token that was passed could not be validated by www.amazon.com", 400),
    "graph.facebook.com": ("IDPRejectedClaim", "Invalid OAuth access token.", 403),
}
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+")
_NAME = re.compile(rf"[\w+=,.@-]{{{SESSION_NAME_CHARACTERS[0]},{SESSION_NAME_CHARACTERS[1]}}}", re.ASCII)

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What both ways to a role ask for."""

    role_arn: str
    session_name: str
    seconds: int
    policies: tuple[PolicyDocument, ...] | None
    packed_percent: int


class Sts:
    """STS of one account. `min_session_seconds` is 900 on AWS; tests may want to see a session end."""

    def __init__(
        self,
        state: State,
        credentials: CredentialStore,
        authorizer: Authorizer,
        *,
        keys: KeySource,
        clock: Clock,
        min_session_seconds: int = SESSION_SECONDS[0],
    ) -> None:
        self._state = state
        self._credentials = credentials
        self._authorizer = authorizer
        self._keys = keys
        self._clock = clock
        self._min_session_seconds = min_session_seconds
        self._actions: dict[str, Callable[[Exchange, Form], ServerResponse]] = {
            "AssumeRoleWithWebIdentity": self._assume_role_with_web_identity,
            "AssumeRole": self._assume_role,
            "GetCallerIdentity": self._get_caller_identity,
            "GetSessionToken": self._get_session_token,
        }

    def answer(self, exchange: Exchange, form: Form) -> ServerResponse:
        """STS's answer. Raises AwsError."""
        action = exchange.operation
        if action not in self._actions:
            raise AwsError("InvalidAction", f"Could not find operation {action} for version 2011-06-15")
        return self._actions[action](exchange, form)

    # ---- AssumeRoleWithWebIdentity

    def _assume_role_with_web_identity(self, exchange: Exchange, form: Form) -> ServerResponse:
        asked = self._asked(form, SESSION_SECONDS[1])
        exchange.parameters = {"roleArn": asked.role_arn, "roleSessionName": asked.session_name}
        if form.get("ProviderId"):
            refused = _PROVIDER_ID_REFUSED.get(form["ProviderId"])
            raise refusal(Problem.ACCESS_DENIED, Protocol.STS) if refused is None else AwsError(*refused)
        verified = verify_token(
            Secret(form.get("WebIdentityToken", "")),
            provider_of=lambda issuer: _provider_of(self._owner(asked.role_arn), issuer),
            keys=self._keys,
            now=self._clock.now(),
        )
        role, provider = self._role(asked.role_arn), verified.provider
        if role is None:
            # SECURITY: a role that is not there answers as one that does not trust the token: nobody learns which roles exist.
            raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403, note="there is no such role")
        self._check_maximum(asked, role)
        assumption = assume_role_with_web_identity(
            WebIdentityRequest(
                verified.issuer,
                verified.claims,
                TrustedRole(role.arn, self._trust(role), role.id, role.tags, role.max_session_seconds),
                TrustedProvider(provider.arn, provider.url, (verified.audience,)),
                asked.session_name,
                # The sandbox's own least duration has been checked; here counts only that AWS's would pass.
                max(asked.seconds, SESSION_SECONDS[0]),
                connection=exchange.connection(self._clock.now()),
            )
        )
        exchange.authorizations += [
            AuthorizationResult(request.action, request.resource, decision) for request, decision in assumption.decisions
        ]
        if assumption.session is None or assumption.keys is None:
            code, message = (error.code, error.message) if (error := assumption.error) else ("AccessDenied", "")
            note = compared(verified, self._trust(role).document) if assumption.decisions else ""
            raise AwsError(code, message, 403 if code == "AccessDenied" else 400, note=note)
        asked = self._packed(asked, assumption.keys.tags)
        credential = self._open(asked, role, assumption.session.caller, assumption.session.transitive_tag_keys)
        exchange.requester = credential.requester
        exchange.assumed = AssumedSession(
            role.arn,
            asked.session_name,
            credential.access_key_id,
            provider.arn,
            verified.audience,
            verified.subject,
            asked.seconds,
            assumption.keys.tags,
            assumption.keys.source_identity or "",
        )
        fields = {
            "SubjectFromWebIdentityToken": verified.subject,
            "Audience": verified.audience,
            "Provider": provider.arn,
            "SourceIdentity": assumption.keys.source_identity,
        }
        return self._credentials_response("AssumeRoleWithWebIdentity", asked, credential, fields)

    def _owner(self, role_arn: str) -> State:
        """The account that the role is in; the first one where the sandbox has not that account."""
        parts = Arn.parse(role_arn)
        return (self._state.known(parts.account) if parts is not None else None) or self._state

    def _trust(self, role: StoredRole) -> NamedPolicy:
        try:
            return NamedPolicy(f"trust policy of {role.name}", parse_stored(role.trust))
        except PolicyError:
            raise refusal(Problem.ACCESS_DENIED, Protocol.STS, "Not authorized to perform sts:AssumeRoleWithWebIdentity") from None

    # ---- AssumeRole

    def _assume_role(self, exchange: Exchange, form: Form) -> ServerResponse:
        chained = exchange.requester.session is not None and bool(exchange.requester.session.role_name)
        asked = self._asked(form, ROLE_CHAINED_SECONDS if chained else SESSION_SECONDS[1])
        if "SerialNumber" in form or "TokenCode" in form:
            raise AwsError("ValidationError", "The sandbox has no MFA devices")
        role, inherited = self._role(asked.role_arn), inherited_session(exchange.requester)
        requested = requested_session(form, asked.session_name, inherited)
        session = merged_session(requested, inherited)
        requests = authorization_requests(
            "AssumeRole",
            asked.role_arn,
            exchange.requester.caller,
            requested,
            exchange.connection(self._clock.now()),
            role_tags=role.tags if role is not None else {},
            # What is inherited must be allowed, and is not among the keys of the request: it is not what this call asks for [K].
            actions=session_actions("AssumeRole", session),
        )
        for request in requests:
            self._authorizer.require(exchange, request)
        if role is None:
            # SECURITY: the policy of a role that does not exist allows nobody; were it otherwise, nothing follows from it.
            raise refusal(Problem.ACCESS_DENIED, Protocol.STS)
        self._check_maximum(asked, role)
        asked = self._packed(asked, session.tags)
        caller = role_session(
            role.arn,
            asked.session_name,
            role_id=role.id,
            role_tags=role.tags,
            session_tags=session.tags,
            source_identity=session.source_identity,
        )
        credential = self._open(asked, role, caller, session.transitive_tag_keys)
        return self._credentials_response("AssumeRole", asked, credential, {"SourceIdentity": session.source_identity})

    # ---- GetSessionToken

    def _get_session_token(self, exchange: Exchange, form: Form) -> ServerResponse:
        requester = exchange.requester
        if requester.session is not None or requester.principal.kind not in (PrincipalKind.USER, PrincipalKind.ROOT):
            raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        longest = SESSION_TOKEN_SECONDS[1] if requester.principal.kind is PrincipalKind.USER else SESSION_SECONDS_DEFAULT
        seconds = self._seconds(form, min(SESSION_TOKEN_SECONDS[2], longest), SESSION_TOKEN_SECONDS[1])
        now = self._clock.now()
        session = IssuedSession("", requester.principal.unique_id, now + timedelta(seconds=min(seconds, longest)))
        caller = replace(requester.caller, issued=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        credential = self._credentials.open_session(replace(requester, caller=caller, session=session), now)
        return _response("GetSessionToken", _credentials(credential))

    # ---- what both have

    def _asked(self, form: Form, longest: int) -> _Asked:
        role_arn, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
        if not _ROLE_ARN.fullmatch(role_arn):
            raise AwsError("ValidationError", f"{role_arn} is invalid")
        if not _NAME.fullmatch(name):
            message = "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy"
            raise AwsError("ValidationError", rf"{message} regular expression pattern: [\w+=,.@-]{{2,64}}")
        return _Asked(
            role_arn,
            name,
            self._seconds(form, SESSION_SECONDS_DEFAULT, longest),
            session_policies(form, self._owner(role_arn).managed_policy),
            0,
        )

    def _seconds(self, form: Form, default: int, longest: int) -> int:
        duration = form.get("DurationSeconds", str(default))
        seconds = whole_number(duration)
        if seconds is None:
            raise AwsError("ValidationError", "DurationSeconds must be an integer")
        if not self._min_session_seconds <= seconds <= longest:
            short = seconds < self._min_session_seconds
            bound = f"greater than or equal to {self._min_session_seconds}" if short else f"less than or equal to {longest}"
            message = f"1 validation error detected: Value '{duration}' at 'durationSeconds' failed to satisfy constraint:"
            raise AwsError("ValidationError", f"{message} Member must have value {bound}")
        return seconds

    def _packed(self, asked: _Asked, tags: Mapping[str, str]) -> _Asked:
        """With the share of the session token that policies and tags take up; AWS's own packing is not published."""
        text = repr(asked.policies) if asked.policies else ""
        size = len(zlib.compress((text + repr(dict(tags))).encode(), 9)) if text or tags else 0
        percent = -(-size * 100 // SESSION_TAG_BYTES)
        if percent > 100:
            message = f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
            raise AwsError("PackedPolicyTooLarge", message)
        return replace(asked, packed_percent=percent)

    def _role(self, arn: str) -> StoredRole | None:
        role = self._owner(arn).role(arn.rpartition("/")[2])
        return role if role is not None and role.arn == arn else None

    def _check_maximum(self, asked: _Asked, role: StoredRole) -> None:
        if asked.seconds > role.max_session_seconds:
            message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            raise AwsError("ValidationError", message)

    def _open(self, asked: _Asked, role: StoredRole, caller: Caller, transitive: tuple[str, ...]) -> Credential:
        now = self._clock.now()
        session = IssuedSession(role.name, role.id, now + timedelta(seconds=asked.seconds), asked.policies, transitive)
        issued = replace(caller, issued=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return self._credentials.open_session(Requester(issued, session), now)

    def _credentials_response(self, action: str, asked: _Asked, credential: Credential, fields: Mapping[str, str | None]) -> ServerResponse:
        content = messages(fields.items())
        user = {"AssumedRoleId": credential.requester.caller.user_id, "Arn": credential.requester.arn}
        content += element("AssumedRoleUser", messages(user.items()))
        content += _credentials(credential)
        if asked.policies is not None or asked.packed_percent:
            content += text("PackedPolicySize", max(1, asked.packed_percent))
        return _response(action, content)

    def _get_caller_identity(self, exchange: Exchange, form: Form) -> ServerResponse:
        requester = exchange.requester
        # GetCallerIdentity is allowed to everybody, whatever policies say [A].
        fields = {"Arn": requester.arn, "UserId": requester.caller.user_id, "Account": requester.caller.account}
        return _response("GetCallerIdentity", messages(fields.items()))


def _provider_of(owner: State, issuer: str) -> StoredProvider | None:
    host_and_path = issuer.removeprefix("https://")
    if host_and_path == issuer:
        return None
    if host_and_path in BUILT_IN_PROVIDERS:
        return StoredProvider(host_and_path, host_and_path, None)
    return owner.provider(f"arn:{owner.partition}:iam::{owner.account}:oidc-provider/{host_and_path}")


def _credentials(credential: Credential) -> str:
    expires = credential.expires
    secrets = {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret.reveal(),
        "SessionToken": credential.token.reveal(),
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ") if expires else None,
    }
    return element("Credentials", messages(secrets.items()))


def _response(action: str, content: str) -> ServerResponse:
    request_id = str(uuid4())
    result, metadata = element(f"{action}Result", content), element("ResponseMetadata", text("RequestId", request_id))
    body = document(f"{action}Response", STS_NAMESPACE, result, metadata)
    return ServerResponse(200, [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)], body)
