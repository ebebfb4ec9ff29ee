"""IAM: roles, and what all handlers of IAM share.

Which properties replace a resource: Terraform AWS provider's `aws_iam_*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, tag_changes, unless
from bucketpass.provision.embedded.resources.interface import Alone, Made, Naming, Property, then
from bucketpass.provision.embedded.values import Properties, Value, flag, items, maybe_number, maybe_text, table, text, texts

__all__ = ["GONE", "RoleResource", "attached_policies", "listed", "policy_text", "role_profiles"]

GONE = ("NoSuchEntity",)


def policy_text(answer: object) -> str:
    """A policy as botocore gives it (an object) or as a lenient endpoint does (URL-encoded text), as compact JSON."""
    value = json.loads(unquote(answer)) if isinstance(answer, str) else answer
    return json.dumps(value, separators=(",", ":"))


def listed(aws: RegionClients, operation: str, field: str, **arguments: str) -> list[Any]:
    """All items of a list that comes in pages."""
    client: Any = aws.iam
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page.get(field, ())]


def attached_policies(aws: RegionClients, role: str) -> list[str]:
    """Return the ARNs of the managed policies that are attached to the role. A gateway of Ceph has none, and no such operation."""
    if aws.endpoint.dialect == "rgw":
        return []
    return [found["PolicyArn"] for found in listed(aws, "list_attached_role_policies", "AttachedPolicies", RoleName=role)]


def role_profiles(aws: RegionClients, role: str) -> list[str]:
    """Return the names of the instance profiles that the role is in. A gateway of Ceph has no such operation."""
    if aws.endpoint.dialect == "rgw":
        return []
    found = listed(aws, "list_instance_profiles_for_role", "InstanceProfiles", RoleName=role)
    return [profile["InstanceProfileName"] for profile in found]


def _same_text(one: str, other: str) -> bool:
    """Both texts are the same JSON."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def _by_name(role: Properties) -> dict[str, str]:
    """The inline policies that a program gives with a role."""
    return {text(one, "name"): text(one, "policy") for one in items(role, "inlinePolicies") if isinstance(one, Mapping) and one.get("name")}


