"""What IAM checks before it stores, and in which form it stores it: documents, names, boundaries, providers, quotas.

Source: IAM API reference (limits, errors) [A]; names in any case, providers' ports, client IDs and thumbprints [L]; error texts [K].
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from bucketpass.aws.arn import Arn, parse_arn
from bucketpass.aws.quotas import (
    MANAGED_POLICY_CHARACTERS,
    PROVIDER_URL_CHARACTERS,
    ROLE_INLINE_POLICIES_CHARACTERS,
)
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy, parse_policy, policy_size
from bucketpass.policy.document import PolicyDocument
from bucketpass.sandbox.authorizer import parse_stored
from bucketpass.sandbox.form import listed
from bucketpass.sandbox.iam_calls import NAME_PARAMETERS, LocatedCall, provider_path
from bucketpass.sandbox.principals import bind_principals, unknown_principal
from bucketpass.sandbox.state import State
from bucketpass.sandbox.wire_errors import AwsError

__all__ = ["stored_form"]

Form = dict[str, str]

ROLE_SECONDS = (3600, 43200)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/")
# What IAM takes in a parameter that holds a document; JSON escapes hold the rest [A].
_DOCUMENT_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff]*")


def stored_form(state: State, operation: str, located: LocatedCall) -> Form:
    """Return the parameters as they are stored. Raises AwsError for what IAM refuses."""
    form = dict(located.form)
    for check in _CHECKS.get(operation, ()):
        check(state, located, form)
    return form


def _document(text: str, kind: PolicyKind, quota: str, limit: int) -> PolicyDocument:
    if not _DOCUMENT_CHARACTERS.fullmatch(text):
        message = "The specified value for policyDocument is invalid. It must contain only printable ASCII characters."
        raise AwsError("ValidationError", message)
    try:
        document = parse_policy(text)
        if policy_size(document) > limit:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {limit}", 409)
        check_policy(document, kind, any_size=True)
    except PolicyError as problem:
        raise AwsError("MalformedPolicyDocument", str(problem)) from None
    return document


def _new_name(state: State, located: LocatedCall, form: Form) -> None:
    name = form.get(NAME_PARAMETERS[located.kind], "")
    if not _NAME.fullmatch(name) or not _PATH.fullmatch(form.get("Path") or "/"):
        raise AwsError("ValidationError", "1 validation error detected: a name or path has characters that IAM does not take")
    if located.entity is not None:
        kind = parse_arn(located.entity.arn).resource.partition("/")[0].replace("-", " ").title()
        raise AwsError("EntityAlreadyExists", f"{kind} with name {located.entity.name} already exists.", 409)


def _new_policy(state: State, located: LocatedCall, form: Form) -> None:
    name = form.get("PolicyName", "")
    if state.has_policy(name):
        # Also under another path, and in other letters [A: CreatePolicy].
        raise AwsError("EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed.", 409)


def _own_policy(state: State, located: LocatedCall, form: Form) -> None:
    arn = Arn.parse(form.get("PolicyArn", ""))
    if arn is not None and arn.account != state.account:
        raise AwsError("InvalidInput", "Policy is outside your own account.")


def _boundary(state: State, located: LocatedCall, form: Form) -> None:
    arn = form.get("PermissionsBoundary")
    if arn and state.managed_policy(arn) is None:
        raise AwsError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def _duration(state: State, located: LocatedCall, form: Form) -> None:
    text = form.get("MaxSessionDuration", str(ROLE_SECONDS[0]))
    if not re.fullmatch("[0-9]{1,6}", text) or not ROLE_SECONDS[0] <= int(text) <= ROLE_SECONDS[1]:
        message = f"1 validation error detected: Value '{text}' at 'maxSessionDuration' failed to satisfy constraint:"
        raise AwsError("ValidationError", f"{message} Member must have value between {ROLE_SECONDS[0]} and {ROLE_SECONDS[1]}")


def _trust(parameter: str) -> Callable[[State, LocatedCall, Form], None]:
    def check(state: State, located: LocatedCall, form: Form) -> None:
        text = form.get(parameter, "")
        document = _document(text, PolicyKind.TRUST, "ACLSizePerRole", state.quotas.trust_policy)
        if (unknown := unknown_principal(state, document)) is not None:
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{unknown}"')
        form[parameter] = bind_principals(state, text)

    return check


def _managed(state: State, located: LocatedCall, form: Form) -> None:
    _document(form.get("PolicyDocument", ""), PolicyKind.MANAGED, "PolicySize", MANAGED_POLICY_CHARACTERS)


def _inline(state: State, located: LocatedCall, form: Form) -> None:
    role = state.role(form.get("RoleName", ""))
    name = f"inline policy {form.get('PolicyName', '')} of role {form.get('RoleName', '')}"
    held = role.policies.documents if role is not None else ()
    others = sum(policy_size(parse_stored(text)) for known, text in held if known.startswith("inline") and known != name)
    left = ROLE_INLINE_POLICIES_CHARACTERS - others
    _document(form.get("PolicyDocument", ""), PolicyKind.INLINE, "the inline policies of one identity", left)


def _attachment(state: State, located: LocatedCall, form: Form) -> None:
    role = state.role(form.get("RoleName", ""))
    managed = [name for name, _ in role.policies.documents if name.startswith("policy ")] if role else []
    known = f"policy {form.get('PolicyArn', '').rpartition('/')[2]}" in managed
    if len(managed) >= state.quotas.managed_policies and not known:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {state.quotas.managed_policies}", 409)


def _provider(state: State, located: LocatedCall, form: Form) -> None:
    url = form.get("Url", "")
    parts = urlsplit(url)
    if "?" in url or "#" in url:
        raise AwsError("InvalidInput", "The URL of an Open ID Connect Provider has no query and no fragment")
    if parts.scheme != "https" or not parts.hostname or len(url) > PROVIDER_URL_CHARACTERS:
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    form["Url"] = f"https://{provider_path(url)}"
    if state.provider(located.calls[0].resource) is not None:
        raise AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)
    _set_list(form, "ClientIDList", listed(form, "ClientIDList"))


def _thumbprints(state: State, located: LocatedCall, form: Form) -> None:
    prints = listed(form, "ThumbprintList")
    if not all(map(_THUMBPRINT.fullmatch, prints)):
        raise AwsError("InvalidInput", "Thumbprint must be 40 hex digits")
    _set_list(form, "ThumbprintList", tuple(value.lower() for value in prints))


def _set_list(form: Form, name: str, values: tuple[str, ...]) -> None:
    """The list parameter has these values, each once."""
    for key in [key for key in form if key.startswith(f"{name}.member.")]:
        del form[key]
    form |= {f"{name}.member.{number}": value for number, value in enumerate(dict.fromkeys(values), 1)}


def _role_in_profile(state: State, located: LocatedCall, form: Form) -> None:
    role, profile = form.get("RoleName", ""), form.get("InstanceProfileName", "")
    if located.entity is not None and role not in state.profile_roles(profile):
        raise AwsError("NoSuchEntity", f"The role with name {role} is not in the instance profile {profile}.", 404)


def _existing_provider(state: State, located: LocatedCall, form: Form) -> None:
    if located.entity is None:
        arn = form.get("OpenIDConnectProviderArn", "")
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)


_CHECKS: dict[str, tuple[Callable[[State, LocatedCall, Form], None], ...]] = {
    "CreateRole": (_new_name, _duration, _trust("AssumeRolePolicyDocument"), _boundary),
    "CreateUser": (_new_name, _boundary),
    "CreateGroup": (_new_name,),
    "CreateInstanceProfile": (_new_name,),
    "RemoveRoleFromInstanceProfile": (_role_in_profile,),
    "UpdateRole": (_duration,),
    "UpdateAssumeRolePolicy": (_trust("PolicyDocument"),),
    "PutRolePermissionsBoundary": (_boundary,),
    "PutUserPermissionsBoundary": (_boundary,),
    "CreatePolicy": (_managed, _new_policy),
    "CreatePolicyVersion": (_own_policy, _managed),
    "DeletePolicy": (_own_policy,),
    "DeletePolicyVersion": (_own_policy,),
    "SetDefaultPolicyVersion": (_own_policy,),
    "TagPolicy": (_own_policy,),
    "UntagPolicy": (_own_policy,),
    "PutRolePolicy": (_inline,),
    "PutUserPolicy": (_inline,),
    "PutGroupPolicy": (_inline,),
    "AttachRolePolicy": (_attachment,),
    "CreateOpenIDConnectProvider": (_provider, _thumbprints),
    "UpdateOpenIDConnectProviderThumbprint": (_existing_provider, _thumbprints),
    "DeleteOpenIDConnectProvider": (_existing_provider,),
    "AddClientIDToOpenIDConnectProvider": (_existing_provider,),
    "RemoveClientIDFromOpenIDConnectProvider": (_existing_provider,),
}
