"""IAM: OIDC providers, roles, their policies.

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

__all__ = [
    "GONE",
    "OpenIdConnectProvider",
    "Policy",
    "RolePolicy",
    "RolePolicyAttachment",
    "RoleResource",
    "attached_policies",
    "listed",
    "policy_text",
    "role_profiles",
]

GONE = ("NoSuchEntity",)
MAX_POLICY_VERSIONS = 5


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


def _without_scheme(url: str) -> str:
    """An issuer's URL as IAM keeps it."""
    return url.removeprefix("https://")


def _same_text(one: str, other: str) -> bool:
    """Both texts are the same JSON."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def _by_name(role: Properties) -> dict[str, str]:
    """The inline policies that a program gives with a role."""
    return {text(one, "name"): text(one, "policy") for one in items(role, "inlinePolicies") if isinstance(one, Mapping) and one.get("name")}


class OpenIdConnectProvider(Alone):
    """`aws.iam.OpenIdConnectProvider`."""

    tokens = ("aws:iam/openIdConnectProvider:OpenIdConnectProvider",)
    properties = (
        Property("url", replace=True, alike=_without_scheme),
        Property("clientIdLists", unordered=True),
        Property("thumbprintLists", filled=True),
        Property("tags"),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The provider's ARN, which its URL makes."""
        return f"arn:{aws.partition}:iam::{aws.account}:oidc-provider/{_without_scheme(text(wanted, 'url'))}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The provider exists. The URL that it puts out has no scheme, as that of AWS's provider."""
        options: dict[str, Any] = {"ThumbprintList": texts(wanted, "thumbprintLists")} if wanted.get("thumbprintLists") else {}
        arn = aws.iam.create_open_id_connect_provider(
            Url=text(wanted, "url"),
            ClientIDList=texts(wanted, "clientIdLists"),
            Tags=key_values(wanted),  # type: ignore[arg-type]
            **options,
        )["OpenIDConnectProviderArn"]
        # AWS looks the thumbprint up where none is given.
        return Made(arn, dict(self.read(aws, arn) or {"arn": arn, "url": _without_scheme(text(wanted, "url"))}))

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The provider of an ARN."""
        found = unless(GONE, lambda: aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=identifier))
        if found is None:
            return None
        tags = plain_tags(found.get("Tags", ()))
        return {
            "arn": identifier,
            "url": _without_scheme(found["Url"]),
            "clientIdLists": list(found.get("ClientIDList", ())),
            "thumbprintLists": list(found.get("ThumbprintList", ())),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Client IDs, thumbprints and tags are as in `new`."""
        before, after = set(texts(old, "clientIdLists")), set(texts(new, "clientIdLists"))
        for client in sorted(after - before):
            aws.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=identifier, ClientID=client)
        for client in sorted(before - after):
            aws.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=identifier, ClientID=client)
        if texts(new, "thumbprintLists") and texts(old, "thumbprintLists") != texts(new, "thumbprintLists"):
            aws.iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=identifier, ThumbprintList=texts(new, "thumbprintLists")
            )
        removed, changed = tag_changes(old, new)
        if removed:
            aws.iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=identifier, TagKeys=removed)
        if changed:
            aws.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=identifier, Tags=key_values(new))  # type: ignore[arg-type]
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The provider is gone."""
        with ignoring(*GONE):
            aws.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=identifier)


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


class RolePolicy(Alone):
    """`aws.iam.RolePolicy`: an inline policy. Its ID is `<role>:<name>`."""

    tokens = ("aws:iam/rolePolicy:RolePolicy",)
    overwrites = True
    part_of = "role"
    properties = (
        Property("role", replace=True),
        Property("name", replace=True, naming=Naming(128)),
        Property("namePrefix", replace=True),
        Property("policy", policy=True),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Role and name."""
        return f"{text(wanted, 'role')}:{text(wanted, 'name')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The role has the policy."""
        aws.iam.put_role_policy(RoleName=text(wanted, "role"), PolicyName=text(wanted, "name"), PolicyDocument=text(wanted, "policy"))
        return Made(f"{text(wanted, 'role')}:{text(wanted, 'name')}")

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The policy of a role and name."""
        role, _, name = identifier.partition(":")
        found = unless(GONE, lambda: aws.iam.get_role_policy(RoleName=role, PolicyName=name))
        return None if found is None else {"role": role, "name": name, "policy": policy_text(found["PolicyDocument"])}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The document is that of `new`."""
        return self.create(aws, new).computed

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The role does not have the policy."""
        role, _, name = identifier.partition(":")
        with ignoring(*GONE):
            aws.iam.delete_role_policy(RoleName=role, PolicyName=name)


class Policy(Alone):
    """`aws.iam.Policy`: a customer managed policy. Its ID is its ARN."""

    tokens = ("aws:iam/policy:Policy",)
    properties = (
        Property("policy", policy=True),
        Property("name", replace=True, naming=Naming(128)),
        Property("namePrefix", replace=True),
        Property("path", replace=True, default="/"),
        Property("description", replace=True),
        Property("tags"),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The ARN, which path and name make."""
        return f"arn:{aws.partition}:iam::{aws.account}:policy{text(wanted, 'path')}{text(wanted, 'name')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The policy exists."""
        policy = aws.iam.create_policy(
            PolicyName=text(wanted, "name"),
            Path=text(wanted, "path"),
            PolicyDocument=text(wanted, "policy"),
            Description=maybe_text(wanted, "description") or "",
            Tags=key_values(wanted),  # type: ignore[arg-type]
        )["Policy"]
        return Made(policy["Arn"], {"arn": policy["Arn"], "policyId": policy["PolicyId"], "attachmentCount": 0})

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The policy of an ARN, with the document of its default version."""
        found = unless(GONE, lambda: aws.iam.get_policy(PolicyArn=identifier))
        if found is None:
            return None
        policy = found["Policy"]
        version = aws.iam.get_policy_version(PolicyArn=identifier, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        tags = plain_tags(policy.get("Tags", ()))
        return {
            "arn": policy["Arn"],
            "policyId": policy["PolicyId"],
            "attachmentCount": policy.get("AttachmentCount", 0),
            "policy": policy_text(version.get("Document", {})),
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "description": policy.get("Description") or None,
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The default version is the document of `new`; the oldest version made room for it where there were five."""
        if old.get("policy") != new.get("policy"):
            versions = aws.iam.list_policy_versions(PolicyArn=identifier)["Versions"]
            spare = sorted((v for v in versions if not v["IsDefaultVersion"]), key=lambda version: version["CreateDate"])
            if len(versions) >= MAX_POLICY_VERSIONS:
                aws.iam.delete_policy_version(PolicyArn=identifier, VersionId=spare[0]["VersionId"])
            aws.iam.create_policy_version(PolicyArn=identifier, PolicyDocument=text(new, "policy"), SetAsDefault=True)
        removed, changed = tag_changes(old, new)
        if removed:
            aws.iam.untag_policy(PolicyArn=identifier, TagKeys=removed)
        if changed:
            aws.iam.tag_policy(PolicyArn=identifier, Tags=key_values(new))  # type: ignore[arg-type]
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The policy and all its versions are gone; with `forceDetachPolicies`, from all that it is attached to first."""
        with ignoring(*GONE):
            if flag(last, "forceDetachPolicies"):
                self._detach(aws, identifier)
            for version in aws.iam.list_policy_versions(PolicyArn=identifier)["Versions"]:
                if not version["IsDefaultVersion"]:
                    aws.iam.delete_policy_version(PolicyArn=identifier, VersionId=version["VersionId"])
            aws.iam.delete_policy(PolicyArn=identifier)

    def _detach(self, aws: RegionClients, arn: str) -> None:
        for role in listed(aws, "list_entities_for_policy", "PolicyRoles", PolicyArn=arn):
            aws.iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
        for user in listed(aws, "list_entities_for_policy", "PolicyUsers", PolicyArn=arn):
            aws.iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)
        for group in listed(aws, "list_entities_for_policy", "PolicyGroups", PolicyArn=arn):
            aws.iam.detach_group_policy(GroupName=group["GroupName"], PolicyArn=arn)


class RolePolicyAttachment(Alone):
    """`aws.iam.RolePolicyAttachment`. Its ID is `<role>/<policy ARN>`."""

    tokens = ("aws:iam/rolePolicyAttachment:RolePolicyAttachment",)
    overwrites = True
    part_of = "role"
    properties = (Property("role", replace=True), Property("policyArn", replace=True))

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Role and policy."""
        return f"{text(wanted, 'role')}/{text(wanted, 'policyArn')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The policy is attached."""
        aws.iam.attach_role_policy(RoleName=text(wanted, "role"), PolicyArn=text(wanted, "policyArn"))
        return Made(f"{text(wanted, 'role')}/{text(wanted, 'policyArn')}")

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """Role and policy, where the one is attached to the other."""
        role, _, arn = identifier.partition("/")
        pages = aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = unless(GONE, lambda: [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]])
        return {"role": role, "policyArn": arn} if attached is not None and arn in attached else None

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Nothing of an attachment can change in place."""
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The policy is not attached."""
        role, _, arn = identifier.partition("/")
        with ignoring(*GONE):
            aws.iam.detach_role_policy(RoleName=role, PolicyArn=arn)
