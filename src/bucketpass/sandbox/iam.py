"""IAM: who may call it, what IAM checks before it stores, and then moto's own answer.

Source: IAM API reference (operations, resources of each in the Service Authorization Reference, limits) [A]; error texts [K].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from bucketpass.aws.quotas import (
    MANAGED_POLICIES_PER_ROLE,
    MANAGED_POLICY_CHARACTERS,
    PROVIDER_URL_CHARACTERS,
    ROLE_INLINE_POLICIES_CHARACTERS,
    TRUST_POLICY_CHARACTERS,
)
from bucketpass.clock import Clock
from bucketpass.decide import PrincipalKind
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy, parse_policy, policy_size
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.iam import IamCall, authorization_request
from bucketpass.sandbox.authorizer import Authorizer, parse_stored
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.principals import unknown_principal
from bucketpass.sandbox.state import State, UnusableRequest
from bucketpass.sandbox.wire_errors import IAM_NAMESPACE, AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import document, element, text

__all__ = ["Iam"]

Form = Mapping[str, str]

ROLE_SECONDS = (3600, 43200)

# Each operation and the parameter that names its resource; the prefix says what kind of resource that is.
_ON_ROLE = (
    "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole GetRolePolicy"
    " ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy"
    " TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
)
_ON_POLICY = (
    "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion ListEntitiesForPolicy"
    " ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy"
)
_ON_PROVIDER = (
    "AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider GetOpenIDConnectProvider"
    " ListOpenIDConnectProviderTags RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider UntagOpenIDConnectProvider"
    " UpdateOpenIDConnectProviderThumbprint"
)
_ON_USER = (
    "AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser DeleteUserPolicy DetachUserPolicy GetUser GetUserPolicy"
    " ListAccessKeys ListAttachedUserPolicies ListGroupsForUser ListUserPolicies ListUserTags PutUserPolicy TagUser UntagUser"
    " UpdateAccessKey"
)
_ON_GROUP = (
    "AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy GetGroup GetGroupPolicy"
    " ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup"
)
_ON_ALL = "GetAccountSummary ListAccountAliases ListGroups ListOpenIDConnectProviders ListPolicies ListRoles ListUsers"
KINDS: dict[str, str] = {
    action: kind
    for kind, actions in {
        "role": _ON_ROLE,
        "policy": _ON_POLICY,
        "oidc-provider": _ON_PROVIDER,
        "user": _ON_USER,
        "group": _ON_GROUP,
        "": _ON_ALL,
    }.items()
    for action in actions.split()
}
"""Every operation that the sandbox has, and the kind of resource that it is on."""

_NAMES = {"role": "RoleName", "user": "UserName", "group": "GroupName"}
_ARNS = {"policy": "PolicyArn", "oidc-provider": "OpenIDConnectProviderArn"}
_INLINE = {"PutRolePolicy": "role", "PutUserPolicy": "user", "PutGroupPolicy": "group"}
# Operations that moto has not: the client IDs of a provider are changed in its state.
_CLIENT_IDS = {"AddClientIDToOpenIDConnectProvider": True, "RemoveClientIDFromOpenIDConnectProvider": False}


class Iam:
    """IAM of one account."""

    def __init__(self, state: State, authorizer: Authorizer, clock: Clock) -> None:
        self._state = state
        self._authorizer = authorizer
        self._clock = clock
        self._checks: dict[str, Callable[[Form], None]] = {
            "CreateRole": self._check_role,
            "UpdateRole": self._check_duration,
            "UpdateAssumeRolePolicy": lambda form: self._check_trust(form.get("PolicyDocument", "")),
            "CreatePolicy": self._check_managed,
            "CreatePolicyVersion": self._check_managed,
            "AttachRolePolicy": self._check_attachment,
            "CreateOpenIDConnectProvider": self._check_provider,
            **dict.fromkeys(_INLINE, self._check_inline),
        }

    def answer(self, exchange: Exchange, form: Form) -> ServerResponse:
        """IAM's answer. Raises AwsError."""
        action = exchange.operation
        if action not in KINDS:
            raise AwsError("InvalidAction", f"The sandbox's IAM does not have {action}")
        if exchange.requester.principal.kind is PrincipalKind.ANONYMOUS:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        call = IamCall(
            action,
            self._resource(KINDS[action], form),
            permissions_boundary=form.get("PermissionsBoundary") or None,
            policy_arn=form.get("PolicyArn") or None,
        )
        connection = exchange.connection(self._state.region, self._clock.now())
        self._authorizer.require(exchange, authorization_request(call, self._state.account, exchange.requester.caller, connection))
        if (check := self._checks.get(action)) is not None:
            check(form)
        if action in _CLIENT_IDS:
            arn = form.get("OpenIDConnectProviderArn", "")
            if self._state.provider(arn) is None:
                raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
            self._state.change_client_id(arn, form.get("ClientID", ""), add=_CLIENT_IDS[action])
            return _empty(action)
        content_type = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        # moto gets the parameters that were judged, not the text that they were read from.
        body = urlencode(form).encode()
        try:
            return self._state.forward("iam", "POST", "/", (content_type,), body, changes=not action.startswith(("Get", "List")))
        except UnusableRequest:
            raise AwsError("ValidationError", f"A parameter of {action} is missing or is not what it should be") from None

    def _resource(self, kind: str, form: Form) -> str:
        prefix = f"arn:{self._state.partition}:iam::{self._state.account}:"
        if not kind:
            return "*"
        if kind in _ARNS and form.get(_ARNS[kind]):
            return form[_ARNS[kind]]
        if kind == "oidc-provider":
            return f"{prefix}{kind}/{form.get('Url', '').removeprefix('https://')}"
        name = form.get(_NAMES.get(kind, "PolicyName"), "")
        role = self._state.role(name) if kind == "role" else None
        return role.arn if role is not None else f"{prefix}{kind}{form.get('Path', '/')}{name}"

    # ---- what IAM checks before it stores

    def _document(self, text: str, kind: PolicyKind, quota: str, limit: int) -> PolicyDocument:
        try:
            document = parse_policy(text)
            if policy_size(document) > limit:
                raise AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {limit}", 409)
            check_policy(document, kind)
        except PolicyError as problem:
            raise AwsError("MalformedPolicyDocument", str(problem)) from None
        return document

    def _check_role(self, form: Form) -> None:
        self._check_duration(form)
        self._check_trust(form.get("AssumeRolePolicyDocument", ""))

    def _check_duration(self, form: Form) -> None:
        text = form.get("MaxSessionDuration", str(ROLE_SECONDS[0]))
        if not text.isascii() or not text.isdigit() or not ROLE_SECONDS[0] <= int(text[:6]) <= ROLE_SECONDS[1]:
            message = f"1 validation error detected: Value '{text}' at 'maxSessionDuration' failed to satisfy constraint:"
            raise AwsError("ValidationError", f"{message} Member must have value between {ROLE_SECONDS[0]} and {ROLE_SECONDS[1]}")

    def _check_trust(self, text: str) -> None:
        document = self._document(text, PolicyKind.TRUST, "ACLSizePerRole", TRUST_POLICY_CHARACTERS)
        if (unknown := unknown_principal(self._state, document)) is not None:
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{unknown}"')

    def _check_managed(self, form: Form) -> None:
        self._document(form.get("PolicyDocument", ""), PolicyKind.MANAGED, "PolicySize", MANAGED_POLICY_CHARACTERS)

    def _check_inline(self, form: Form) -> None:
        role = self._state.role(form.get("RoleName", ""))
        name = f"inline policy {form.get('PolicyName', '')} of role {form.get('RoleName', '')}"
        held = role.policies.documents if role is not None else ()
        others = sum(policy_size(parse_stored(text)) for known, text in held if known.startswith("inline") and known != name)
        left = ROLE_INLINE_POLICIES_CHARACTERS - others
        self._document(form.get("PolicyDocument", ""), PolicyKind.INLINE, "the inline policies of one identity", left)

    def _check_attachment(self, form: Form) -> None:
        role = self._state.role(form.get("RoleName", ""))
        managed = [name for name, _ in role.policies.documents if name.startswith("policy ")] if role else []
        known = f"policy {form.get('PolicyArn', '').rpartition('/')[2]}" in managed
        if len(managed) >= MANAGED_POLICIES_PER_ROLE and not known:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {MANAGED_POLICIES_PER_ROLE}", 409)

    def _check_provider(self, form: Form) -> None:
        url = form.get("Url", "")
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or len(url) > PROVIDER_URL_CHARACTERS:
            raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
        prints = [value for name, value in form.items() if name.startswith("ThumbprintList.member.")]
        if any(not re.fullmatch(r"[0-9A-Fa-f]{40}", value) for value in prints):
            raise AwsError("InvalidInput", "Thumbprint must be 40 hex digits")
        if self._state.provider(self._resource("oidc-provider", form)) is not None:
            raise AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)


def _empty(action: str) -> ServerResponse:
    metadata = element("ResponseMetadata", text("RequestId", "sandbox"))
    return ServerResponse(200, [("Content-Type", "text/xml")], document(f"{action}Response", IAM_NAMESPACE, metadata))