class RoleResource(Alone):
    """`aws.iam.Role`."""

    tokens = ("aws:iam/role:Role",)
    properties = (
        Property("assumeRolePolicy", policy=True),
        Property("name", replace=True, naming=Naming(64)),
        Property("namePrefix", replace=True),
        Property("path", replace=True, default="/"),
        Property("description"),
        Property("maxSessionDuration", default=3600),
        Property("permissionsBoundary"),
        Property("forceDetachPolicies", default=False),
        Property("managedPolicyArns", unordered=True, late=True, filled=True),
        Property("inlinePolicies", unordered=True, late=True, filled=True),
        Property("tags"),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The role's name."""
        return text(wanted, "name")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The role exists."""
        options: dict[str, Any] = {
            "Description": maybe_text(wanted, "description"),
            "PermissionsBoundary": maybe_text(wanted, "permissionsBoundary"),
            "MaxSessionDuration": maybe_number(wanted, "maxSessionDuration"),
            "Tags": key_values(wanted),
        }
        role = aws.iam.create_role(
            RoleName=text(wanted, "name"),
            Path=text(wanted, "path"),
            AssumeRolePolicyDocument=text(wanted, "assumeRolePolicy"),
            **{name: value for name, value in options.items() if value},
        )["Role"]
        made = Made(role["RoleName"], {"arn": role["Arn"], "uniqueId": role["RoleId"], "createDate": role["CreateDate"].isoformat()})
        with then(made):
            self._attach(aws, made.id, {}, wanted)
            self._inline(aws, made.id, {}, wanted)
        return made

    def read_of(self, aws: RegionClients, identifier: str, known: Properties) -> Properties | None:
        """The role of a name; with its inline policies where the program gives them with the role."""
        found = self.read(aws, identifier)
        if found is None or not items(known, "inlinePolicies"):
            return found
        names = listed(aws, "list_role_policies", "PolicyNames", RoleName=identifier)
        documents = [(name, aws.iam.get_role_policy(RoleName=identifier, PolicyName=name)["PolicyDocument"]) for name in names]
        given = {str(table({"one": one}, "one").get("name")): one for one in items(known, "inlinePolicies")}
        inline: list[Value] = []
        for name, document in documents:
            seen: Properties = {"name": name, "policy": policy_text(document)}
            before = given.get(name)
            # As the program wrote it, where that is the same policy.
            inline.append(before if isinstance(before, Mapping) and _same_text(text(before, "policy"), text(seen, "policy")) else seen)
        return {**found, "inlinePolicies": inline}

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The role of a name."""
        found = unless(GONE, lambda: aws.iam.get_role(RoleName=identifier))
        if found is None:
            return None
        role = found["Role"]
        tags = plain_tags(role.get("Tags", ()))
        return {
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "assumeRolePolicy": policy_text(role.get("AssumeRolePolicyDocument", {})),
            "name": role["RoleName"],
            "path": role["Path"],
            "description": role.get("Description") or None,
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "managedPolicyArns": attached_policies(aws, identifier),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Trust, description, session length, boundary and tags are as in `new`."""
        changed = {name for name in new.keys() | old.keys() if old.get(name) != new.get(name)}
        if "assumeRolePolicy" in changed:
            aws.iam.update_assume_role_policy(RoleName=identifier, PolicyDocument=text(new, "assumeRolePolicy"))
        if changed & {"description", "maxSessionDuration"}:
            aws.iam.update_role(
                RoleName=identifier,
                Description=maybe_text(new, "description") or "",
                MaxSessionDuration=maybe_number(new, "maxSessionDuration") or 3600,
            )
        if "permissionsBoundary" in changed:
            boundary = maybe_text(new, "permissionsBoundary")
            if boundary is None:
                aws.iam.delete_role_permissions_boundary(RoleName=identifier)
            else:
                aws.iam.put_role_permissions_boundary(RoleName=identifier, PermissionsBoundary=boundary)
        self._attach(aws, identifier, old, new)
        self._inline(aws, identifier, old, new)
        removed, retagged = tag_changes(old, new)
        if removed:
            aws.iam.untag_role(RoleName=identifier, TagKeys=removed)
        if retagged:
            aws.iam.tag_role(RoleName=identifier, Tags=key_values(new))  # type: ignore[arg-type]
        return {}

    def _attach(self, aws: RegionClients, role: str, old: Properties, new: Properties) -> None:
        before, after = set(texts(old, "managedPolicyArns")), set(texts(new, "managedPolicyArns"))
        for arn in sorted(after - before):
            aws.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in sorted(before - after):
            with ignoring(*GONE):
                aws.iam.detach_role_policy(RoleName=role, PolicyArn=arn)

    def _inline(self, aws: RegionClients, role: str, old: Properties, new: Properties) -> None:
        """The inline policies that the program gives with the role are as in `new`. To give them makes them all that the role has."""
        before, after = _by_name(old), _by_name(new)
        if items(new, "inlinePolicies"):
            before = {name: before.get(name, "") for name in listed(aws, "list_role_policies", "PolicyNames", RoleName=role)}
        for name, policy in after.items():
            if before.get(name) != policy:
                aws.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)
        for name in before.keys() - after.keys():
            with ignoring(*GONE):
                aws.iam.delete_role_policy(RoleName=role, PolicyName=name)

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The role is gone; what others attached to it only with `forceDetachPolicies`."""
        with ignoring(*GONE):
            self._attach(aws, identifier, last, {})
            for name in _by_name(last):
                with ignoring(*GONE):
                    aws.iam.delete_role_policy(RoleName=identifier, PolicyName=name)
            if flag(last, "forceDetachPolicies"):
                for arn in listed(aws, "list_attached_role_policies", "AttachedPolicies", RoleName=identifier):
                    aws.iam.detach_role_policy(RoleName=identifier, PolicyArn=arn["PolicyArn"])
                for name in listed(aws, "list_role_policies", "PolicyNames", RoleName=identifier):
                    aws.iam.delete_role_policy(RoleName=identifier, PolicyName=name)
                for name in role_profiles(aws, identifier):
                    aws.iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=identifier)
            aws.iam.delete_role(RoleName=identifier)
