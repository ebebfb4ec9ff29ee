"""IAM: managed policies, inline policies of roles and users, and attachments.

Which properties replace a resource: Terraform AWS provider's `aws_iam_*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, tag_changes, unless
from bucketpass.provision.embedded.resources.iam import GONE, listed, policy_text
from bucketpass.provision.embedded.resources.interface import Alone, Made, Naming, Property
from bucketpass.provision.embedded.values import Properties, Value, flag, maybe_text, text

__all__ = ["Policy", "RolePolicy", "RolePolicyAttachment", "UserPolicy", "UserPolicyAttachment"]

MAX_POLICY_VERSIONS = 5
INLINE_PROPERTIES = (
    Property("name", replace=True, naming=Naming(128)),
    Property("namePrefix", replace=True),
    Property("policy", policy=True),
)


class InlinePolicy(Alone):
    """An inline policy of what it is a part of, a role or a user. Its ID is `<role or user>:<name>`."""

    overwrites = True

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The owner and name."""
        return f"{text(wanted, self.part_of)}:{text(wanted, 'name')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The owner has the policy."""
        owner, name = text(wanted, self.part_of), text(wanted, "name")
        _call(aws, "put", self.part_of, owner, PolicyName=name, PolicyDocument=text(wanted, "policy"))
        return Made(f"{owner}:{name}")

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The policy of an owner and name."""
        owner, _, name = identifier.partition(":")
        found = unless(GONE, lambda: _call(aws, "get", self.part_of, owner, PolicyName=name))
        return None if found is None else {self.part_of: owner, "name": name, "policy": policy_text(found["PolicyDocument"])}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The document is that of `new`."""
        return self.create(aws, new).computed

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The owner does not have the policy."""
        owner, _, name = identifier.partition(":")
        with ignoring(*GONE):
            _call(aws, "delete", self.part_of, owner, PolicyName=name)


class RolePolicy(InlinePolicy):
    """`aws.iam.RolePolicy`: an inline policy of a role."""

    tokens = ("aws:iam/rolePolicy:RolePolicy",)
    part_of = "role"
    properties = (Property("role", replace=True), *INLINE_PROPERTIES)


class UserPolicy(InlinePolicy):
    """`aws.iam.UserPolicy`: an inline policy of a user."""

    tokens = ("aws:iam/userPolicy:UserPolicy",)
    part_of = "user"
    properties = (Property("user", replace=True), *INLINE_PROPERTIES)


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


class PolicyAttachment(Alone):
    """A managed policy attached to what this is a part of, a role or a user. Its ID is `<role or user>/<policy ARN>`."""

    overwrites = True

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The owner and the policy."""
        return f"{text(wanted, self.part_of)}/{text(wanted, 'policyArn')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The policy is attached."""
        owner, arn = text(wanted, self.part_of), text(wanted, "policyArn")
        _call(aws, "attach", self.part_of, owner, PolicyArn=arn)
        return Made(f"{owner}/{arn}")

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The owner and the policy, where the one is attached to the other."""
        owner, _, arn = identifier.partition("/")
        named = {f"{self.part_of.title()}Name": owner}
        attached = unless(GONE, lambda: listed(aws, f"list_attached_{self.part_of}_policies", "AttachedPolicies", **named)) or ()
        return {self.part_of: owner, "policyArn": arn} if any(policy["PolicyArn"] == arn for policy in attached) else None

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Nothing of an attachment can change in place."""
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The policy is not attached."""
        owner, _, arn = identifier.partition("/")
        with ignoring(*GONE):
            _call(aws, "detach", self.part_of, owner, PolicyArn=arn)


class RolePolicyAttachment(PolicyAttachment):
    """`aws.iam.RolePolicyAttachment`: a managed policy of a role."""

    tokens = ("aws:iam/rolePolicyAttachment:RolePolicyAttachment",)
    part_of = "role"
    properties = (Property("role", replace=True), Property("policyArn", replace=True))


class UserPolicyAttachment(PolicyAttachment):
    """`aws.iam.UserPolicyAttachment`: a managed policy of a user."""

    tokens = ("aws:iam/userPolicyAttachment:UserPolicyAttachment",)
    part_of = "user"
    properties = (Property("user", replace=True), Property("policyArn", replace=True))


def _call(aws: RegionClients, verb: str, kind: str, owner: str, **arguments: str) -> Any:
    """The answer of the operation on a policy of the role or user, such as PutRolePolicy."""
    return getattr(aws.iam, f"{verb}_{kind}_policy")(**{f"{kind.title()}Name": owner}, **arguments)
