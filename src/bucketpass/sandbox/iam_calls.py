"""What a call of IAM is about: the stored entity with its ARN, tags and boundary, and every action that the call needs.

A request is judged by the entity that IAM holds: a Path or PermissionsBoundary parameter of a call that does not create or set one
changes nothing [L]. Names match in any case, and moto is given them as they are stored.

Source: Service Authorization Reference for AWS IAM: the resource of each operation, dependent actions of tags on create [A].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bucketpass.requests.callers import Caller, PrincipalKind
from bucketpass.requests.iam import IamCall
from bucketpass.sandbox.form import listed, tags_of
from bucketpass.sandbox.state import Entity, State
from bucketpass.sandbox.wire_errors import AwsError

__all__ = ["KINDS", "NAME_PARAMETERS", "LocatedCall", "locate", "provider_path"]

Form = Mapping[str, str]

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
    "AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser DeleteUserPermissionsBoundary DeleteUserPolicy"
    " DetachUserPolicy GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser ListUserPolicies ListUserTags"
    " PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey"
)
_ON_GROUP = (
    "AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy GetGroup GetGroupPolicy"
    " ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup"
)
_ON_PROFILE = (
    "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile"
    " RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile"
)
_ON_ALL = "GetAccountSummary ListAccountAliases ListGroups ListInstanceProfiles ListOpenIDConnectProviders ListPolicies ListRoles ListUsers"
KINDS: dict[str, str] = {
    operation: kind
    for kind, operations in {
        "role": _ON_ROLE,
        "policy": _ON_POLICY,
        "oidc-provider": _ON_PROVIDER,
        "user": _ON_USER,
        "group": _ON_GROUP,
        "instance-profile": _ON_PROFILE,
        "": _ON_ALL,
    }.items()
    for operation in operations.split()
}
"""Every operation that the sandbox has, and the kind of resource that it is on."""

NAME_PARAMETERS = {"role": "RoleName", "user": "UserName", "group": "GroupName", "instance-profile": "InstanceProfileName"}
_ARNS = {"policy": "PolicyArn", "oidc-provider": "OpenIDConnectProviderArn"}
# Without a user's name these are about the user who signs.
_ON_CALLER = frozenset({"CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys", "UpdateAccessKey"})
_SET_BOUNDARY = frozenset({"PutRolePermissionsBoundary", "PutUserPermissionsBoundary"})
_TAGGING = {
    "role": "TagRole",
    "user": "TagUser",
    "policy": "TagPolicy",
    "oidc-provider": "TagOpenIDConnectProvider",
    "instance-profile": "TagInstanceProfile",
}


@dataclass(frozen=True, slots=True)
class LocatedCall:
    """A call with the names that are stored, what has to be allowed, the entity that exists, and the kind of entity that it is on."""

    form: dict[str, str]
    calls: tuple[IamCall, ...]
    entity: Entity | None
    kind: str


def locate(state: State, operation: str, form: Form, caller: Caller) -> LocatedCall:
    """Return what the call is about. Raises AwsError where it names no user and is not a user's."""
    kind = KINDS[operation]
    creates = operation.startswith("Create") and operation not in ("CreateAccessKey", "CreatePolicyVersion")
    named = _with_stored_names(state, form, but=NAME_PARAMETERS.get(kind) if creates else None)
    if operation in _ON_CALLER and not named.get("UserName"):
        named["UserName"] = _own_name(operation, caller)
    entity = _entity(state, kind, named)
    prefix = f"arn:{state.partition}:iam::{state.account}:"
    resource = _new_arn(prefix, kind, named, creates=creates) if creates or entity is None else entity.arn
    sets_boundary = creates or operation in _SET_BOUNDARY
    tags = _request_tags(named, operation)
    call = IamCall(
        operation,
        resource if kind else "*",
        request_tags=tags,
        resource_tags={} if creates or entity is None else entity.tags,
        permissions_boundary=named.get("PermissionsBoundary") or None if sets_boundary else entity.boundary if entity else None,
        policy_arn=named.get("PolicyArn") or None,
    )
    tagging = (IamCall(_TAGGING[kind], resource, request_tags=tags),) if creates and tags and kind in _TAGGING else ()
    return LocatedCall(named, (call, *tagging, *_passing(state, operation, prefix, named)), entity, kind)


def _passing(state: State, operation: str, prefix: str, form: Form) -> tuple[IamCall, ...]:
    """To put a role into an instance profile passes it to EC2 [A: AddRoleToInstanceProfile]."""
    if operation != "AddRoleToInstanceProfile":
        return ()
    name = form.get("RoleName", "")
    role = state.entity("role", name)
    return (IamCall("PassRole", f"{prefix}role/{name}" if role is None else role.arn, passed_to_service="ec2.amazonaws.com"),)


def provider_path(url: str) -> str:
    """Return the provider of this URL as its ARN names it: without scheme and the port of https [L]."""
    host, slash, path = url.removeprefix("https://").partition("/")
    return host.removesuffix(":443") + slash + path


def _with_stored_names(state: State, form: Form, but: str | None) -> dict[str, str]:
    named = dict(form)
    for kind, parameter in NAME_PARAMETERS.items():
        if parameter != but and named.get(parameter):
            entity = state.entity(kind, named[parameter])
            named[parameter] = entity.name if entity is not None else named[parameter]
    return named


def _own_name(operation: str, caller: Caller) -> str:
    if caller.principal.kind is PrincipalKind.USER:
        return caller.user_name
    if caller.principal.kind is PrincipalKind.ROOT and operation == "GetUser":
        return ""
    raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")


def _entity(state: State, kind: str, form: Form) -> Entity | None:
    if kind in NAME_PARAMETERS:
        return state.entity(kind, form.get(NAME_PARAMETERS[kind], ""))
    named = _arn_of(kind, form)
    return state.entity(kind, named) if named else None


def _arn_of(kind: str, form: Form) -> str:
    """The ARN that the call names, empty where it names none or its kind is named otherwise."""
    return form.get(_ARNS[kind], "") if kind in _ARNS else ""


def _new_arn(prefix: str, kind: str, form: Form, *, creates: bool) -> str:
    """The ARN that is named, or that an entity of this name is to have."""
    if named := _arn_of(kind, form):
        return named
    if kind == "oidc-provider":
        return f"{prefix}{kind}/{provider_path(form.get('Url', ''))}"
    if kind == "user" and not form.get("UserName"):
        return f"{prefix}root"
    name = form.get(NAME_PARAMETERS.get(kind, "PolicyName"), "")
    path = form.get("Path") or "/"
    return f"{prefix}{kind}{path if creates else '/'}{name}"


def _request_tags(form: Form, operation: str) -> dict[str, str]:
    if operation.startswith("Untag"):
        return dict.fromkeys(listed(form, "TagKeys"), "")
    return dict(tags_of(form))
